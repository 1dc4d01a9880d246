// SPDX-License-Identifier: Apache-2.0
// The window of a convolution or a pooling over N×C×H×W, for layers, ops and backends. Pure functions.
#pragma once
#include "core/base/params.h"
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loom {

using Pair = std::array<std::int64_t, 2>; // height and width

// One number counts for both; `fallback` where there is none, {-1, -1} where there are more than two.
Pair pairOf(const Params& params, std::string_view name, Pair fallback);

struct Window {
  Pair kernel{1, 1}, stride{1, 1}, padding{0, 0}, dilation{1, 1};
  bool ceilMode = false;
  std::int64_t extent(std::size_t axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  // Outputs along an axis; 0 or less when the window does not fit. With ceilMode a last window may hang over
  // the end, but must begin inside the image or the padding before it (PyTorch's rule).
  std::int64_t outputs(std::size_t axis, std::int64_t input) const;
};
// Of the values that Conv2d and the poolings have; a kernel that is not given is {0, 0}. A stride that is not
// given is 1, or follows the kernel.
Window windowOf(const Params& params, bool strideFollowsKernel);

} // namespace loom
