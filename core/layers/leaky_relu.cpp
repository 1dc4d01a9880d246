// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

void lower(LoweringBuilder& builder, const Params& params) {
  emitOne(builder, "leaky_relu", {builder.input()},
          {{"negative_slope", params.getDouble("negative_slope", 0.01)}});
}

std::string facts(const Inputs&, const Params& params) {
  return fmt::format("slope {}", params.getDouble("negative_slope", 0.01));
}

TorchCode torch(const Inputs&, const Params& params) {
  return moduleCode(fmt::format("nn.LeakyReLU({})", python(params.getDouble("negative_slope", 0.01))));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {{"negative_slope", 0.2}}}};
}

} // namespace

const LayerSpec& leakyRelu() {
  static const LayerSpec spec = [] {
    LayerSpec row = activation<"leaky_relu", "">(
        "LeakyReLU",
        "Keeps what is positive and a small share of what is negative, so that a gradient remains.",
        "y = x for x > 0, else negative_slope · x", {"activation", "rectifier", "leaky"});
    row.shortName = "Leaky";
    row.fields = {numberField("negative_slope", "Negative slope", 0.01, -10, 10,
                              "Share of negative values that is kept.")};
    row.lower = lower;
    row.facts = facts;
    row.torch = torch;
    row.examples = examples;
    return row;
  }();
  return spec;
}

} // namespace loom::layers
