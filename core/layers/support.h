// SPDX-License-Identifier: Apache-2.0
// What the layer files share: fields, shapes in numbers, problems in words. For core/layers alone. Shapes of
// samples carry N first; all other dimensions are numbers in this version. Every product saturates instead of
// wrapping.
#pragma once
#include "core/layers/layer_spec.h"
#include "core/plan/window.h"
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <string>

namespace loom::layers {

using Inputs = std::vector<Shape>;

// N first, then `dims`.
Shape batchOf(const std::vector<std::int64_t>& dims);
ShapeAnswer gives(Shape output);
ShapeAnswer refuses(Message cause, Message remedy, Fix fix = {});
ShapeAnswer refuses(LayerProblem problem);
ShapeAnswer sameShape(const Inputs& inputs, const Params& params);
Fix insertBefore(std::string_view layer);
Fix replaceBy(std::string_view layer);
Fix setTo(std::string_view param, ParamValue value);
Fix removeIt(std::string_view layer);

std::string times(const Pair& size); // "3×3"
// Dimension `index` of the first input when that input has `rank` dimensions, else 0.
std::int64_t inputDim(const Inputs& inputs, std::size_t rank, std::size_t index);
std::string orUnknown(std::int64_t value); // "?" for 0
// Elements of one sample: everything but N.
std::int64_t sampleElements(const Shape& shape);
std::int64_t product(std::int64_t a, std::int64_t b);

// The problem of a window over an input that is not N×C×H×W or is too small; none when it fits.
std::optional<LayerProblem> windowProblem(const Window& window, const Shape& input);

// Emits one op with one result and makes that the node's output.
void emitOne(LoweringBuilder& builder, std::string_view op, std::vector<TensorId> src, Params attrs = {});

TorchCode moduleCode(std::string module);
std::vector<LayerExample> activationExamples(); // of 2 and of 4 dimensions

// A literal as a template argument, so that the functions of a row need no state.
template<std::size_t length> struct Literal {
  consteval Literal(const char (&given)[length]) { std::copy_n(given, length, text); }
  std::string_view view() const { return {text, length - 1}; }
  char text[length] = {};
};

// A row without parameters that runs one op on each value: `torch` is its module, "nn.ReLU()".
template<Literal op, Literal torch>
LayerSpec activation(std::string_view type, std::string_view summary, std::string_view formula,
                     std::vector<std::string_view> keywords) {
  LayerSpec spec;
  spec.type = spec.shortName = type;
  spec.group = "Activation";
  spec.family = Family::activation;
  spec.icon = "f-act";
  spec.summary = summary;
  spec.formula = formula;
  spec.keywords = std::move(keywords);
  spec.inputs = {{"input", false}};
  spec.shape = sameShape;
  spec.lower = [](LoweringBuilder& builder, const Params&) {
    emitOne(builder, op.view(), {builder.input()});
  };
  spec.torch = [](const Inputs&, const Params&) { return moduleCode(std::string(torch.view())); };
  spec.examples = activationExamples;
  return spec;
}
// Python source of values: True, 1e-05, (3, 3) or 3.
std::string python(bool value);
std::string python(double value);
std::string python(const Pair& value);

const LayerSpec& input();
const LayerSpec& output();
const LayerSpec& conv2d();
const LayerSpec& maxPool2d();
const LayerSpec& avgPool2d();
const LayerSpec& adaptiveAvgPool2d();
const LayerSpec& linear();
const LayerSpec& flatten();
const LayerSpec& dropout();
const LayerSpec& batchNorm1d();
const LayerSpec& batchNorm2d();
const LayerSpec& relu();
const LayerSpec& leakyRelu();
const LayerSpec& gelu();
const LayerSpec& sigmoid();
const LayerSpec& tanh();
const LayerSpec& softmax();
const LayerSpec& add();
const LayerSpec& concat();

} // namespace loom::layers
