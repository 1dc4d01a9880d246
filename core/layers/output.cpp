// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

constexpr std::string_view crossEntropy = "CrossEntropyLoss";
constexpr std::string_view meanSquares = "MSELoss";
constexpr std::string_view binary = "BCEWithLogitsLoss";

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  const std::string loss = params.getString("loss");
  if (in.size() != 2) {
    const std::int64_t flat = sampleElements(in);
    return refuses(loss == crossEntropy
                       ? say("{} expects 2 dimensions (N×classes), gets {}.", loss, toText(in))
                       : say("{} expects 2 dimensions (N×values), gets {}.", loss, toText(in)),
                   say("A Flatten before it gives N×{}.", flat), insertBefore("Flatten"));
  }
  if (loss == crossEntropy && in[1].value < 2)
    return refuses(
        say("CrossEntropyLoss expects one value for each of two or more classes, gets {}.", toText(in)),
        say("BCEWithLogitsLoss takes one value for yes or no."), setTo("loss", std::string(binary)));
  return gives(in);
}

void lower(LoweringBuilder& builder, const Params& params) {
  const std::string loss = params.getString("loss");
  const TensorId src = builder.input(0);
  const TensorId target = builder.target();
  if (loss == meanSquares) {
    builder.loss(builder.emit("mse_loss", {src, target}, {}).at(0));
    builder.prediction(src);
    return;
  }
  const bool labels = loss == crossEntropy;
  Params attrs;
  if (labels) attrs.set("label_smoothing", params.getDouble("label_smoothing"));
  const auto results =
      builder.emit(labels ? "cross_entropy" : "bce_with_logits_loss", {src, target}, std::move(attrs));
  builder.loss(results.at(0));
  builder.prediction(results.at(1));
  builder.metric("correct", results.at(2));
}

std::string facts(const Inputs&, const Params& params) { return params.getString("loss"); }

std::vector<std::pair<std::string, std::string>> automatic(const Inputs& inputs, const Params&) {
  return {{"values", orUnknown(inputDim(inputs, 2, 1))}};
}

TorchCode torch(const Inputs&, const Params&) { return {"", "{0}"}; }

std::vector<LayerExample> examples() {
  return {{{batchOf({10})}, {}},
          {{batchOf({10})}, {{"label_smoothing", 0.1}}},
          {{batchOf({1})}, {{"loss", std::string(meanSquares)}}},
          {{batchOf({3})}, {{"loss", std::string(binary)}}}};
}

} // namespace

const LayerSpec& output() {
  static const LayerSpec spec{
      .type = "Output",
      .group = "Input and output",
      .family = Family::loss,
      .icon = "f-loss",
      .shortName = "Output",
      .summary =
          "Where the answer leaves and is compared with the truth. Predictions are probabilities for "
          "CrossEntropyLoss (softmax) and BCEWithLogitsLoss (sigmoid), the values themselves for MSELoss.",
      .formula = "CrossEntropyLoss: -log softmax(x)[label]   MSELoss: mean (x - y)²   BCEWithLogitsLoss: "
                 "-mean (y log σ(x) + (1 - y) log(1 - σ(x)))",
      .keywords = {"loss", "target", "cross entropy", "mse", "regression", "classification", "bce", "binary"},
      .fields = {automaticField("values", "Values", "Values for each sample: one a class, or one a target."),
                 choiceField("loss", "Loss", crossEntropy, {crossEntropy, meanSquares, binary},
                             "How answers are compared with the truth: classes, numbers, or yes and no."),
                 numberField("label_smoothing", "Label smoothing", 0, 0, 1,
                             "Share of the truth that is spread over all classes (CrossEntropyLoss alone).")},
      .inputs = {{"input", false}},
      .hasOutput = false,
      .shape = shape,
      .lower = lower,
      .facts = facts,
      .automatic = automatic,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers

namespace loom {

bool wantsLabels(const Params& outputParams) {
  return outputParams.getString("loss", "CrossEntropyLoss") == "CrossEntropyLoss";
}

} // namespace loom
