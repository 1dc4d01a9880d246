// SPDX-License-Identifier: Apache-2.0
// 3×3 convolutions by kernels/winograd.h. The weights change with each step and are transformed within it.
// Threads share the tiles of the batch; each sums its own gradients, which are then added in the order of the
// threads.
#include "core/backend/onednn/kernels/winograd.h"
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"

namespace loom::onednn {
namespace {

// Floats of the common scratch memory.
void wantFloats(Lowering& l, std::int64_t count) { l.wantScratch(count * 4); }
float* scratchOf(const Binder& binder) { return reinterpret_cast<float*>(binder.scratch); }

struct Share {
  std::int64_t first, last;
};
Share shareOf(std::int64_t all, int thread, int threads) {
  return {all * thread / threads, all * (thread + 1) / threads};
}

// Transforms the weights, then convolves: a forward step, or the gradient of the source with the roles of
// source and result exchanged.
struct Convolution {
  WinogradShape weights = {}, shape = {}; // as the weights lie, and as the map is convolved
  bool flipped = false, relu = false;
  std::int64_t samples = 0;
  Value bias = {}, plus = {}, mask = {}; // none where they have no slot
};
void convolve(Lowering& l, const Convolution& c, const Value& src, const Value& weights, const Value& dst) {
  const auto* kernels = l.kernels().winograd;
  const auto sizes = kernels->sizes(c.shape);
  const int threads = l.threads();
  // A line that another core has written costs as much as hundreds of multiplications: with enough tiles each
  // thread transforms the weights for itself, and waits for nobody.
  const std::int64_t tiles = c.samples * c.shape.tiles();
  const bool each = tiles >= 64 * threads && threads * sizes.weights <= 4 << 20;
  const std::int64_t weightFloats = (each ? threads : 1) * sizes.weights;
  wantFloats(l, weightFloats + threads * sizes.convolve);
  l.call({src, weights, c.bias, c.plus, c.mask, dst}, [=](const Binder& binder) {
    const float* x = binder.at<float>(src);
    const float* w = binder.at<float>(weights);
    const auto given = [&](const Value& value) -> const float* {
      return value.slot < 0 ? nullptr : binder.at<float>(value);
    };
    const WinogradAfter after{given(c.bias), c.relu, given(c.plus), given(c.mask)};
    float* y = binder.at<float>(dst);
    float *u = scratchOf(binder), *own = u + weightFloats;
    const auto transform = c.flipped ? kernels->transformFlipped : kernels->transformWeights;
    if (each)
      return Action([=] {
        onEachThread(threads, [=](int thread) {
          float* mine = u + thread * sizes.weights;
          const auto [first, last] = shareOf(tiles, thread, threads);
          transform(c.weights, w, mine, 0, sizes.blocks);
          kernels->convolve(c.shape, x, mine, after, y, first, last, own + thread * sizes.convolve);
        });
      });
    return Action([=] {
      onEachThread(threads, [=](int thread) {
        const auto [first, last] = shareOf(sizes.blocks, thread, threads);
        transform(c.weights, w, u, first, last);
      });
      onEachThread(threads, [=](int thread) {
        const auto [first, last] = shareOf(tiles, thread, threads);
        kernels->convolve(c.shape, x, u, after, y, first, last, own + thread * sizes.convolve);
      });
    });
  });
}

} // namespace

std::optional<WinogradShape> winogradShape(const Plan& plan, const Step& step,
                                           const WinogradKernels* kernels) {
  const bool toData = step.op->name == "conv2d_backward_data";
  const bool toWeights = step.op->name == "conv2d_backward_weights";
  const TensorId src = toData ? step.dst[0] : step.src[0], weights = toWeights ? step.dst[0] : step.src[1];
  if (kernels == nullptr || src == noTensor || weights == noTensor) return std::nullopt;
  const Dims &map = plan.tensor(src).dims, &kernel = plan.tensor(weights).dims;
  const Dims padding = pairOf(step, "padding", {0, 0}), ones = {1, 1};
  if (map.size() != 4 || kernel[2] != 3 || kernel[3] != 3 || padding[0] != padding[1] ||
      pairOf(step, "stride", ones) != ones || pairOf(step, "dilation", ones) != ones ||
      step.attrs.getInt("groups", 1) != 1)
    return std::nullopt;
  const WinogradShape shape{map[1], kernel[0], map[2], map[3], padding[0]};
  if (!kernels->supports(shape, map[0])) return std::nullopt;
  return shape;
}

bool lowerWinograd(Lowering& l, const Step& step) {
  const auto shape = winogradShape(l.plan(), step, l.kernels().winograd);
  if (!shape) return false;
  const auto lanes = l.kernels().winograd->lanes;
  const bool relu = l.fusion().relu != noTensor;
  const TensorId target = relu ? l.fusion().relu : step.dst[0];
  const Dims& map = l.tensor(step.src[0]).dims;
  const Value src = l.to(l.value(step.src[0]), blockedMapDesc(map, lanes));
  const Value weights = l.weights(step.src[1], blockedWeightsDesc(l.tensor(step.src[1]).dims, lanes));
  const bool hasBias = step.src.size() > 2 && step.src[2] != noTensor;
  const Value bias = hasBias ? l.plain(step.src[2]) : Value{};
  const Value dst = l.result(target, blockedMapDesc(l.tensor(target).dims, lanes));
  convolve(l, {.weights = *shape, .shape = *shape, .relu = relu, .samples = map[0], .bias = bias}, src,
           weights, dst);
  l.finish(target, dst);
  return true;
}

bool lowerWinogradBackwardData(Lowering& l, const Step& step) {
  const auto shape = winogradShape(l.plan(), step, l.kernels().winograd);
  if (!shape) return false;
  const auto lanes = l.kernels().winograd->lanes;
  const Dims& map = l.tensor(step.src[0]).dims;
  const Value diffDst = l.to(l.value(step.src[0]), blockedMapDesc(map, lanes));
  const Value weights = l.weights(step.src[1], blockedWeightsDesc(l.tensor(step.src[1]).dims, lanes));
  const auto fused = l.fusion().gradient.value_or(GradientFusion{.dst = step.dst[0]});
  const Desc desc = blockedMapDesc(l.tensor(step.dst[0]).dims, lanes);
  Convolution c{.weights = *shape, .shape = shape->backward(), .flipped = true, .samples = map[0]};
  if (fused.plus != noTensor) c.plus = l.to(l.value(fused.plus), desc);
  if (fused.mask != noTensor) c.mask = l.to(l.value(fused.mask), desc);
  const Value diffSrc = l.result(fused.dst, desc);
  convolve(l, c, diffDst, weights, diffSrc);
  l.finish(fused.dst, diffSrc);
  return true;
}

bool lowerWinogradBackwardWeights(Lowering& l, const Step& step) {
  const auto shape = winogradShape(l.plan(), step, l.kernels().winograd);
  if (!shape) return false;
  const auto* kernels = l.kernels().winograd;
  const auto sizes = kernels->sizes(*shape);
  const int threads = l.threads();
  const TensorId diffBias = step.dst.size() > 1 ? step.dst[1] : noTensor;
  const bool hasBias = diffBias != noTensor;
  const Dims& map = l.tensor(step.src[0]).dims;
  const Value src = l.to(l.value(step.src[0]), blockedMapDesc(map, kernels->lanes));
  const Value diffDst =
      l.to(l.value(step.src[1]), blockedMapDesc(l.tensor(step.src[1]).dims, kernels->lanes));
  const Value into = l.result(step.dst[0], blockedWeightsDesc(l.tensor(step.dst[0]).dims, kernels->lanes));
  const Value intoBias = hasBias ? l.result(diffBias, plainDesc({shape->outputs})) : Value{};
  wantFloats(l, threads * sizes.gradient);
  l.call({src, diffDst, into, intoBias},
         [=, s = *shape, tiles = map[0] * shape->tiles()](const Binder& binder) {
           const float* x = binder.at<float>(src);
           const float* d = binder.at<float>(diffDst);
           float* dw = binder.at<float>(into);
           float* db = hasBias ? binder.at<float>(intoBias) : nullptr;
           float* own = scratchOf(binder);
           std::vector<const float*> all;
           for (int t = 0; t < threads; ++t) all.push_back(own + t * sizes.gradient);
           return Action([=] {
             onEachThread(threads, [=](int thread) {
               const auto [first, last] = shareOf(tiles, thread, threads);
               kernels->gradient(s, x, d, hasBias, first, last, own + thread * sizes.gradient);
             });
             onEachThread(threads, [=, sums = all.data()](int thread) {
               const auto [first, last] = shareOf(sizes.blocks, thread, threads);
               kernels->collect(s, sums, threads, dw, db, first, last);
             });
           });
         });
  l.finish(step.dst[0], into);
  if (hasBias) l.finish(diffBias, intoBias);
  return true;
}

} // namespace loom::onednn
