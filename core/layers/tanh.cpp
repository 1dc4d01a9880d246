// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params&) { emitOne(builder, "tanh", {builder.input()}); }

TorchCode torch(const Inputs&, const Params&) { return moduleCode("nn.Tanh()"); }

std::vector<LayerExample> examples() { return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {}}}; }

} // namespace

const LayerSpec& tanh() {
  static const LayerSpec spec{
      .type = "Tanh",
      .group = "Activation",
      .family = Family::activation,
      .icon = "f-act",
      .shortName = "Tanh",
      .summary = "Squeezes every value between -1 and 1.",
      .formula = "y = tanh(x)",
      .keywords = {"activation", "hyperbolic tangent"},
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
