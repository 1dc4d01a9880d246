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
  static const LayerSpec spec = [] {
    LayerSpec row =
        activation<"gelu", "">("GELU", "A smooth ReLU: weighs every value by the normal distribution at it.",
                               "y = x · Φ(x); tanh: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
                               {"activation", "gaussian", "transformer"});
    row.fields = {choiceField("approximate", "Approximate", "none", {"none", "tanh"},
                              "none is exact, tanh a quicker formula.")};
    row.lower = lower;
    row.torch = torch;
    row.examples = examples;
    return row;
  }();
  return spec;
}

} // namespace loom::layers
