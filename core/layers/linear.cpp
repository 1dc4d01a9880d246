// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  if (in.size() != 2)
    return refuses(say("Expects 2 dimensions, gets {}.", toText(in)),
                   say("A Flatten before it gives N×{}.", sampleElements(in)), insertBefore("Flatten"));
  return gives(batchOf({params.getInt("out_features")}));
}

std::vector<LayerParameter> parameters(const Inputs& inputs, const Params& params) {
  const std::int64_t in = inputs.at(0).at(1).value, out = params.getInt("out_features");
  std::vector<LayerParameter> list{{"weight", {out, in}, LayerParameter::Init::uniformFanIn, in}};
  if (params.getBool("bias", true)) list.push_back({"bias", {out}, LayerParameter::Init::uniformFanIn, in});
  return list;
}

void lower(LoweringBuilder& builder, const Params&) {
  emitOne(builder, "linear", {builder.input(), builder.parameter("weight"), builder.parameter("bias")});
}

std::int64_t multiplyAdds(const Inputs& inputs, const Params& params) {
  return product(inputs.at(0).at(1).value, params.getInt("out_features"));
}

std::string facts(const Inputs& inputs, const Params& params) {
  return fmt::format("{} → {}", orUnknown(inputDim(inputs, 2, 1)), params.getInt("out_features"));
}

std::vector<std::pair<std::string, std::string>> automatic(const Inputs& inputs, const Params&) {
  return {{"in_features", orUnknown(inputDim(inputs, 2, 1))}};
}

TorchCode torch(const Inputs& inputs, const Params& params) {
  return moduleCode(fmt::format("nn.Linear({}, {}{})", inputDim(inputs, 2, 1), params.getInt("out_features"),
                                params.getBool("bias", true) ? "" : ", bias=False"));
}

std::vector<LayerExample> examples() {
  return {{{batchOf({5})}, {{"out_features", std::int64_t{3}}}},
          {{batchOf({1})}, {{"out_features", std::int64_t{4}}, {"bias", false}}}};
}

} // namespace

const LayerSpec& linear() {
  static const LayerSpec spec{
      .type = "Linear",
      .group = "Dense and shape",
      .family = Family::linear,
      .icon = "f-linear",
      .shortName = "Linear",
      .summary = "Every output is a weighted sum of all inputs.",
      .formula = "y = x Wᵀ + b",
      .keywords = {"dense", "fully connected", "fc", "matrix"},
      .fields = {automaticField("in_features", "In features", "Values of the input."),
                 integerField("out_features", "Out features", 10, 1, 1048576, "Number of outputs."),
                 flagField("bias", "Bias", true, "Adds one number to each output.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = shape,
      .parameters = parameters,
      .lower = lower,
      .multiplyAdds = multiplyAdds,
      .facts = facts,
      .automatic = automatic,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
