// SPDX-License-Identifier: Apache-2.0
// Pooling in the layout that its input has. oneDNN's workspace names a place within the window; where
// somebody wants to see the op's own workspace (a place in the map), and where windows are dilated, the
// reference computes it.
#include "core/backend/onednn/lower_steps.h"

namespace loom::onednn {
namespace {

PoolShape poolShape(const Step& step, PoolKind kind, const Desc& src, const Dims& dst) {
  const Dims kernel = pairOf(step, "kernel_size", {1, 1});
  return {.kind = kind,
          .src = src,
          .dst = dst,
          .kernel = kernel,
          .stride = pairOf(step, "stride", kernel),
          .padding = pairOf(step, "padding", {0, 0})};
}

bool dilated(const Step& step) { return pairOf(step, "dilation", {1, 1}) != Dims{1, 1}; }

// A window that begins inside but ends beyond the padding divides by fewer elements than oneDNN would.
bool reachesBeyondPadding(const PoolShape& shape, const Dims& src) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto reach = (shape.dst[axis + 2] - 1) * shape.stride[axis] + shape.kernel[axis];
    if (reach > src[axis + 2] + 2 * shape.padding[axis]) return true;
  }
  return false;
}

// The map in a layout whose dims are N,C,H,W.
Value mapOf(Lowering& l, TensorId id) {
  const Value value = l.value(id);
  return dimsOf(value.desc) == l.tensor(id).dims ? value : l.plain(id);
}

bool forwardAverage(Lowering& l, const Step& step, const std::optional<PoolShape>& shape, const Value& src) {
  const auto prepared = shape ? poolForward(l.machine(), *shape, l.training()) : std::nullopt;
  if (!prepared) return false;
  const Value dst = l.result(step.dst[0], prepared->dst);
  l.primitive(*prepared, {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
  l.finish(step.dst[0], dst);
  return true;
}

bool backwardAverage(Lowering& l, const Step& step, const std::optional<PoolShape>& shape) {
  const auto prepared = shape ? poolBackward(l.machine(), *shape) : std::nullopt;
  if (!prepared) return false;
  const Value diffDst = l.to(l.value(step.src[0]), prepared->dst);
  const Value diffSrc = l.result(step.dst[0], prepared->src);
  l.primitive(*prepared, {{DNNL_ARG_DIFF_DST, diffDst}, {DNNL_ARG_DIFF_SRC, diffSrc}});
  l.finish(step.dst[0], diffSrc);
  return true;
}

// The layout of the map that a pooling step came from, as far as a gradient's own layout tells it: the same
// kind of blocks, or row-major.
Desc likeGradient(const Value& diffDst, const Dims& src) {
  return isPlain(diffDst.desc) || dimsOf(diffDst.desc).size() != src.size() ? plainDesc(src)
                                                                            : sameBlocks(diffDst.desc, src);
}

std::optional<PoolShape> averageShape(const Step& step, const Desc& src, const Dims& dst) {
  const bool counted = step.attrs.getBool("count_include_pad", true);
  auto shape =
      poolShape(step, counted ? PoolKind::averageWithPadding : PoolKind::averageWithoutPadding, src, dst);
  if (counted && reachesBeyondPadding(shape, dimsOf(src))) return std::nullopt;
  return shape;
}

// Equal windows only; others overlap by turns.
std::optional<PoolShape> adaptiveShape(const Desc& src, const Dims& dst) {
  const Dims map = dimsOf(src);
  Dims window(2);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if (map[axis + 2] % dst[axis + 2] != 0) return std::nullopt;
    window[axis] = map[axis + 2] / dst[axis + 2];
  }
  return PoolShape{.kind = PoolKind::averageWithoutPadding,
                   .src = src,
                   .dst = dst,
                   .kernel = window,
                   .stride = window,
                   .padding = {0, 0}};
}

} // namespace

bool lowerMaxPool(Lowering& l, const Step& step) {
  const TensorId workspace = step.dst.size() > 1 ? step.dst[1] : noTensor;
  if (dilated(step)) return false;
  const bool needed = workspace != noTensor && l.training();
  if (workspace != noTensor && !l.readOnlyBy(workspace, "max_pool2d_backward")) return false;
  const Value src = mapOf(l, step.src[0]);
  const auto shape = poolShape(step, PoolKind::max, src.desc, l.tensor(step.dst[0]).dims);
  const auto prepared = poolForward(l.machine(), shape, needed);
  if (!prepared || (needed && !poolBackward(l.machine(), shape))) return false;
  const Value dst = l.result(step.dst[0], prepared->dst);
  std::vector<std::pair<int, Value>> arguments = {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
  if (needed) {
    const Value places = l.fresh(prepared->workspace);
    arguments.emplace_back(DNNL_ARG_WORKSPACE, places);
    l.notes[workspace] = {places, src};
  }
  l.primitive(*prepared, std::move(arguments));
  l.finish(step.dst[0], dst);
  return true;
}

bool lowerMaxPoolBackward(Lowering& l, const Step& step) {
  const auto note = l.notes.find(step.src[1]);
  if (note == l.notes.end()) return false;
  const auto shape = poolShape(step, PoolKind::max, note->second[1].desc, l.tensor(step.src[0]).dims);
  const auto prepared = poolBackward(l.machine(), shape);
  if (!prepared) return false;
  const Value diffDst = l.to(l.value(step.src[0]), prepared->dst);
  const Value diffSrc = l.result(step.dst[0], prepared->src);
  l.primitive(
      *prepared,
      {{DNNL_ARG_DIFF_DST, diffDst}, {DNNL_ARG_WORKSPACE, note->second[0]}, {DNNL_ARG_DIFF_SRC, diffSrc}});
  l.finish(step.dst[0], diffSrc);
  return true;
}

bool lowerAveragePool(Lowering& l, const Step& step) {
  const Value src = mapOf(l, step.src[0]);
  return forwardAverage(l, step, averageShape(step, src.desc, l.tensor(step.dst[0]).dims), src);
}

bool lowerAveragePoolBackward(Lowering& l, const Step& step) {
  const Desc src = likeGradient(l.value(step.src[0]), l.tensor(step.dst[0]).dims);
  return backwardAverage(l, step, averageShape(step, src, l.tensor(step.src[0]).dims));
}

bool lowerAdaptivePool(Lowering& l, const Step& step) {
  const Value src = mapOf(l, step.src[0]);
  return forwardAverage(l, step, adaptiveShape(src.desc, l.tensor(step.dst[0]).dims), src);
}

bool lowerAdaptivePoolBackward(Lowering& l, const Step& step) {
  const Desc src = likeGradient(l.value(step.src[0]), l.tensor(step.dst[0]).dims);
  return backwardAverage(l, step, adaptiveShape(src, l.tensor(step.src[0]).dims));
}

} // namespace loom::onednn
