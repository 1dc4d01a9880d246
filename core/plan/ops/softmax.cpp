// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <algorithm>
#include <limits>

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "dst diff_dst";

Shapes shape(std::string_view op, std::string_view names, Descs src, const Params& attrs) {
  SrcCheck check(op, names, src);
  if (check)
    check.attribute(axisOf(attrs, src[0].dims.size()) >= 0, "dim",
                    say("dim must be one of the {} dimensions", src[0].dims.size()));
  if (check) check.dims(1, src[0].dims);
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0]};
}

// Calls f(first index, step, length) for every line along dim.
template<class F> void lines(const Dims& dims, const Params& attrs, F f) {
  const auto axis = static_cast<std::size_t>(axisOf(attrs, dims.size()));
  const std::int64_t length = dims[axis], inner = product(dims, axis + 1);
  for (std::int64_t outer = 0, count = product(dims) / (length * inner); outer < count; ++outer)
    for (std::int64_t i = 0; i < inner; ++i) f(outer * length * inner + i, inner, length);
}

// dst_i = e^(src_i - max) / Σ_j e^(src_j - max)
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &dst = call.dst[0];
  lines(src.dims, call.attrs, [&](auto first, auto step, auto length) {
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t i = 0; i < length; ++i) most = std::max(most, double(src.data[first + i * step]));
    for (std::int64_t i = 0; i < length; ++i) sum += std::exp(double(src.data[first + i * step]) - most);
    for (std::int64_t i = 0; i < length; ++i)
      dst.data[first + i * step] = static_cast<T>(std::exp(double(src.data[first + i * step]) - most) / sum);
  });
}

// diff_src_i = dst_i·(diff_dst_i - Σ_j diff_dst_j dst_j)
template<class T> void backward(const OpCall<T>& call) {
  const View<T>&y = call.src[0], &diff = call.src[1], &dst = call.dst[0];
  lines(y.dims, call.attrs, [&](auto first, auto step, auto length) {
    double sum = 0;
    for (std::int64_t i = 0; i < length; ++i)
      sum += double(diff.data[first + i * step]) * double(y.data[first + i * step]);
    for (std::int64_t i = 0; i < length; ++i)
      dst.data[first + i * step] =
          static_cast<T>(y.data[first + i * step] * (diff.data[first + i * step] - sum));
  });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("softmax_backward", {b.dst(0), b.diffDst(0)}, {b.diffSrc(0)}, b.attrs());
}

std::vector<OpCase> forwardCases() {
  return {floats("rows", {{4, 10}}, {{"dim", 1}}),
          floats("last of three", {{2, 3, 5}}, {{"dim", -1}}),
          floats("channels of images", {{2, 3, 4, 5}}, {{"dim", 1}}),
          floats("the batch", {{5, 3}}, {{"dim", 0}}),
          floats("one class", {{3, 1}}, {{"dim", 1}}),
          withValues(floats("large values", {{1, 3}}, {{"dim", 1}}), 0, {1000, 1001, 990})};
}
std::vector<OpCase> backwardCases() {
  return {withValues(floats("rows", {{2, 3}, {2, 3}}, {{"dim", 1}}), 0, {0.2, 0.3, 0.5, 0.1, 0.1, 0.8}),
          floats("channels of images", {{2, 3, 4, 5}, {2, 3, 4, 5}}, {{"dim", 1}}),
          floats("last of three", {{2, 3, 5}, {2, 3, 5}}, {{"dim", -1}})};
}

} // namespace

constinit const OpSpec softmax{
    .name = "softmax",
    .summary = "dst = e^src / Σ e^src along dim",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params& attrs) { return shape("softmax", forwardSrcs, src, attrs); },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec softmaxBackward{
    .name = "softmax_backward",
    .summary = "diff_src = dst·(diff_dst - Σ diff_dst·dst)",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src,
                const Params& attrs) { return shape("softmax_backward", backwardSrcs, src, attrs); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
