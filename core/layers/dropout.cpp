// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  const double p = params.getDouble("p", 0.5);
  if (!builder.training() || p == 0) {
    builder.output(builder.input());
    return;
  }
  emitOne(builder, "dropout", {builder.input(), builder.randomKey(), builder.sampleNumbers()},
          {{"p", p}, {"stream", static_cast<std::int64_t>(builder.node())}});
}

std::string facts(const Inputs&, const Params& params) {
  return fmt::format("p = {}", params.getDouble("p", 0.5));
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(fmt::format("nn.Dropout({})", python(params.getDouble("p", 0.5))));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({6})}, {}}, {{batchOf({2, 4, 4})}, {{"p", 0.25}}}, {{batchOf({6})}, {{"p", 0.0}}}};
}

} // namespace

const LayerSpec& dropout() {
  static const LayerSpec spec{
      .type = "Dropout",
      .group = "Dense and shape",
      .family = Family::norm,
      .icon = "f-norm",
      .shortName = "Drop",
      .summary =
          "Sets a random share of values to zero while training, so that the network does not lean on single "
          "ones. Does nothing in evaluation.",
      .formula = "y = x · keep / (1 - p)",
      .keywords = {"regularisation", "regularization", "random", "overfitting"},
      .fields = {numberField("p", "Share", 0.5, 0, 1, "Share of values that are set to zero.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = sameShape,
      .lower = lower,
      .facts = facts,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
