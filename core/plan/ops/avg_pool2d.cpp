// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <algorithm>

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "diff_dst";

Dims pooled(SrcCheck& check, const Params& attrs, std::int64_t n, std::int64_t c, std::int64_t height,
            std::int64_t width) {
  const Window w = poolWindow(attrs);
  checkWindow(check, w);
  check
      .attribute(2 * w.padding[0] <= w.kernel[0] && 2 * w.padding[1] <= w.kernel[1], "padding",
                 say("padding must be at most half of kernel_size"))
      .attribute(w.dilation[0] == 1 && w.dilation[1] == 1, "dilation",
                 say("dilation must be 1: average pooling has none"));
  return pooledDims(check, w, {n, c, height, width});
}

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("avg_pool2d", forwardSrcs, src);
  if (check) check.rank(0, 4, 4, say("src must be N×C×H×W"));
  if (!check) return check.error();
  const Dims& s = src[0].dims;
  const Dims dims = pooled(check, attrs, s[0], s[1], s[2], s[3]);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{dims}};
}

Shapes backwardShape(Descs src, const Params& attrs) {
  SrcCheck check("avg_pool2d_backward", backwardSrcs, src);
  if (check) check.rank(0, 4, 4, say("diff_dst must be N×C×H×W"));
  if (!check) return check.error();
  const Dims& d = src[0].dims;
  const auto input = inputSize(attrs);
  check.attribute(input[0] > 0 && input[1] > 0, "input", say("input must be height and width"));
  if (!check) return check.error();
  const Dims dims = pooled(check, attrs, d[0], d[1], input[0], input[1]);
  if (check) check.dims(0, dims);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{d[0], d[1], input[0], input[1]}}};
}

// Rows or columns one window covers: the part inside the image, and its length as the divisor counts it. A
// window that ceil_mode lets hang over counts the padding, but nothing beyond it.
struct Span {
  std::int64_t from, to, counted;
};
Span spanOf(const Window& w, std::size_t axis, std::int64_t output, std::int64_t input, bool includePadding) {
  const std::int64_t from = output * w.stride[axis] - w.padding[axis];
  const std::int64_t to = std::min(from + w.kernel[axis], input + w.padding[axis]);
  const std::int64_t inFrom = std::max<std::int64_t>(from, 0), inTo = std::min(to, input);
  return {inFrom, inTo, includePadding ? to - from : inTo - inFrom};
}

// Calls f(image index, output index, divisor) for every value under every window.
template<class F> void windows(const Dims& src, const Dims& dst, const Params& attrs, F f) {
  const Window w = poolWindow(attrs);
  const bool includePadding = attrs.getBool("count_include_pad", true);
  std::int64_t to = 0;
  for (std::int64_t p = 0; p < src[0] * src[1]; ++p)
    for (std::int64_t y = 0; y < dst[2]; ++y)
      for (std::int64_t x = 0; x < dst[3]; ++x, ++to) {
        const Span rows = spanOf(w, 0, y, src[2], includePadding),
                   columns = spanOf(w, 1, x, src[3], includePadding);
        for (std::int64_t row = rows.from; row < rows.to; ++row)
          for (std::int64_t column = columns.from; column < columns.to; ++column)
            f((p * src[2] + row) * src[3] + column, to, static_cast<double>(rows.counted * columns.counted));
      }
}

// dst = mean of the values under the window
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &dst = call.dst[0];
  std::vector<double> sums(static_cast<std::size_t>(dst.elements()));
  windows(src.dims, dst.dims, call.attrs, [&](auto from, auto to, double divisor) {
    sums[static_cast<std::size_t>(to)] += double(src.data[from]) / divisor;
  });
  for (std::size_t i = 0; i < sums.size(); ++i) dst.data[i] = static_cast<T>(sums[i]);
}

// Every value under the window receives diff_dst / divisor.
template<class T> void backward(const OpCall<T>& call) {
  const View<T>&diff = call.src[0], &dst = call.dst[0];
  std::vector<double> sums(static_cast<std::size_t>(dst.elements()));
  windows(dst.dims, diff.dims, call.attrs, [&](auto from, auto to, double divisor) {
    sums[static_cast<std::size_t>(from)] += double(diff.data[to]) / divisor;
  });
  for (std::size_t i = 0; i < sums.size(); ++i) dst.data[i] = static_cast<T>(sums[i]);
}

void gradient(GradientBuilder& b) {
  if (!wantsSrc(b, 0)) return;
  const Dims src = b.dims(b.src(0));
  b.emit("avg_pool2d_backward", {b.diffDst(0)}, {b.diffSrc(0)},
         withInts(b.attrs(), "input", {src[2], src[3]}));
}

std::vector<OpCase> forwardCases() {
  const Params padded{{"kernel_size", Dims{3, 3}}, {"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}};
  Params excluded = padded, hanging = padded, hangingExcluded = padded;
  excluded.set("count_include_pad", false);
  hanging.set("ceil_mode", true);
  hangingExcluded.set("ceil_mode", true);
  hangingExcluded.set("count_include_pad", false);
  return {
      floats("2×2", {{2, 3, 6, 8}}, {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}}),
      floats("odd size leaves a rest", {{1, 2, 5, 7}}, {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}}),
      floats("padding counted", {{2, 2, 7, 7}}, padded),
      floats("padding not counted", {{2, 2, 7, 7}}, excluded),
      floats("ceil_mode, padding counted", {{1, 2, 6, 8}}, hanging),
      floats("ceil_mode, padding not counted", {{1, 2, 6, 8}}, hangingExcluded),
      floats("ceil_mode without padding", {{2, 1, 5, 4}},
             {{"kernel_size", Dims{2, 3}}, {"stride", Dims{2, 2}}, {"ceil_mode", true}}),
      floats("not square", {{2, 2, 6, 10}},
             {{"kernel_size", Dims{3, 4}}, {"stride", Dims{1, 3}}, {"padding", Dims{1, 2}}})};
}
std::vector<OpCase> backwardCases() {
  std::vector<OpCase> cases = forwardCases();
  for (OpCase& value : cases) {
    const Dims src = value.src[0].dims;
    value.src = forwardShape(value.src, value.attrs).value();
    value.attrs = withInts(value.attrs, "input", {src[2], src[3]});
  }
  return cases;
}

} // namespace

constinit const OpSpec avgPool2d{
    .name = "avg_pool2d",
    .summary = "dst = mean under each window",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec avgPool2dBackward{
    .name = "avg_pool2d_backward",
    .summary = "diff_src = sum over the windows above it of diff_dst / divisor",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
