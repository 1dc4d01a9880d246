// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  emitOne(builder, "gelu", {builder.input()}, {{"approximate", params.getString("approximate", "none")}});
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(params.getString("approximate", "none") == "tanh" ? "nn.GELU(approximate='tanh')"
                                                                      : "nn.GELU()");
}

std::vector<LayerExample> examples() {
  return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {{"approximate", std::string("tanh")}}}};
}

} // namespace

const LayerSpec& gelu() {
  static const LayerSpec spec{
      .type = "GELU",
      .group = "Activation",
      .family = Family::activation,
      .icon = "f-act",
      .shortName = "GELU",
      .summary = "A smooth ReLU: weighs every value by the normal distribution at it.",
      .formula = "y = x · Φ(x); tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
      .keywords = {"activation", "gaussian", "transformer"},
      .fields = {choiceField("approximate", "Approximate", "none", {"none", "tanh"},
                             "none is exact, tanh a quicker formula.")},
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
