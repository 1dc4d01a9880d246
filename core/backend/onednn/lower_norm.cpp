// SPDX-License-Identifier: Apache-2.0
// Batch norm. oneDNN gives mean and biased variance; the op promises 1/sqrt(var + eps) and running statistics
// with the unbiased variance, which a pass over the C channels adds.
#include "core/backend/onednn/lower_steps.h"
#include <cmath>

namespace loom::onednn {
namespace {

bool present(const Step& step, std::size_t index) {
  return index < step.src.size() && step.src[index] != noTensor;
}
TensorId target(const Step& step, std::size_t index) {
  return index < step.dst.size() ? step.dst[index] : noTensor;
}

// oneDNN wants a map: rows N,C are an N,C,1,1 map with the channels last, any other rank is N,C,1,rest.
Desc mapDesc(const Value& value, const Dims& dims) {
  if (dims.size() == 2) return channelsLastDesc({dims[0], dims[1], 1, 1});
  if (dims.size() == 4) return value.desc;
  return plainDesc({dims[0], dims[1], 1, rowLength(dims) / dims[1]});
}

Value mapOf(Lowering& l, TensorId id) {
  const Dims& dims = l.tensor(id).dims;
  const Value value = l.value(id);
  if (dims.size() == 4) return dimsOf(value.desc) == dims ? value : l.plain(id);
  const Value rows = l.plain(id);
  return l.view(rows, mapDesc(rows, dims));
}

NormShape normShape(const Step& step, const Desc& src, bool scale, bool shift) {
  return {.src = src,
          .eps = static_cast<float>(step.attrs.getDouble("eps", 1e-5)),
          .scale = scale,
          .shift = shift,
          .relu = false,
          .given = false};
}

// The result in the tensor's own dims where the map's dims are not.
Value inOwnDims(Lowering& l, const Value& map, TensorId id) {
  const Dims& dims = l.tensor(id).dims;
  return dims.size() == 4 ? map : l.view(map, plainDesc(dims));
}

} // namespace

bool lowerBatchNorm(Lowering& l, const Step& step) {
  const Tensor& source = l.tensor(step.src[0]);
  if (source.dims.size() < 2) return false;
  const std::int64_t channels = source.dims[1];
  if ((target(step, 3) == noTensor) != (target(step, 4) == noTensor)) return false;
  const bool relu = l.fusion().relu != noTensor;
  const bool scale = present(step, 1), shift = present(step, 2);
  const Value src = mapOf(l, step.src[0]);
  auto shape = normShape(step, src.desc, scale, shift);
  shape.relu = relu;
  const auto prepared = normForward(l.machine(), shape, true);
  if (!prepared) return false;
  const TensorId output = relu ? l.fusion().relu : step.dst[0];
  const Desc perChannel = plainDesc({channels});
  const Value dst = l.result(output, prepared->dst);
  const Value mean = l.result(target(step, 1), perChannel), variance = l.fresh(perChannel);
  std::vector<std::pair<int, Value>> arguments = {
      {DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}};
  if (scale) arguments.emplace_back(DNNL_ARG_SCALE, l.plain(step.src[1]));
  if (shift) arguments.emplace_back(DNNL_ARG_SHIFT, l.plain(step.src[2]));
  // For the backward step, which then needs no eps of its own: the square of the spread, variance + eps.
  const Value square = l.fresh(perChannel);
  std::vector<Value> note = {square};
  if (relu) {
    note.push_back(l.fresh(prepared->workspace));
    arguments.emplace_back(DNNL_ARG_WORKSPACE, note.back());
  }
  l.primitive(*prepared, std::move(arguments));
  l.finish(output, inOwnDims(l, dst, step.dst[0]));
  l.finish(target(step, 1), mean);
  if (target(step, 1) != noTensor) l.notes[target(step, 1)] = note;

  const Value inverse = l.result(target(step, 2), perChannel);
  const bool running = target(step, 3) != noTensor;
  const Value runningMean = running ? l.plain(target(step, 3)) : Value{};
  const Value runningVariance = running ? l.plain(target(step, 4)) : Value{};
  const bool counts = target(step, 5) != noTensor;
  const Value tracked = counts ? l.plain(target(step, 5)) : Value{};
  const double n = static_cast<double>(source.elements()) / static_cast<double>(channels);
  const auto momentum = static_cast<float>(step.attrs.getDouble("momentum", 0.1));
  const auto unbiased = static_cast<float>(n > 1 ? n / (n - 1) : 1.0);
  l.call({mean, variance, square, inverse, runningMean, runningVariance, tracked},
         [=, eps = shape.eps](const Binder& binder) {
           const float* m = binder.at<float>(mean);
           const float* v = binder.at<float>(variance);
           float* sq = binder.at<float>(square);
           float* inv = binder.at<float>(inverse);
           float* rm = running ? binder.at<float>(runningMean) : nullptr;
           float* rv = running ? binder.at<float>(runningVariance) : nullptr;
           std::int32_t* count = counts ? binder.at<std::int32_t>(tracked) : nullptr;
           return Action([=] {
             for (std::int64_t c = 0; c < channels; ++c) {
               sq[c] = v[c] + eps;
               inv[c] = 1.f / std::sqrt(sq[c]);
             }
             if (count != nullptr) ++*count;
             if (rm == nullptr) return;
             for (std::int64_t c = 0; c < channels; ++c) {
               rm[c] += momentum * (m[c] - rm[c]);
               rv[c] += momentum * (v[c] * unbiased - rv[c]);
             }
           });
         });
  l.finish(target(step, 2), inverse);
  if (running) {
    l.finish(target(step, 3), runningMean);
    l.finish(target(step, 4), runningVariance);
  }
  if (counts) l.finish(target(step, 5), tracked);
  return true;
}

bool lowerBatchNormInference(Lowering& l, const Step& step) {
  const Tensor& source = l.tensor(step.src[0]);
  if (source.dims.size() < 2) return false;
  const bool scale = present(step, 1), shift = present(step, 2);
  const Value src = mapOf(l, step.src[0]);
  auto shape = normShape(step, src.desc, scale, shift);
  shape.given = true;
  const auto prepared = normForward(l.machine(), shape, false);
  if (!prepared) return false;
  const Value dst = l.result(step.dst[0], prepared->dst);
  std::vector<std::pair<int, Value>> arguments = {{DNNL_ARG_SRC, src},
                                                  {DNNL_ARG_DST, dst},
                                                  {DNNL_ARG_MEAN, l.plain(step.src[3])},
                                                  {DNNL_ARG_VARIANCE, l.plain(step.src[4])}};
  if (scale) arguments.emplace_back(DNNL_ARG_SCALE, l.plain(step.src[1]));
  if (shift) arguments.emplace_back(DNNL_ARG_SHIFT, l.plain(step.src[2]));
  l.primitive(*prepared, std::move(arguments));
  l.finish(step.dst[0], inOwnDims(l, dst, step.dst[0]));
  return true;
}

bool lowerBatchNormBackward(Lowering& l, const Step& step) {
  const Tensor& source = l.tensor(step.src[0]);
  if (source.dims.size() < 2) return false;
  const bool scale = present(step, 2);
  const bool shift = target(step, 2) != noTensor;
  if (!scale && target(step, 1) != noTensor) return false;
  const bool masked = l.fusion().diffDst != noTensor;
  const auto note = l.notes.find(step.src[3]);
  // oneDNN is given variance + eps, and an eps that changes no bit of that: this step's attributes have none,
  // but in the padding of a blocked layout the variance is 0, and 1/sqrt(0) times 0 would leave NaN there.
  const Value src = mapOf(l, step.src[0]);
  auto shape = normShape(step, src.desc, scale, shift);
  shape.eps = 1e-30f;
  shape.relu = masked;
  const auto prepared = normBackward(l.machine(), shape);
  if (!prepared) return false;
  const Desc perChannel = plainDesc({source.dims[1]});
  Value variance;
  if (note != l.notes.end()) {
    variance = note->second[0];
  } else {
    const Value inverse = l.plain(step.src[4]);
    variance = l.fresh(perChannel);
    l.call({inverse, variance}, [=, channels = source.dims[1]](const Binder& binder) {
      const float* inv = binder.at<float>(inverse);
      float* v = binder.at<float>(variance);
      return Action([=] {
        for (std::int64_t c = 0; c < channels; ++c) v[c] = 1.f / (inv[c] * inv[c]);
      });
    });
  }
  const TensorId arriving = masked ? l.fusion().diffDst : step.src[1];
  const Value diffDst = source.dims.size() == 4 ? l.to(l.value(arriving), prepared->dst)
                                                : l.view(l.plain(arriving), prepared->dst);
  const Value diffSrc = l.result(target(step, 0), prepared->src);
  std::vector<std::pair<int, Value>> arguments = {{DNNL_ARG_SRC, src},
                                                  {DNNL_ARG_DIFF_DST, diffDst},
                                                  {DNNL_ARG_MEAN, l.plain(step.src[3])},
                                                  {DNNL_ARG_VARIANCE, variance},
                                                  {DNNL_ARG_DIFF_SRC, diffSrc}};
  Value diffScale, diffShift;
  if (scale) {
    diffScale = l.result(target(step, 1), perChannel);
    arguments.emplace_back(DNNL_ARG_SCALE, l.plain(step.src[2]));
    arguments.emplace_back(DNNL_ARG_DIFF_SCALE, diffScale);
  }
  if (shift) {
    diffShift = l.result(target(step, 2), perChannel);
    arguments.emplace_back(DNNL_ARG_SHIFT, l.fresh(perChannel)); // asked for, not looked at
    arguments.emplace_back(DNNL_ARG_DIFF_SHIFT, diffShift);
  }
  if (masked) arguments.emplace_back(DNNL_ARG_WORKSPACE, note->second[1]);
  l.primitive(*prepared, std::move(arguments));
  if (target(step, 0) != noTensor) l.finish(target(step, 0), inOwnDims(l, diffSrc, target(step, 0)));
  if (scale) l.finish(target(step, 1), diffScale);
  if (shift) l.finish(target(step, 2), diffShift);
  return true;
}

} // namespace loom::onednn
