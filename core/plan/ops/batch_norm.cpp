// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src weight? bias?";
constexpr std::string_view inferenceSrcs = "src weight? bias? running_mean running_var";
constexpr std::string_view backwardSrcs = "src diff_dst weight? mean inv_std";

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("batch_norm", forwardSrcs, src);
  if (check) check.rank(0, 2, 8, say("src must be N×C or N×C×…"));
  if (!check) return check.error();
  const std::int64_t channels = src[0].dims[1];
  check.dims(1, {channels})
      .dims(2, {channels})
      .must(
          product(src[0].dims) > channels, 0,
          say("src must have more than one value per channel in training (a batch of 2 or more, or a larger "
              "image)"))
      .attribute(attrs.getDouble("eps", 1e-5) >= 0, "eps", say("eps must not be negative"));
  if (!check) return check.error();
  const TensorDesc channel{{channels}};
  return std::vector<TensorDesc>{src[0], channel, channel, channel, channel, {{1}, DType::i32}};
}

Shapes inferenceShape(Descs src, const Params&) {
  SrcCheck check("batch_norm_inference", inferenceSrcs, src);
  if (check) check.rank(0, 2, 8, say("src must be N×C or N×C×…"));
  if (!check) return check.error();
  for (std::size_t i = 1; i < 5; ++i) check.dims(i, {src[0].dims[1]});
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0]};
}

Shapes backwardShape(Descs src, const Params&) {
  SrcCheck check("batch_norm_backward", backwardSrcs, src);
  if (check) check.rank(0, 2, 8, say("src must be N×C or N×C×…"));
  if (!check) return check.error();
  const Dims channel{src[0].dims[1]};
  check.dims(1, src[0].dims).dims(2, channel).dims(3, channel).dims(4, channel);
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0], {channel}, {channel}};
}

// The values of channel c: f(index into the tensor).
template<class F> void channelValues(const Dims& dims, std::int64_t c, F f) {
  const std::int64_t inner = product(dims, 2);
  for (std::int64_t n = 0; n < dims[0]; ++n)
    for (std::int64_t i = 0; i < inner; ++i) f((n * dims[1] + c) * inner + i);
}

// mean = Σ src / m, var = Σ (src - mean)² / m, inv_std = 1/√(var + eps), dst = (src - mean)·inv_std·weight +
// bias; running ← (1 - momentum)·running + momentum·(mean or Σ (src - mean)² / (m - 1))
template<class T> void forward(const OpCall<T>& call) {
  const View<T>& src = call.src[0];
  const View<T> weight = viewAt(call.src, 1), bias = viewAt(call.src, 2);
  const View<T> mean = viewAt(call.dst, 1), invStd = viewAt(call.dst, 2);
  const View<T> runningMean = viewAt(call.dst, 3), runningVar = viewAt(call.dst, 4),
                tracked = viewAt(call.dst, 5);
  const double eps = call.attrs.getDouble("eps", 1e-5), momentum = call.attrs.getDouble("momentum", 0.1);
  const std::int64_t channels = src.dims[1];
  const double count = static_cast<double>(src.elements() / channels);
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    channelValues(src.dims, c, [&](auto i) { sum += src.data[i]; });
    const double mu = sum / count;
    channelValues(src.dims, c, [&](auto i) { squares += (src.data[i] - mu) * (src.data[i] - mu); });
    const double inverse = 1 / std::sqrt(squares / count + eps);
    const double scale = inverse * (weight.present() ? double(weight.data[c]) : 1);
    const double shift = bias.present() ? double(bias.data[c]) : 0;
    channelValues(src.dims, c,
                  [&](auto i) { call.dst[0].data[i] = static_cast<T>((src.data[i] - mu) * scale + shift); });
    if (mean.present()) mean.data[c] = static_cast<T>(mu);
    if (invStd.present()) invStd.data[c] = static_cast<T>(inverse);
    if (runningMean.present())
      runningMean.data[c] = static_cast<T>((1 - momentum) * runningMean.data[c] + momentum * mu);
    if (runningVar.present())
      runningVar.data[c] =
          static_cast<T>((1 - momentum) * runningVar.data[c] + momentum * squares / (count - 1));
  }
  if (tracked.present()) tracked.ints[0] += 1;
}

// dst = (src - running_mean) / √(running_var + eps) · weight + bias
template<class T> void inference(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &weight = call.src[1], &bias = call.src[2];
  const double eps = call.attrs.getDouble("eps", 1e-5);
  for (std::int64_t c = 0; c < src.dims[1]; ++c) {
    const double mu = call.src[3].data[c], inverse = 1 / std::sqrt(double(call.src[4].data[c]) + eps);
    const double scale = inverse * (weight.present() ? double(weight.data[c]) : 1);
    const double shift = bias.present() ? double(bias.data[c]) : 0;
    channelValues(src.dims, c,
                  [&](auto i) { call.dst[0].data[i] = static_cast<T>((src.data[i] - mu) * scale + shift); });
  }
}

