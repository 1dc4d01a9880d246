// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <algorithm>

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src target";
constexpr std::string_view backwardSrcs = "dst target";

Shapes forwardShape(Descs src, const Params&) {
  SrcCheck check("bce_with_logits_loss", forwardSrcs, src);
  if (check) check.rank(0, 2, 2, say("src must be N×columns"));
  if (check) check.dims(1, src[0].dims);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{1}}, src[0], {{1}}};
}

// loss = mean of max(x, 0) - x·t + log(1 + e^-|x|); dst = 1/(1 + e^-x);
// correct = rows in which every column has x > 0 exactly where t > 0.5
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &target = call.src[1];
  const View<T> loss = viewAt(call.dst, 0), dst = viewAt(call.dst, 1), correct = viewAt(call.dst, 2);
  const std::int64_t rows = src.dims[0], columns = src.dims[1];
  double sum = 0, hits = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    bool right = true;
    for (std::int64_t i = n * columns; i < (n + 1) * columns; ++i) {
      const double x = src.data[i], t = target.data[i];
      sum += std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x)));
      if (dst.present()) dst.data[i] = static_cast<T>(1 / (1 + std::exp(-x)));
      right = right && (x > 0) == (t > 0.5);
    }
    hits += right;
  }
  if (loss.present()) loss.data[0] = static_cast<T>(sum / static_cast<double>(rows * columns));
  if (correct.present()) correct.data[0] = static_cast<T>(hits);
}

// diff_src = (sigmoid - target)/n
template<class T> void backward(const OpCall<T>& call) {
  const double scale = 1 / static_cast<double>(call.src[0].elements());
  map2(call, [scale](double y, double target) { return scale * (y - target); });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("bce_with_logits_loss_backward", {b.dst(1), b.src(1)}, {b.diffSrc(0)}, {});
}

std::vector<OpCase> forwardCases() {
  return {withValues(floats("one column", {{5, 1}, {5, 1}}), 1, {0, 1, 1, 0, 1}),
          withValues(floats("three columns", {{2, 3}, {2, 3}}), 1, {0, 1, 1, 1, 0, 0}),
          withValues(floats("between 0 and 1", {{1, 4}, {1, 4}}), 1, {0.1, 0.5, 0.9, 0.3}),
          withValues(withValues(floats("large values", {{1, 4}, {1, 4}}), 0, {60, -60, 40, -40}), 1,
                     {1, 0, 0, 1})};
}
std::vector<OpCase> backwardCases() {
  return {withValues(withValues(floats("two columns", {{2, 2}, {2, 2}}), 0, {0.2, 0.9, 0.5, 0.4}), 1,
                     {0, 1, 1, 0}),
          floats("one row", {{1, 5}, {1, 5}})};
}

} // namespace

constinit const OpSpec bceWithLogitsLoss{
    .name = "bce_with_logits_loss",
    .summary = "loss = mean of log(1 + e^src) - src·target; dst = sigmoid(src)",
    .srcs = forwardSrcs,
    .dsts = "loss? dst? correct?",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec bceWithLogitsLossBackward{
    .name = "bce_with_logits_loss_backward",
    .summary = "diff_src = (dst - target)/n",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = [](Descs src,
                const Params&) { return likeFirst("bce_with_logits_loss_backward", backwardSrcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
