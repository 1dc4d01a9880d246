// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"
#include "core/base/size.h"

namespace loom::layers {

Shape batchOf(const std::vector<std::int64_t>& dims) {
  Shape shape{Dim{0, "N"}};
  for (const std::int64_t dim : dims) shape.push_back(Dim{dim, {}});
  return shape;
}

ShapeAnswer gives(Shape output) {
  ShapeAnswer answer;
  answer.output = std::move(output);
  return answer;
}

ShapeAnswer refuses(LayerProblem problem) {
  ShapeAnswer answer;
  answer.problem = std::move(problem);
  return answer;
}

ShapeAnswer refuses(Message cause, Message remedy, Fix fix) {
  return refuses(LayerProblem{std::move(cause), std::move(remedy), std::move(fix)});
}

ShapeAnswer sameShape(const Inputs& inputs, const Params&) { return gives(inputs.at(0)); }

Fix insertBefore(std::string_view layer) {
  Fix fix;
  fix.kind = Fix::Kind::insertBefore;
  fix.label = say("Insert {}", layer);
  fix.layer = layer;
  return fix;
}

Fix replaceBy(std::string_view layer) {
  Fix fix;
  fix.kind = Fix::Kind::replaceLayer;
  fix.label = say("Use {}", layer);
  fix.layer = layer;
  return fix;
}

Fix setTo(std::string_view param, ParamValue value) {
  Fix fix;
  fix.kind = Fix::Kind::setParam;
  fix.label = say("Set {} to {}", param, toText(value));
  fix.param = param;
  fix.value = std::move(value);
  return fix;
}

Fix removeIt(std::string_view layer) {
  Fix fix;
  fix.kind = Fix::Kind::remove;
  fix.label = say("Remove {}", layer);
  return fix;
}

std::string times(const Pair& size) { return fmt::format("{}×{}", size[0], size[1]); }

std::int64_t inputDim(const Inputs& inputs, std::size_t rank, std::size_t index) {
  if (inputs.empty() || inputs[0].size() != rank || index >= rank) return 0;
  return inputs[0][index].value;
}

std::string orUnknown(std::int64_t value) { return value > 0 ? fmt::format("{}", value) : "?"; }

std::int64_t product(std::int64_t a, std::int64_t b) {
  return checkedMultiply(a, b).value_or(std::numeric_limits<std::int64_t>::max());
}

std::int64_t sampleElements(const Shape& shape) {
  std::int64_t count = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) count = product(count, shape[i].value);
  return count;
}

std::optional<LayerProblem> windowProblem(const Window& window, const Shape& input) {
  if (input.size() != 4) {
    LayerProblem problem;
    problem.cause = say("Expects 4 dimensions (N×channels×height×width), gets {}.", toText(input));
    problem.remedy = input.size() == 3 && input[1].value > 0
                         ? say("An Input of shape 1×{} gives it one channel.", toTextWithoutBatch(input))
                         : say("It belongs before the Flatten in an image network.");
    return problem;
  }
  Pair fits = window.kernel;
  bool small = false;
  for (std::size_t a = 0; a < 2; ++a) {
    if (window.outputs(a, input[2 + a].value) > 0) continue;
    small = true;
    fits[a] = (input[2 + a].value + 2 * window.padding[a] - 1) / window.dilation[a] + 1;
  }
  if (!small) return std::nullopt;
  LayerProblem problem;
  const std::string size = times({input[2].value, input[3].value});
  problem.cause = window.dilation == Pair{1, 1}
                      ? say("The {} kernel is larger than its input of {}.", times(window.kernel), size)
                      : say("The {} kernel with its dilation is larger than its input of {}.",
                            times(window.kernel), size);
  problem.remedy = say("A kernel of {} fits; so does more padding.", times(fits));
  problem.fix = setTo("kernel_size", std::vector<std::int64_t>{fits[0], fits[1]});
  return problem;
}

void emitOne(LoweringBuilder& builder, std::string_view op, std::vector<TensorId> src, Params attrs) {
  builder.output(builder.emit(op, std::move(src), std::move(attrs)).at(0));
}

std::string python(bool value) { return value ? "True" : "False"; }
std::string python(double value) { return fmt::format("{}", value); }
std::string python(const Pair& value) {
  return value[0] == value[1] ? fmt::format("{}", value[0]) : fmt::format("({}, {})", value[0], value[1]);
}

std::vector<LayerExample> activationExamples() { return {{{batchOf({6})}, {}}, {{batchOf({2, 3, 4})}, {}}}; }

TorchCode moduleCode(std::string module) { return {std::move(module), "{self}({0})"}; }

} // namespace loom::layers
