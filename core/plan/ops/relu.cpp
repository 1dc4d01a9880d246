// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "dst diff_dst";

// A NaN passes, so that a diverged training shows.
template<class T> void forward(const OpCall<T>& call) {
  map1(call, [](T x) { return x <= 0 ? T(0) : x; });
}
template<class T> void backward(const OpCall<T>& call) {
  map2(call, [](T y, T diff) { return y <= 0 ? T(0) : diff; });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("relu_backward", {b.dst(0), b.diffDst(0)}, {b.diffSrc(0)}, {});
}

std::vector<OpCase> forwardCases() {
  return {floats("rows", {{3, 17}}), floats("images", {{2, 3, 5, 7}}),
          withValues(floats("at zero", {{1, 4}}), 0, {-1, -0.5, 0.25, 2})};
}
std::vector<OpCase> backwardCases() {
  return {withValues(floats("rows", {{2, 4}, {2, 4}}), 0, {0, 1, 0, 2.5, 0.5, 0, 0, 3}),
          floats("images", {{2, 3, 5, 7}, {2, 3, 5, 7}})};
}

} // namespace

constinit const OpSpec relu{
    .name = "relu",
    .summary = "dst = max(src, 0)",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params&) { return likeFirst("relu", forwardSrcs, src); },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec reluBackward{
    .name = "relu_backward",
    .summary = "diff_src = diff_dst where dst > 0, else 0",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src, const Params&) { return likeFirst("relu_backward", backwardSrcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
