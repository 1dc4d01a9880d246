// SPDX-License-Identifier: Apache-2.0
// Small convolutions with their ReLU and pool. Maps are channels-last, weights row-major. Each thread takes a
// fixed share of the samples and sums its own gradients, which are then added in the order of the threads.
#include "core/backend/onednn/kernels/conv_pool.h"
#include "core/backend/onednn/lowering.h"
#include "core/backend/onednn/parallel.h"

namespace loom::onednn {
namespace {

struct Sizes {
  ConvPoolShape shape;
  ConvPoolSizes sizes;
  std::int64_t samples, src, dst; // floats of a sample
};

const Step& stepOf(const Program& program, int index) {
  return program.steps[static_cast<std::size_t>(index)];
}

Sizes sizesOf(const Lowering& l, const ConvPoolFusion& fusion, const Program& program) {
  const auto& shape = fusion.shape;
  return {shape, l.kernels().convPool->sizes(shape), l.tensor(stepOf(program, fusion.conv).src[0]).dims[0],
          shape.channels * shape.height * shape.width,
          shape.filters * shape.pooledHeight() * shape.pooledWidth()};
}

Value floats(Lowering& l, std::int64_t count) { return l.fresh(plainDesc({count})); }

// Samples of one thread.
template<class Work> void eachSample(int thread, int threads, std::int64_t samples, const Work& work) {
  for (auto n = samples * thread / threads; n < samples * (thread + 1) / threads; ++n) work(n);
}

void forward(Lowering& l, const ConvPoolFusion& fusion, const Program& program) {
  const Step& conv = stepOf(program, fusion.conv);
  const TensorId pooled = stepOf(program, fusion.pool).dst[0];
  const Sizes s = sizesOf(l, fusion, program);
  const int threads = l.threads();
  const Value src = l.to(l.value(conv.src[0]), channelsLastDesc(l.tensor(conv.src[0]).dims));
  const Value weights = l.weights(conv.src[1], plainDesc(l.tensor(conv.src[1]).dims));
  const bool hasBias = conv.src.size() > 2 && conv.src[2] != noTensor;
  const Value bias = hasBias ? l.plain(conv.src[2]) : Value{};
  const Value dst = l.result(pooled, channelsLastDesc(l.tensor(pooled).dims));
  const Value codes = l.freshBytes(s.samples * s.sizes.codeBytes);
  const Value packed = floats(l, s.sizes.forwardWeights), scratch = floats(l, threads * s.sizes.scratch);
  l.call({src, weights, bias, dst, codes, packed, scratch},
         [=, kernels = l.kernels().convPool](const Binder& binder) {
           const float* x = binder.at<float>(src);
           const float* w = binder.at<float>(weights);
           const float* b = hasBias ? binder.at<float>(bias) : nullptr;
           float* y = binder.at<float>(dst);
           float* p = binder.at<float>(packed);
           float* own = binder.at<float>(scratch);
           auto* code = binder.at<std::uint8_t>(codes);
           return Action([=] {
             kernels->packForward(s.shape, w, p);
             onEachThread(threads, [=](int thread) {
               eachSample(thread, threads, s.samples, [=](std::int64_t n) {
                 kernels->forward(s.shape, x + n * s.src, p, b, y + n * s.dst, code + n * s.sizes.codeBytes,
                                  own + thread * s.sizes.scratch);
               });
             });
           });
         });
  l.finish(pooled, dst);
  l.notes[pooled] = {src, dst, codes};
}

void backward(Lowering& l, const ConvPoolFusion& fusion, const Program& program) {
  const Step& conv = stepOf(program, fusion.conv);
  const Step& weightStep = stepOf(program, fusion.weights);
  const TensorId diffBias = weightStep.dst.size() > 1 ? weightStep.dst[1] : noTensor;
  const TensorId diffSrc = fusion.data < 0 ? noTensor : stepOf(program, fusion.data).dst[0];
  const Sizes s = sizesOf(l, fusion, program);
  const int threads = l.threads();
  const auto& note = l.notes.at(stepOf(program, fusion.pool).dst[0]);
  const Value src = note[0], dst = note[1], codes = note[2];
  const Value diffDst = l.to(l.value(stepOf(program, fusion.poolBackward).src[0]), dst.desc);
  const Value weights = l.weights(conv.src[1], plainDesc(l.tensor(conv.src[1]).dims));
  const Value into = l.result(weightStep.dst[0], weights.desc);
  const Value intoBias = l.result(diffBias, plainDesc({s.shape.filters}));
  const Value intoSrc =
      diffSrc == noTensor ? Value{} : l.result(diffSrc, channelsLastDesc(l.tensor(diffSrc).dims));
  const Value packed = floats(l, s.sizes.backwardWeights), scratch = floats(l, threads * s.sizes.scratch);
  l.call({src, dst, codes, diffDst, weights, into, intoBias, intoSrc, packed, scratch},
         [=, kernels = l.kernels().convPool](const Binder& binder) {
           const float* x = binder.at<float>(src);
           const float* y = binder.at<float>(dst);
           const float* d = binder.at<float>(diffDst);
           const float* w = binder.at<float>(weights);
           const auto* code = binder.at<std::uint8_t>(codes);
           float* p = binder.at<float>(packed);
           float* own = binder.at<float>(scratch);
           float* dw = binder.at<float>(into);
           float* db = binder.at<float>(intoBias);
           float* dx = diffSrc == noTensor ? nullptr : binder.at<float>(intoSrc);
           std::vector<const float*> all;
           for (int t = 0; t < threads; ++t) all.push_back(own + t * s.sizes.scratch);
           return Action([=] {
             if (dx != nullptr) kernels->packBackward(s.shape, w, p);
             onEachThread(threads, [=](int thread) {
               float* sums = own + thread * s.sizes.scratch;
               kernels->clear(s.shape, sums);
               eachSample(thread, threads, s.samples, [=](std::int64_t n) {
                 kernels->backward(s.shape, x + n * s.src, y + n * s.dst, d + n * s.dst,
                                   code + n * s.sizes.codeBytes, p, dx == nullptr ? nullptr : dx + n * s.src,
                                   sums);
               });
             });
             kernels->collect(s.shape, all.data(), threads, dw, db);
           });
         });
  l.finish(weightStep.dst[0], into);
  l.finish(diffBias, intoBias);
  if (diffSrc != noTensor) l.finish(diffSrc, intoSrc);
}

} // namespace

void lowerConvPool(Lowering& lowering, const Program& program) {
  const auto& fusion = *lowering.fusion().convPool;
  if (lowering.stepIndex() == fusion.conv)
    forward(lowering, fusion, program);
  else
    backward(lowering, fusion, program);
}

} // namespace loom::onednn
