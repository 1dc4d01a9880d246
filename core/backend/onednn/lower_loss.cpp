// SPDX-License-Identifier: Apache-2.0
// Losses. Each row's loss is stored and the rows are summed in order, so that the thread count does not
// change a bit.
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"

namespace loom::onednn {
namespace {

TensorId target(const Step& step, std::size_t index) {
  return index < step.dst.size() ? step.dst[index] : noTensor;
}

} // namespace

bool lowerCrossEntropy(Lowering& l, const Step& step) {
  const Dims dims = l.tensor(step.src[0]).dims;
  if (dims.size() != 2) return false;
  const Value src = l.plain(step.src[0]), label = l.plain(step.src[1]);
  const Value loss = l.result(step.dst[0], plainDesc({1})),
              correct = l.result(target(step, 2), plainDesc({1}));
  const Value dst = l.result(target(step, 1), src.desc);
  const Value perRow = l.fresh(plainDesc({2, dims[0]}));
  const auto smoothing = static_cast<float>(step.attrs.getDouble("label_smoothing", 0));
  l.call({src, label, loss, correct, dst, perRow},
         [=, kernel = l.kernels().vector->crossEntropy, threads = l.threads()](const Binder& binder) {
           const float* from = binder.at<float>(src);
           const std::int32_t* labels = binder.at<std::int32_t>(label);
           float* into = binder.at<float>(dst);
           float* lossOut = binder.at<float>(loss);
           float* correctOut = binder.at<float>(correct);
           float* losses = binder.at<float>(perRow);
           const std::int64_t rows = dims[0], columns = dims[1];
           return Action([=] {
             float* hits = losses + rows;
             split(threads, rows, elementGrain / 4 / columns, 1, [=](std::int64_t begin, std::int64_t end) {
               kernel(from + begin * columns, labels + begin, smoothing, into + begin * columns,
                      losses + begin, hits + begin, end - begin, columns);
             });
             double sum = 0, right = 0;
             for (std::int64_t r = 0; r < rows; ++r) {
               sum += static_cast<double>(losses[r]);
               right += static_cast<double>(hits[r]);
             }
             *lossOut = static_cast<float>(sum / static_cast<double>(rows));
             *correctOut = static_cast<float>(right);
           });
         });
  l.finish(step.dst[0], loss);
  l.finish(target(step, 1), dst);
  l.finish(target(step, 2), correct);
  return true;
}

bool lowerCrossEntropyBackward(Lowering& l, const Step& step) {
  const Dims dims = l.tensor(step.src[0]).dims;
  if (dims.size() != 2) return false;
  const Value dst = l.plain(step.src[0]), label = l.plain(step.src[1]);
  const Value diffSrc = l.result(step.dst[0], dst.desc);
  const auto smoothing = static_cast<float>(step.attrs.getDouble("label_smoothing", 0));
  l.call({dst, label, diffSrc},
         [=, kernel = l.kernels().vector->crossEntropyBackward, threads = l.threads()](const Binder& binder) {
           const float* from = binder.at<float>(dst);
           const std::int32_t* labels = binder.at<std::int32_t>(label);
           float* into = binder.at<float>(diffSrc);
           const std::int64_t rows = dims[0], columns = dims[1];
           return Action([=] {
             split(threads, rows, elementGrain / columns, 1, [=](std::int64_t begin, std::int64_t end) {
               kernel(from + begin * columns, labels + begin, smoothing, 1.f / static_cast<float>(rows),
                      into + begin * columns, end - begin, columns);
             });
           });
         });
  l.finish(step.dst[0], diffSrc);
  return true;
}

bool lowerMse(Lowering& l, const Step& step) {
  const Value src = l.plain(step.src[0]), wanted = l.plain(step.src[1]);
  const Value loss = l.result(step.dst[0], plainDesc({1}));
  const std::int64_t n = l.tensor(step.src[0]).elements();
  constexpr std::int64_t piece = 16384;
  const std::int64_t pieces = (n + piece - 1) / piece;
  const Value sums = l.freshBytes(pieces * static_cast<std::int64_t>(sizeof(double)));
  l.call({src, wanted, loss, sums},
         [=, kernel = l.kernels().vector->squaredDistance, threads = l.threads()](const Binder& binder) {
           const float* a = binder.at<float>(src);
           const float* b = binder.at<float>(wanted);
           float* out = binder.at<float>(loss);
           double* partial = binder.at<double>(sums);
           return Action([=] {
             split(threads, pieces, 2, 1, [=](std::int64_t begin, std::int64_t end) {
               for (std::int64_t i = begin; i < end; ++i)
                 partial[i] = kernel(a + i * piece, b + i * piece, std::min(piece, n - i * piece));
             });
             double sum = 0;
             for (std::int64_t i = 0; i < pieces; ++i) sum += partial[i];
             *out = static_cast<float>(sum / static_cast<double>(n));
           });
         });
  l.finish(step.dst[0], loss);
  return true;
}

bool lowerMseBackward(Lowering& l, const Step& step) {
  const Value src = l.plain(step.src[0]), wanted = l.plain(step.src[1]);
  const Value diffSrc = l.result(step.dst[0], src.desc);
  const std::int64_t n = l.tensor(step.src[0]).elements();
  l.call({src, wanted, diffSrc}, [=, threads = l.threads()](const Binder& binder) {
    const float* a = binder.at<float>(src);
    const float* b = binder.at<float>(wanted);
    float* into = binder.at<float>(diffSrc);
    const float scale = 2.f / static_cast<float>(n);
    return Action([=] {
      split(threads, n, elementGrain, 16, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) into[i] = (a[i] - b[i]) * scale;
      });
    });
  });
  l.finish(step.dst[0], diffSrc);
  return true;
}

} // namespace loom::onednn
