// SPDX-License-Identifier: Apache-2.0
#include "core/layers/pool_rules.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  Params attrs = poolAttributes(params);
  attrs.set("count_include_pad", params.getBool("count_include_pad", true));
  emitOne(builder, "avg_pool2d", {builder.input()}, std::move(attrs));
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(
      fmt::format("nn.AvgPool2d({}{})", poolArguments(params),
                  params.getBool("count_include_pad", true) ? "" : ", count_include_pad=False"));
}

std::vector<LayerExample> examples() {
  using List = std::vector<std::int64_t>;
  return {
      {{batchOf({3, 8, 6})}, {}},
      {{batchOf({2, 7, 8})},
       {{"kernel_size", List{3, 3}},
        {"stride", List{2, 2}},
        {"padding", List{1, 1}},
        {"count_include_pad", false}}},
      {{batchOf({2, 7, 7})},
       {{"kernel_size", List{3, 3}}, {"stride", List{2, 2}}, {"padding", List{1, 1}}, {"ceil_mode", true}}}};
}

} // namespace

const LayerSpec& avgPool2d() {
  static const LayerSpec spec{
      .type = "AvgPool2d",
      .group = "Convolution and pooling",
      .family = Family::pool,
      .icon = "f-pool",
      .shortName = "AvgPool",
      .summary = "Replaces each window by its mean: smaller, smoother images.",
      .formula = "y[n,c,h,w] = mean x[n,c,h·stride + i - padding, …]",
      .keywords = {"pooling", "average", "mean", "downsample"},
      .fields = {poolKernelField(), poolStrideField(), poolPaddingField(), poolCeilField(),
                 flagField("count_include_pad", "Count padding", true,
                           "Counts the zeros of the border in the mean.")},
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
