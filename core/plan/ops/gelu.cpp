// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "src diff_dst";

const double rootHalf = std::sqrt(0.5);
const double rootTwoOverPi = std::sqrt(2 / M_PI);

bool byTanh(const Params& attrs) { return attrs.getString("approximate", "none") == "tanh"; }

// none: Φ(x) = (1 + erf(x/√2))/2;  tanh: (1 + tanh(u))/2 with u = √(2/π)(x + 0.044715 x³)
template<class T> void forward(const OpCall<T>& call) {
  if (byTanh(call.attrs))
    map1(call, [](double x) { return x / 2 * (1 + std::tanh(rootTwoOverPi * (x + 0.044715 * x * x * x))); });
  else
    map1(call, [](double x) { return x / 2 * (1 + std::erf(x * rootHalf)); });
}

// none: Φ(x) + x·φ(x);  tanh: (1 + t)/2 + x/2·(1 - t²)·u′ with t = tanh(u)
template<class T> void backward(const OpCall<T>& call) {
  if (byTanh(call.attrs))
    map2(call, [](double x, double diff) {
      const double t = std::tanh(rootTwoOverPi * (x + 0.044715 * x * x * x));
      const double slope = rootTwoOverPi * (1 + 3 * 0.044715 * x * x);
      return diff * ((1 + t) / 2 + x / 2 * (1 - t * t) * slope);
    });
  else
    map2(call, [](double x, double diff) {
      const double density = std::exp(-x * x / 2) * rootTwoOverPi / 2;
      return diff * ((1 + std::erf(x * rootHalf)) / 2 + x * density);
    });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("gelu_backward", {b.src(0), b.diffDst(0)}, {b.diffSrc(0)}, b.attrs());
}

std::vector<OpCase> forwardCases() {
  return {floats("erf", {{3, 17}}, {{"approximate", "none"}}),
          floats("tanh", {{3, 17}}, {{"approximate", "tanh"}}), floats("images", {{2, 3, 5, 7}}),
          withValues(floats("far from zero", {{1, 4}}), 0, {-9, -4, 4, 9}),
          withValues(floats("far from zero, tanh", {{1, 4}}, {{"approximate", "tanh"}}), 0, {-9, -4, 4, 9})};
}
std::vector<OpCase> backwardCases() {
  return {floats("erf", {{3, 17}, {3, 17}}, {{"approximate", "none"}}),
          floats("tanh", {{3, 17}, {3, 17}}, {{"approximate", "tanh"}}),
          floats("images", {{2, 3, 5, 7}, {2, 3, 5, 7}})};
}

} // namespace

constinit const OpSpec gelu{
    .name = "gelu",
    .summary = "dst = src·Φ(src); tanh: src/2·(1 + tanh(√(2/π)(src + 0.044715 src³)))",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params& attrs) -> Shapes {
      SrcCheck check("gelu", forwardSrcs, src);
      const std::string kind = attrs.getString("approximate", "none");
      check.attribute(kind == "none" || kind == "tanh", "approximate",
                      say("approximate must be none or tanh"));
      if (!check) return check.error();
      return std::vector<TensorDesc>{src[0]};
    },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec geluBackward{
    .name = "gelu_backward",
    .summary = "diff_src = diff_dst·gelu′(src)",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src, const Params&) { return likeFirst("gelu_backward", backwardSrcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
