// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <algorithm>
#include <limits>

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src label";
constexpr std::string_view backwardSrcs = "dst label";

void checkRows(SrcCheck& check, std::string_view rows, Descs src, const Params& attrs) {
  const double smoothing = attrs.getDouble("label_smoothing", 0);
  check.attribute(smoothing >= 0 && smoothing <= 1, "label_smoothing",
                  say("label_smoothing must be between 0 and 1"));
  if (check) check.rank(0, 2, 2, say("{} must be N×classes", rows));
  if (check) check.dims(1, {src[0].dims[0]});
}

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("cross_entropy", forwardSrcs, src, {1});
  checkRows(check, "src", src, attrs);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{1}}, src[0], {{1}}};
}

Shapes backwardShape(Descs src, const Params& attrs) {
  SrcCheck check("cross_entropy_backward", backwardSrcs, src, {1});
  checkRows(check, "dst", src, attrs);
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0]};
}

// With log p = src - log Σ e^src and q = (1 - s)·onehot(label) + s/C: loss = -(1/N) Σ_n Σ_c q log p; dst = p.
// A label that is no class makes the loss NaN: the training ends as diverged, nothing is read out of bounds.
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &label = call.src[1];
  const View<T> loss = viewAt(call.dst, 0), dst = viewAt(call.dst, 1), correct = viewAt(call.dst, 2);
  const std::int64_t rows = src.dims[0], classes = src.dims[1];
  const double smoothing = call.attrs.getDouble("label_smoothing", 0);
  double sum = 0, hits = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    const T* x = src.data + n * classes;
    const std::int32_t target = label.ints[n];
    const std::int64_t best = std::max_element(x, x + classes) - x;
    double exponentials = 0, all = 0;
    for (std::int64_t c = 0; c < classes; ++c) exponentials += std::exp(double(x[c]) - double(x[best]));
    const double logSum = double(x[best]) + std::log(exponentials);
    for (std::int64_t c = 0; c < classes; ++c) all += logSum - double(x[c]);
    for (std::int64_t c = 0; c < classes && dst.present(); ++c)
      dst.data[n * classes + c] = static_cast<T>(std::exp(double(x[c]) - logSum));
    const bool known = target >= 0 && target < classes;
    const double own = known ? logSum - double(x[target]) : std::numeric_limits<double>::quiet_NaN();
    sum += (1 - smoothing) * own + smoothing * all / static_cast<double>(classes);
    hits += best == target;
  }
  if (loss.present()) loss.data[0] = static_cast<T>(sum / static_cast<double>(rows));
  if (correct.present()) correct.data[0] = static_cast<T>(hits);
}

// diff_src = (p - q)/N
template<class T> void backward(const OpCall<T>& call) {
  const View<T>&p = call.src[0], &label = call.src[1];
  const std::int64_t rows = p.dims[0], classes = p.dims[1];
  const double smoothing = call.attrs.getDouble("label_smoothing", 0),
               rest = smoothing / static_cast<double>(classes);
  for (std::int64_t n = 0; n < rows; ++n)
    for (std::int64_t c = 0; c < classes; ++c) {
      const double q = rest + (label.ints[n] == c ? 1 - smoothing : 0);
      call.dst[0].data[n * classes + c] =
          static_cast<T>((double(p.data[n * classes + c]) - q) / static_cast<double>(rows));
    }
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("cross_entropy_backward", {b.dst(1), b.src(1)}, {b.diffSrc(0)}, b.attrs());
}

std::vector<OpCase> forwardCases() {
  return {
      withInts(floats("ten classes", {{5, 10}, {5}}), 1, {0, 9, 3, 3, 7}),
      withInts(floats("label_smoothing", {{4, 7}, {4}}, {{"label_smoothing", 0.1}}), 1, {6, 0, 2, 5}),
      withInts(floats("batch 1, two classes", {{1, 2}, {1}}), 1, {1}),
      withInts(
          withValues(floats("equal values: the first wins", {{3, 3}, {3}}), 0, {1, 1, 1, 0, 2, 2, 5, 5, 4}),
          1, {0, 2, 0}),
      withInts(withValues(floats("large values", {{2, 3}, {2}}), 0, {100, -100, 0, 80, 90, 85}), 1, {1, 1}),
      withInts(floats("65 classes", {{3, 65}, {3}}, {{"label_smoothing", 0.05}}), 1, {64, 1, 30})};
}
std::vector<OpCase> backwardCases() {
  return {withInts(withValues(floats("three classes", {{2, 3}, {2}}), 0, {0.2, 0.3, 0.5, 0.7, 0.1, 0.2}), 1,
                   {2, 0}),
          withInts(withValues(floats("label_smoothing", {{1, 4}, {1}}, {{"label_smoothing", 0.2}}), 0,
                              {0.1, 0.2, 0.3, 0.4}),
                   1, {1}),
          withInts(floats("ten classes", {{7, 10}, {7}}), 1, {0, 9, 3, 3, 7, 1, 2})};
}

} // namespace

constinit const OpSpec crossEntropy{
    .name = "cross_entropy",
    .summary = "loss = mean of -Σ q·log softmax(src), q = (1 - s)·onehot(label) + s/C; dst = softmax(src)",
    .srcs = forwardSrcs,
    .dsts = "loss? dst? correct?",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec crossEntropyBackward{
    .name = "cross_entropy_backward",
    .summary = "diff_src = (dst - q)/N",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
