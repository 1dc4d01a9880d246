// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view srcs = "src target";

// loss = (1/n) Σ (src - target)²
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &target = call.src[1];
  double sum = 0;
  const std::int64_t count = src.elements();
  for (std::int64_t i = 0; i < count; ++i) {
    const double difference = double(src.data[i]) - double(target.data[i]);
    sum += difference * difference;
  }
  call.dst[0].data[0] = static_cast<T>(sum / static_cast<double>(count));
}

// diff_src = 2 (src - target)/n
template<class T> void backward(const OpCall<T>& call) {
  const double scale = 2 / static_cast<double>(call.src[0].elements());
  map2(call, [scale](double x, double target) { return scale * (x - target); });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("mse_loss_backward", {b.src(0), b.src(1)}, {b.diffSrc(0)}, {});
}

std::vector<OpCase> cases() {
  return {floats("one column", {{7, 1}, {7, 1}}), floats("three columns", {{5, 3}, {5, 3}}),
          floats("batch 1", {{1, 4}, {1, 4}}), floats("images", {{2, 3, 5, 4}, {2, 3, 5, 4}})};
}

} // namespace

constinit const OpSpec mseLoss{
    .name = "mse_loss",
    .summary = "loss = mean of (src - target)²",
    .srcs = srcs,
    .dsts = "loss",
    .shape = [](Descs src, const Params&) -> Shapes {
      const auto alike = likeFirst("mse_loss", srcs, src);
      if (!alike) return alike.error();
      return std::vector<TensorDesc>{{{1}}};
    },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = cases,
};
constinit const OpSpec mseLossBackward{
    .name = "mse_loss_backward",
    .summary = "diff_src = 2·(src - target)/n",
    .srcs = srcs,
    .dsts = "diff_src",
    .shape = [](Descs src, const Params&) { return likeFirst("mse_loss_backward", srcs, src); },
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = cases,
};

} // namespace loom::ops
