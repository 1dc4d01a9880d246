// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

// First and last dimension that fold into one; last < first when the range is not there.
std::pair<std::int64_t, std::int64_t> range(const Shape& in, const Params& params) {
  const auto rank = static_cast<std::int64_t>(in.size());
  const std::int64_t end = params.getInt("end_dim", -1);
  return {params.getInt("start_dim", 1), end < 0 ? end + rank : end};
}

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  const auto rank = static_cast<std::int64_t>(in.size());
  const auto [start, end] = range(in, params);
  if (start >= rank || end >= rank || end < start) {
    const bool first = start >= rank;
    return refuses(
        say("Folds dimensions {} to {}, gets {}.", start, params.getInt("end_dim", -1), toText(in)),
        first ? say("Starting at 1 fits.") : say("Ending at -1 fits."),
        first ? setTo("start_dim", std::int64_t{1}) : setTo("end_dim", std::int64_t{-1}));
  }
  std::vector<std::int64_t> dims;
  for (std::int64_t i = 1; i < rank; ++i) {
    const std::int64_t value = in[static_cast<std::size_t>(i)].value;
    if (i > start && i <= end)
      dims.back() = product(dims.back(), value);
    else
      dims.push_back(value);
  }
  return gives(batchOf(dims));
}

void lower(LoweringBuilder& builder, const Params& params) {
  const auto& in = builder.dims(builder.input());
  Shape shapeIn{Dim{0, "N"}};
  for (std::size_t i = 1; i < in.size(); ++i) shapeIn.push_back(Dim{in[i], {}});
  std::vector<std::int64_t> target{-1};
  const Shape out = shape({shapeIn}, params).output;
  for (std::size_t i = 1; i < out.size(); ++i) target.push_back(out[i].value);
  emitOne(builder, "reshape", {builder.input()}, {{"shape", target}});
}

TorchCode torch(const Inputs&, const Params& params) {
  const std::int64_t start = params.getInt("start_dim", 1), end = params.getInt("end_dim", -1);
  if (start == 1 && end == -1) return moduleCode("nn.Flatten()");
  return moduleCode(fmt::format("nn.Flatten({}, {})", start, end));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({3, 4, 2})}, {}},
          {{batchOf({3, 4, 2})}, {{"start_dim", std::int64_t{2}}}},
          {{batchOf({3, 4, 2})}, {{"end_dim", std::int64_t{2}}}}};
}

} // namespace

const LayerSpec& flatten() {
  static const LayerSpec spec{
      .type = "Flatten",
      .group = "Dense and shape",
      .family = Family::reshape,
      .icon = "f-reshape",
      .shortName = "Flatten",
      .summary = "Writes all values of a sample in one row, as Linear wants them. Nothing is computed.",
      .formula = "N×C×H×W → N×(C·H·W)",
      .keywords = {"reshape", "view", "vector"},
      .fields = {integerField("start_dim", "First dimension", 1, 1, 7,
                              "First dimension to fold; 0 would be N."),
                 integerField("end_dim", "Last dimension", -1, -7, 7,
                              "Last dimension to fold; -1 is the last.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = shape,
      .lower = lower,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
