// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params&) { emitOne(builder, "sigmoid", {builder.input()}); }

TorchCode torch(const Inputs&, const Params&) { return moduleCode("nn.Sigmoid()"); }

std::vector<LayerExample> examples() { return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {}}}; }

} // namespace

const LayerSpec& sigmoid() {
  static const LayerSpec spec{
      .type = "Sigmoid",
      .group = "Activation",
      .family = Family::activation,
      .icon = "f-act",
      .shortName = "Sigmoid",
      .summary = "Squeezes every value between 0 and 1.",
      .formula = "y = 1 / (1 + exp(-x))",
      .keywords = {"activation", "logistic"},
      .fields = {},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = sameShape,
      .lower = lower,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