// With x̂ = (src - mean)·inv_std: diff_bias = Σ diff_dst, diff_weight = Σ diff_dst·x̂,
// diff_src = weight·inv_std·(diff_dst - diff_bias/m - x̂·diff_weight/m)
template<class T> void backward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &diff = call.src[1], &weight = call.src[2];
  const View<T> diffSrc = viewAt(call.dst, 0), diffWeight = viewAt(call.dst, 1),
                diffBias = viewAt(call.dst, 2);
  const std::int64_t channels = src.dims[1];
  const double count = static_cast<double>(src.elements() / channels);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double mu = call.src[3].data[c], inverse = call.src[4].data[c];
    double sum = 0, scaled = 0;
    channelValues(src.dims, c, [&](auto i) {
      sum += diff.data[i];
      scaled += diff.data[i] * (src.data[i] - mu) * inverse;
    });
    const double scale = inverse * (weight.present() ? double(weight.data[c]) : 1);
    if (diffSrc.present())
      channelValues(src.dims, c, [&](auto i) {
        const double normal = (src.data[i] - mu) * inverse;
        diffSrc.data[i] = static_cast<T>(scale * (diff.data[i] - (sum + normal * scaled) / count));
      });
    if (diffWeight.present()) diffWeight.data[c] = static_cast<T>(scaled);
    if (diffBias.present()) diffBias.data[c] = static_cast<T>(sum);
  }
}

void gradient(GradientBuilder& b) {
  if (!wantsSrc(b, 0) && !wantsSrc(b, 1) && !wantsSrc(b, 2)) return;
  b.emit("batch_norm_backward",
         {b.src(0), b.diffDst(0), hasSrc(b, 1) ? b.src(1) : noTensor, b.dst(1), b.dst(2)},
         {diffSrcIfWanted(b, 0), diffSrcIfWanted(b, 1), diffSrcIfWanted(b, 2)}, {});
}

std::vector<int> runningStatistics(Descs, const Params&) { return {3, 4, 5}; }

std::vector<OpCase> forwardCases() {
  OpCase counted = floats("starts from given statistics", {{4, 3, 2, 2}, {3}, {3}}, {{"momentum", 0.25}});
  counted.inPlaceValues = {{0.5, -1, 2}, {1, 0.25, 4}, {7}};
  return {floats("images", {{3, 4, 5, 3}, {4}, {4}}),
          floats("rows", {{6, 5}, {5}, {5}}),
          floats("three dimensions", {{2, 3, 7}, {3}, {3}}, {{"eps", 1e-3}}),
          floats("batch 1", {{1, 3, 4, 5}, {3}, {3}}),
          floats("without weight and bias", {{4, 2, 3, 3}, {}, {}}),
          floats("two values a channel", {{2, 3}, {3}, {3}}, {{"eps", 0.1}}),
          floats("16 channels", {{4, 16, 5, 5}, {16}, {16}}),
          counted};
}
std::vector<OpCase> inferenceCases() {
  const std::vector<double> mean{0.5, -1, 0}, variance{1, 0.25, 4};
  const auto fixed = [&](OpCase value) { return withValues(withValues(value, 3, mean), 4, variance); };
  return {fixed(floats("images", {{2, 3, 5, 3}, {3}, {3}, {3}, {3}})),
          fixed(floats("one row", {{1, 3}, {3}, {3}, {3}, {3}})),
          fixed(floats("three dimensions", {{2, 3, 7}, {3}, {3}, {3}, {3}}, {{"eps", 1e-3}})),
          fixed(floats("without weight and bias", {{2, 3, 4, 4}, {}, {}, {3}, {3}}))};
}
std::vector<OpCase> backwardCases() {
  const std::vector<double> mean{0.1, -0.2, 0.3}, inverse{0.9, 1.1, 1.25};
  const auto fixed = [&](OpCase value) { return withValues(withValues(value, 3, mean), 4, inverse); };
  return {fixed(floats("images", {{2, 3, 5, 4}, {2, 3, 5, 4}, {3}, {3}, {3}})),
          fixed(floats("rows", {{6, 3}, {6, 3}, {3}, {3}, {3}})),
          fixed(floats("three dimensions", {{2, 3, 7}, {2, 3, 7}, {3}, {3}, {3}})),
          fixed(floats("without weight", {{2, 3, 3, 3}, {2, 3, 3, 3}, {}, {3}, {3}}))};
}

} // namespace

constinit const OpSpec batchNorm{
    .name = "batch_norm",
    .summary =
        "dst = (src - mean)·inv_std·weight + bias with the batch's statistics; updates the running ones",
    .srcs = forwardSrcs,
    .dsts = "dst mean inv_std running_mean? running_var? num_batches_tracked?",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
    .inPlace = runningStatistics,
};
constinit const OpSpec batchNormInference{
    .name = "batch_norm_inference",
    .summary = "dst = (src - running_mean)/√(running_var + eps)·weight + bias",
    .srcs = inferenceSrcs,
    .dsts = "dst",
    .shape = inferenceShape,
    .reference64 = inference<double>,
    .reference32 = inference<float>,
    .cases = inferenceCases,
};
constinit const OpSpec batchNormBackward{
    .name = "batch_norm_backward",
    .summary = "diff_src = weight·inv_std·(diff_dst - mean of diff_dst - x̂·mean of diff_dst·x̂)",
    .srcs = backwardSrcs,
    .dsts = "diff_src? diff_weight? diff_bias?",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
