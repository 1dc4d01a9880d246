// SPDX-License-Identifier: Apache-2.0
#include "core/plan/window.h"

namespace loom {

Pair pairOf(const Params& params, std::string_view name, Pair fallback) {
  const auto values = params.getInts(name);
  if (values.empty()) return fallback;
  if (values.size() > 2) return {-1, -1};
  return {values.front(), values.back()};
}

std::int64_t Window::outputs(std::size_t axis, std::int64_t input) const {
  const std::int64_t room = input + 2 * padding[axis] - extent(axis);
  if (room < 0) return 0;
  const std::int64_t count = (room + (ceilMode ? stride[axis] - 1 : 0)) / stride[axis] + 1;
  return ceilMode && (count - 1) * stride[axis] >= input + padding[axis] ? count - 1 : count;
}

Window windowOf(const Params& params, bool strideFollowsKernel) {
  Window window;
  window.kernel = pairOf(params, "kernel_size", {0, 0});
  window.stride = pairOf(params, "stride", strideFollowsKernel ? window.kernel : Pair{1, 1});
  window.padding = pairOf(params, "padding", {0, 0});
  window.dilation = pairOf(params, "dilation", {1, 1});
  window.ceilMode = params.getBool("ceil_mode");
  return window;
}

} // namespace loom
