// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "src diff_dst";

template<class T> void forward(const OpCall<T>& call) {
  const double slope = call.attrs.getDouble("negative_slope", 0.01);
  map1(call, [slope](double x) { return x > 0 ? x : slope * x; });
}
template<class T> void backward(const OpCall<T>& call) {
  const double slope = call.attrs.getDouble("negative_slope", 0.01);
  map2(call, [slope](double x, double diff) { return x > 0 ? diff : slope * diff; });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("leaky_relu_backward", {b.src(0), b.diffDst(0)}, {b.diffSrc(0)}, b.attrs());
}

std::vector<OpCase> forwardCases() {
  return {floats("rows", {{3, 17}}), floats("images", {{2, 3, 5, 7}}, {{"negative_slope", 0.2}}),
          floats("slope 0", {{2, 9}}, {{"negative_slope", 0.0}})};
}
std::vector<OpCase> backwardCases() {
  return {floats("rows", {{3, 17}, {3, 17}}),
          floats("images", {{2, 3, 5, 7}, {2, 3, 5, 7}}, {{"negative_slope", 0.2}})};
}

} // namespace

constinit const OpSpec leakyRelu{
    .name = "leaky_relu",
    .summary = "dst = src where src > 0, else negative_slope·src",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params&) { return likeFirst("leaky_relu", forwardSrcs, src); },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec leakyReluBackward{
    .name = "leaky_relu_backward",
    .summary = "diff_src = diff_dst where src > 0, else negative_slope·diff_dst",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src, const Params&) { return likeFirst("leaky_relu_backward", backwardSrcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
