// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  if (auto problem = windowProblem(Window{}, in)) return refuses(std::move(*problem));
  const Pair size = pairOf(params, "output_size", {1, 1});
  return gives(batchOf({in[1].value, size[0], size[1]}));
}

void lower(LoweringBuilder& builder, const Params& params) {
  const Pair size = pairOf(params, "output_size", {1, 1});
  emitOne(builder, "adaptive_avg_pool2d", {builder.input()},
          {{"output_size", std::vector<std::int64_t>{size[0], size[1]}}});
}

std::string facts(const Inputs&, const Params& params) {
  return "to " + times(pairOf(params, "output_size", {1, 1}));
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(fmt::format("nn.AdaptiveAvgPool2d({})", python(pairOf(params, "output_size", {1, 1}))));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({3, 7, 7})}, {}},
          {{batchOf({2, 7, 5})}, {{"output_size", std::vector<std::int64_t>{3, 2}}}}};
}

} // namespace

const LayerSpec& adaptiveAvgPool2d() {
  static const LayerSpec spec{
      .type = "AdaptiveAvgPool2d",
      .group = "Convolution and pooling",
      .family = Family::pool,
      .icon = "f-pool",
      .shortName = "AvgPool",
      .summary =
          "Means over windows that are chosen so that the output has the wanted size, whatever the input's.",
      .formula = "y[n,c,h,w] = mean of rows floor(h·H/h') … ceil((h+1)·H/h') and columns alike",
      .keywords = {"pooling", "global average", "average"},
      .fields = {sizeField("output_size", "Output size", {1, 1}, 1, 4096, "Height and width of the output.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = shape,
      .lower = lower,
      .facts = facts,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
