// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "dst diff_dst";

template<class T> void forward(const OpCall<T>& call) {
  map1(call, [](T x) { return 1 / (1 + std::exp(-double(x))); });
}
template<class T> void backward(const OpCall<T>& call) {
  map2(call, [](double y, double diff) { return diff * y * (1 - y); });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("sigmoid_backward", {b.dst(0), b.diffDst(0)}, {b.diffSrc(0)}, {});
}

std::vector<OpCase> forwardCases() {
  return {floats("rows", {{3, 17}}), floats("images", {{2, 3, 5, 7}}),
          withValues(floats("far from zero", {{1, 5}}), 0, {-80, -20, 0, 15, 60})};
}
std::vector<OpCase> backwardCases() {
  return {withValues(floats("rows", {{2, 3}, {2, 3}}), 0, {0, 1, 0.5, 0.25, 0.9, 0.01}),
          floats("images", {{2, 3, 5, 7}, {2, 3, 5, 7}})};
}

} // namespace

constinit const OpSpec sigmoid{
    .name = "sigmoid",
    .summary = "dst = 1/(1 + e^-src)",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params&) { return likeFirst("sigmoid", forwardSrcs, src); },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec sigmoidBackward{
    .name = "sigmoid_backward",
    .summary = "diff_src = diff_dst·dst·(1 - dst)",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src, const Params&) { return likeFirst("sigmoid_backward", backwardSrcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
