// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs&, const Params& params) { return gives(batchOf(params.getInts("shape"))); }

void lower(LoweringBuilder& builder, const Params&) { builder.output(builder.input(0)); }

TorchCode torch(const Inputs&, const Params&) { return {"", ""}; }

std::vector<LayerExample> examples() { return {{{}, {}}, {{}, {{"shape", std::vector<std::int64_t>{4}}}}}; }

} // namespace

const LayerSpec& input() {
  static const LayerSpec spec{
      .type = "Input",
      .group = "Input and output",
      .family = Family::input,
      .icon = "f-input",
      .shortName = "Input",
      .summary = "Where samples enter. Its shape is that of one sample: channels, height and width of an "
                 "image, or the "
                 "number of features of a table's row.",
      .formula = "",
      .keywords = {"data", "image", "table", "features"},
      .fields = {integersField("shape", "Shape", {1, 28, 28}, 1, 1048576,
                               "Shape of one sample, without the batch: 1, 28, 28 for a grey image.")},
      .inputs = {},
      .hasOutput = true,
      .shape = shape,
      .lower = lower,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
