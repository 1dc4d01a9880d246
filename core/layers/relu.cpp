// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params&) { emitOne(builder, "relu", {builder.input()}); }

TorchCode torch(const Inputs&, const Params&) { return moduleCode("nn.ReLU()"); }

std::vector<LayerExample> examples() { return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {}}}; }

} // namespace

const LayerSpec& relu() {
  static const LayerSpec spec{
      .type = "ReLU",
      .group = "Activation",
      .family = Family::activation,
      .icon = "f-act",
      .shortName = "ReLU",
      .summary = "Keeps what is positive, sets the rest to zero.",
      .formula = "y = max(x, 0)",
      .keywords = {"activation", "rectifier"},
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
