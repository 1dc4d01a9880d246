// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  emitOne(builder, "softmax", {builder.input()}, {{"dim", params.getInt("dim", 1)}});
}

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  const std::int64_t dim = params.getInt("dim", 1);
  if (dim >= static_cast<std::int64_t>(in.size()))
    return refuses(say("Works along dimension {}, gets {}.", dim, toText(in)), say("Dimension 1 is there."),
                   setTo("dim", std::int64_t{1}));
  return gives(in);
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(fmt::format("nn.Softmax({})", params.getInt("dim", 1)));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {{"dim", std::int64_t{2}}}}};
}

} // namespace

const LayerSpec& softmax() {
  static const LayerSpec spec{
      .type = "Softmax",
      .group = "Activation",
      .family = Family::activation,
      .icon = "f-act",
      .shortName = "Softmax",
      .summary = "Turns values into shares that sum to 1. CrossEntropyLoss contains one already.",
      .formula = "y_i = exp(x_i) / Σ exp(x_j)",
      .keywords = {"probability", "classes"},
      .fields = {integerField("dim", "Dimension", 1, 1, 7,
                              "Dimension along which the shares sum to 1; 0 would be N.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = shape,
      .lower = lower,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
