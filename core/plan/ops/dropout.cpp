// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src random sample";
constexpr std::string_view backwardSrcs = "diff_dst random sample";

Shapes shape(std::string_view op, std::string_view names, Descs src, const Params& attrs) {
  SrcCheck check(op, names, src, {1, 2});
  const double p = attrs.getDouble("p", 0.5);
  check.attribute(p >= 0 && p <= 1, "p", say("p must be between 0 and 1"));
  if (check) check.dims(1, {4}).dims(2, {src[0].dims[0]});
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0]};
}

// dst = src / (1 - p) where randomUniform(key, sample, element) >= p, else 0. The same for both directions:
// the mask is drawn again, not kept. A backend compares the 24 random bits with p in double.
template<class T> void apply(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &random = call.src[1], &sample = call.src[2], &dst = call.dst[0];
  const double p = call.attrs.getDouble("p", 0.5), scale = p < 1 ? 1 / (1 - p) : 0;
  const auto word = [&](int i) { return static_cast<std::uint32_t>(random.ints[i]); };
  const RandomKey key{word(0) | std::uint64_t(word(1)) << 32,
                      static_cast<std::uint32_t>(call.attrs.getInt("stream")), word(2)};
  const std::int64_t samples = src.dims[0], each = src.elements() / samples;
  for (std::int64_t n = 0; n < samples; ++n)
    for (std::int64_t e = 0; e < each; ++e) {
      const float draw =
          randomUniform(key, static_cast<std::uint32_t>(sample.ints[n]), static_cast<std::uint32_t>(e));
      dst.data[n * each + e] = draw >= p ? static_cast<T>(src.data[n * each + e] * scale) : T(0);
    }
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0))
    b.emit("dropout_backward", {b.diffDst(0), b.src(1), b.src(2)}, {b.diffSrc(0)}, b.attrs());
}

std::vector<OpCase> cases() {
  const auto drawn = [](OpCase value, std::vector<std::int32_t> samples) {
    return withInts(withInts(std::move(value), 1, {20260101, -7, 3, 0}), 2, std::move(samples));
  };
  return {
      drawn(floats("half", {{4, 9}, {4}, {4}}, {{"p", 0.5}, {"stream", 3}}), {0, 1, 2, 59999}),
      drawn(floats("a quarter, images", {{2, 3, 5, 7}, {4}, {2}}, {{"p", 0.25}, {"stream", 12}}), {17, 4}),
      drawn(floats("nothing", {{3, 5}, {4}, {3}}, {{"p", 0.0}, {"stream", 1}}), {5, 6, 7}),
      drawn(floats("everything, batch 1", {{1, 6}, {4}, {1}}, {{"p", 1.0}, {"stream", 1}}), {5})};
}

} // namespace

constinit const OpSpec dropout{
    .name = "dropout",
    .summary = "dst = src/(1 - p) where a random number in [0, 1) is at least p, else 0",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params& attrs) { return shape("dropout", forwardSrcs, src, attrs); },
    .reference64 = apply<double>,
    .reference32 = apply<float>,
    .gradient = gradient,
    .cases = cases,
};
constinit const OpSpec dropoutBackward{
    .name = "dropout_backward",
    .summary = "diff_src = diff_dst/(1 - p) where the forward op kept the value, else 0",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src,
                const Params& attrs) { return shape("dropout_backward", backwardSrcs, src, attrs); },
    .reference64 = apply<double>,
    .reference32 = apply<float>,
    .cases = cases,
};

} // namespace loom::ops
