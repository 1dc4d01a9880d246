// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "diff_dst";

Pair outputSize(SrcCheck& check, const Params& attrs) {
  const auto size = pairOf(attrs, "output_size", {0, 0});
  for (const std::int64_t side : size)
    check.attribute(side >= 1 && side <= (1 << 20), "output_size",
                    say("output_size must be one or two numbers from 1"));
  return size;
}

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("adaptive_avg_pool2d", forwardSrcs, src);
  if (check) check.rank(0, 4, 4, say("src must be N×C×H×W"));
  const auto size = outputSize(check, attrs);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{src[0].dims[0], src[0].dims[1], size[0], size[1]}}};
}

Shapes backwardShape(Descs src, const Params& attrs) {
  SrcCheck check("adaptive_avg_pool2d_backward", backwardSrcs, src);
  if (check) check.rank(0, 4, 4, say("diff_dst must be N×C×H×W"));
  const auto size = outputSize(check, attrs);
  if (!check) return check.error();
  const Dims& d = src[0].dims;
  const auto input = inputSize(attrs);
  check.attribute(input[0] > 0 && input[1] > 0, "input", say("input must be height and width"))
      .dims(0, {d[0], d[1], size[0], size[1]});
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{d[0], d[1], input[0], input[1]}}};
}

// Output i of `out` covers inputs floor(i·in/out) to ceil((i+1)·in/out).
std::int64_t startOf(std::int64_t i, std::int64_t in, std::int64_t out) { return i * in / out; }
std::int64_t endOf(std::int64_t i, std::int64_t in, std::int64_t out) {
  return ((i + 1) * in + out - 1) / out;
}

template<class F> void windows(const Dims& src, const Dims& dst, F f) {
  std::int64_t to = 0;
  for (std::int64_t p = 0; p < src[0] * src[1]; ++p)
    for (std::int64_t y = 0; y < dst[2]; ++y)
      for (std::int64_t x = 0; x < dst[3]; ++x, ++to) {
        const std::int64_t top = startOf(y, src[2], dst[2]), bottom = endOf(y, src[2], dst[2]);
        const std::int64_t left = startOf(x, src[3], dst[3]), right = endOf(x, src[3], dst[3]);
        for (std::int64_t row = top; row < bottom; ++row)
          for (std::int64_t column = left; column < right; ++column)
            f((p * src[2] + row) * src[3] + column, to, static_cast<double>((bottom - top) * (right - left)));
      }
}

template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &dst = call.dst[0];
  std::vector<double> sums(static_cast<std::size_t>(dst.elements()));
  windows(src.dims, dst.dims, [&](auto from, auto to, double count) {
    sums[static_cast<std::size_t>(to)] += double(src.data[from]) / count;
  });
  for (std::size_t i = 0; i < sums.size(); ++i) dst.data[i] = static_cast<T>(sums[i]);
}

template<class T> void backward(const OpCall<T>& call) {
  const View<T>&diff = call.src[0], &dst = call.dst[0];
  std::vector<double> sums(static_cast<std::size_t>(dst.elements()));
  windows(dst.dims, diff.dims, [&](auto from, auto to, double count) {
    sums[static_cast<std::size_t>(from)] += double(diff.data[to]) / count;
  });
  for (std::size_t i = 0; i < sums.size(); ++i) dst.data[i] = static_cast<T>(sums[i]);
}

void gradient(GradientBuilder& b) {
  if (!wantsSrc(b, 0)) return;
  const Dims src = b.dims(b.src(0));
  b.emit("adaptive_avg_pool2d_backward", {b.diffDst(0)}, {b.diffSrc(0)},
         withInts(b.attrs(), "input", {src[2], src[3]}));
}

std::vector<OpCase> forwardCases() {
  return {floats("to 1×1", {{2, 5, 7, 5}}, {{"output_size", Dims{1, 1}}}),
          floats("uneven", {{1, 2, 7, 10}}, {{"output_size", Dims{3, 4}}}),
          floats("even", {{2, 3, 6, 8}}, {{"output_size", Dims{3, 2}}}),
          floats("more outputs than inputs", {{1, 2, 3, 2}}, {{"output_size", Dims{5, 3}}}),
          floats("same size", {{1, 3, 4, 4}}, {{"output_size", Dims{4, 4}}})};
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

constinit const OpSpec adaptiveAvgPool2d{
    .name = "adaptive_avg_pool2d",
    .summary = "dst[i] = mean of src[floor(i·in/out) … ceil((i+1)·in/out))",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec adaptiveAvgPool2dBackward{
    .name = "adaptive_avg_pool2d_backward",
    .summary = "diff_src = sum over the outputs above it of diff_dst / count",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
