// SPDX-License-Identifier: Apache-2.0
#include "core/layers/pool_rules.h"

namespace loom::layers {

Field poolKernelField() {
  return sizeField("kernel_size", "Kernel size", {2, 2}, 1, 1024, "Height and width of the window.");
}
Field poolStrideField() {
  return sizeField("stride", "Stride", {}, 1, 1024, "Step of the window; empty: as large as the kernel.");
}
Field poolPaddingField() {
  return sizeField("padding", "Padding", {0, 0}, 0, 512, "Border around the image, at most half the kernel.");
}
Field poolCeilField() {
  return flagField("ceil_mode", "Round up", false, "Keeps a last window that hangs over the edge.");
}

ShapeAnswer poolShape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  const Window window = windowOf(params, true);
  if (auto problem = windowProblem(window, in)) return refuses(std::move(*problem));
  if (2 * window.padding[0] > window.kernel[0] || 2 * window.padding[1] > window.kernel[1]) {
    const Pair fits{std::min(window.padding[0], window.kernel[0] / 2),
                    std::min(window.padding[1], window.kernel[1] / 2)};
    return refuses(
        say("The padding {} is more than half the kernel {}.", times(window.padding), times(window.kernel)),
        say("A padding of {} fits.", times(fits)),
        setTo("padding", std::vector<std::int64_t>{fits[0], fits[1]}));
  }
  return gives(batchOf({in[1].value, window.outputs(0, in[2].value), window.outputs(1, in[3].value)}));
}

std::string poolFacts(const Inputs&, const Params& params) {
  const Window window = windowOf(params, true);
  std::string text = times(window.kernel);
  if (window.stride != window.kernel)
    text += window.stride[0] == window.stride[1] ? fmt::format(" /{}", window.stride[0])
                                                 : " /" + times(window.stride);
  return text;
}

Params poolAttributes(const Params& params) {
  const Window window = windowOf(params, true);
  const auto list = [](const Pair& pair) { return std::vector<std::int64_t>{pair[0], pair[1]}; };
  return {{"kernel_size", list(window.kernel)},
          {"stride", list(window.stride)},
          {"padding", list(window.padding)},
          {"ceil_mode", window.ceilMode}};
}

std::string poolArguments(const Params& params) {
  const Window window = windowOf(params, true);
  std::string text = python(window.kernel);
  if (window.stride != window.kernel) text += ", stride=" + python(window.stride);
  if (window.padding != Pair{0, 0}) text += ", padding=" + python(window.padding);
  if (window.dilation != Pair{1, 1}) text += ", dilation=" + python(window.dilation);
  if (window.ceilMode) text += ", ceil_mode=True";
  return text;
}

} // namespace loom::layers
