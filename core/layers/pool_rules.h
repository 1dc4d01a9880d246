// SPDX-License-Identifier: Apache-2.0
// What MaxPool2d and AvgPool2d share: fields and the shape rule of a window without weights.
#pragma once
#include "core/layers/support.h"

namespace loom::layers {

Field poolKernelField();
Field poolStrideField();
Field poolPaddingField();
Field poolCeilField();
ShapeAnswer poolShape(const Inputs& inputs, const Params& params);
std::string poolFacts(const Inputs& inputs, const Params& params);
// kernel_size, stride, padding, ceil_mode as the ops take them (stride filled in).
Params poolAttributes(const Params& params);
// "kernel, stride=…, padding=…" without what is PyTorch's default.
std::string poolArguments(const Params& params);

} // namespace loom::layers
