// SPDX-License-Identifier: Apache-2.0
#include "core/layers/pool_rules.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  Params attrs = poolAttributes(params);
  const Pair dilation = pairOf(params, "dilation", {1, 1});
  attrs.set("dilation", std::vector<std::int64_t>{dilation[0], dilation[1]});
  emitOne(builder, "max_pool2d", {builder.input()}, std::move(attrs));
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(fmt::format("nn.MaxPool2d({})", poolArguments(params)));
}

std::vector<LayerExample> examples() {
  using List = std::vector<std::int64_t>;
  return {
      {{batchOf({3, 8, 6})}, {}},
      {{batchOf({2, 7, 8})}, {{"kernel_size", List{3, 3}}, {"stride", List{2, 2}}, {"padding", List{1, 1}}}},
      {{batchOf({2, 7, 7})}, {{"kernel_size", List{2, 2}}, {"stride", List{2, 2}}, {"ceil_mode", true}}},
      {{batchOf({1, 8, 8})},
       {{"kernel_size", List{2, 3}}, {"stride", List{1, 2}}, {"dilation", List{2, 1}}}}};
}

} // namespace

const LayerSpec& maxPool2d() {
  static const LayerSpec spec{
      .type = "MaxPool2d",
      .group = "Convolution and pooling",
      .family = Family::pool,
      .icon = "f-pool",
      .shortName = "MaxPool",
      .summary = "Keeps the largest value of each window: smaller images, the strongest answers.",
      .formula = "y[n,c,h,w] = max x[n,c,h·stride + i·dilation - padding, …]",
      .keywords = {"pooling", "downsample", "subsample"},
      .fields = {poolKernelField(), poolStrideField(), poolPaddingField(),
                 sizeField("dilation", "Dilation", {1, 1}, 1, 1024,
                           "Distance between the points of the window."),
                 poolCeilField()},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = poolShape,
      .lower = lower,
      .facts = poolFacts,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
