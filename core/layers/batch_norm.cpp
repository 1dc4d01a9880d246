// SPDX-License-Identifier: Apache-2.0
// BatchNorm1d and BatchNorm2d: one rule, two rows, as in PyTorch.
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape1d(const Inputs& inputs, const Params&) {
  const Shape& in = inputs.at(0);
  if (in.size() == 2 || in.size() == 3) return gives(in);
  Fix fix;
  if (in.size() == 4) fix = replaceBy("BatchNorm2d");
  return refuses(say("Expects 2 or 3 dimensions, gets {}.", toText(in)),
                 in.size() == 4 ? say("BatchNorm2d takes images.") : Message(), fix);
}

ShapeAnswer shape2d(const Inputs& inputs, const Params&) {
  const Shape& in = inputs.at(0);
  if (in.size() == 4) return gives(in);
  const bool flat = in.size() == 2 || in.size() == 3;
  return refuses(say("Expects 4 dimensions (N×channels×height×width), gets {}.", toText(in)),
                 flat ? say("BatchNorm1d takes values without height and width.") : Message(),
                 flat ? replaceBy("BatchNorm1d") : Fix{});
}

std::int64_t channels(const Inputs& inputs) {
  return inputs.empty() || inputs[0].size() < 2 ? 0 : inputs[0][1].value;
}

std::vector<LayerParameter> parameters(const Inputs& inputs, const Params& params) {
  using Init = LayerParameter::Init;
  const std::vector<std::int64_t> dims{channels(inputs)};
  std::vector<LayerParameter> list;
  if (params.getBool("affine", true)) {
    list.push_back({"weight", dims, Init::ones});
    list.push_back({"bias", dims, Init::zeros});
  }
  if (params.getBool("track_running_stats", true)) {
    list.push_back({"running_mean", dims, Init::zeros, 0, true});
    list.push_back({"running_var", dims, Init::ones, 0, true});
    list.push_back({"num_batches_tracked", {1}, Init::zeros, 0, true, DType::i32});
  }
  return list;
}

void lower(LoweringBuilder& builder, const Params& params) {
  const double eps = params.getDouble("eps", 1e-5);
  const TensorId src = builder.input(), weight = builder.parameter("weight"),
                 bias = builder.parameter("bias");
  const TensorId mean = builder.parameter("running_mean"), variance = builder.parameter("running_var");
  if (!builder.training() && mean != noTensor) {
    emitOne(builder, "batch_norm_inference", {src, weight, bias, mean, variance}, {{"eps", eps}});
    return;
  }
  std::vector<std::pair<int, TensorId>> inPlace;
  if (builder.training() && mean != noTensor)
    inPlace = {{3, mean}, {4, variance}, {5, builder.parameter("num_batches_tracked")}};
  builder.output(builder
                     .emit("batch_norm", {src, weight, bias},
                           {{"eps", eps}, {"momentum", params.getDouble("momentum", 0.1)}},
                           std::move(inPlace))
                     .at(0));
}

std::string facts(const Inputs& inputs, const Params&) {
  const std::int64_t count = channels(inputs);
  return fmt::format("{} {}", orUnknown(count), count == 1 ? "channel" : "channels");
}

std::vector<std::pair<std::string, std::string>> automatic(const Inputs& inputs, const Params&) {
  return {{"num_features", orUnknown(channels(inputs))}};
}

std::string arguments(const Inputs& inputs, const Params& params) {
  std::string text = fmt::format("{}", channels(inputs));
  if (params.getDouble("eps", 1e-5) != 1e-5) text += ", eps=" + python(params.getDouble("eps"));
  if (params.getDouble("momentum", 0.1) != 0.1) text += ", momentum=" + python(params.getDouble("momentum"));
  if (!params.getBool("affine", true)) text += ", affine=False";
  if (!params.getBool("track_running_stats", true)) text += ", track_running_stats=False";
  return text;
}

TorchCode torch1d(const Inputs& inputs, const Params& params) {
  return moduleCode(fmt::format("nn.BatchNorm1d({})", arguments(inputs, params)));
}
TorchCode torch2d(const Inputs& inputs, const Params& params) {
  return moduleCode(fmt::format("nn.BatchNorm2d({})", arguments(inputs, params)));
}

std::vector<LayerExample> examplesOver(const std::vector<std::int64_t>& dims) {
  return {{{batchOf(dims)}, {}},
          {{batchOf(dims)}, {{"affine", false}, {"momentum", 0.3}}},
          {{batchOf(dims)}, {{"track_running_stats", false}, {"eps", 1e-3}}}};
}
std::vector<LayerExample> examples1d() {
  auto list = examplesOver({5});
  list.push_back({{batchOf({3, 4})}, {}});
  return list;
}
std::vector<LayerExample> examples2d() { return examplesOver({3, 4, 2}); }

std::vector<Field> fields() {
  return {
      automaticField("num_features", "Features", "Channels of the input."),
      numberField("eps", "Epsilon", 1e-5, 1e-12, 1,
                  "Added to the variance, so that nothing is divided by zero."),
      numberField("momentum", "Momentum", 0.1, 0, 1, "Share of the newest batch in the running statistics."),
      flagField("affine", "Affine", true, "Learns a scale and a shift for each channel."),
      flagField("track_running_stats", "Running statistics", true,
                "Keeps mean and variance of the training for evaluation.")};
}

LayerSpec row(std::string_view type, std::string_view shortName, std::string_view summary) {
  LayerSpec spec;
  spec.type = type;
  spec.group = "Normalisation";
  spec.family = Family::norm;
  spec.icon = "f-norm";
  spec.shortName = shortName;
  spec.summary = summary;
  spec.formula = "y = (x - mean) / sqrt(var + eps) · weight + bias; the running variance is the unbiased one";
  spec.keywords = {"batch norm", "normalisation", "normalization", "bn"};
  spec.fields = fields();
  spec.inputs = {{"input", false}};
  spec.parameters = parameters;
  spec.lower = lower;
  spec.facts = facts;
  spec.automatic = automatic;
  return spec;
}

} // namespace

const LayerSpec& batchNorm1d() {
  static const LayerSpec spec = [] {
    LayerSpec made = row("BatchNorm1d", "BN",
                         "Brings every feature to mean 0 and variance 1 over the batch, then scales "
                         "and shifts it. Evaluation uses running statistics.");
    made.shape = shape1d;
    made.torch = torch1d;
    made.examples = examples1d;
    return made;
  }();
  return spec;
}

const LayerSpec& batchNorm2d() {
  static const LayerSpec spec = [] {
    LayerSpec made = row("BatchNorm2d", "BN",
                         "Brings every channel of an image to mean 0 and variance 1 over the batch, "
                         "then scales and shifts it. Evaluation uses running statistics.");
    made.shape = shape2d;
    made.torch = torch2d;
    made.examples = examples2d;
    return made;
  }();
  return spec;
}

} // namespace loom::layers
