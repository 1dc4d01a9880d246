// SPDX-License-Identifier: Apache-2.0
// linear and conv2d with both gradients. Weights lie as the forward product wants them; gradients arrive in
// the same layout, through a reorder where oneDNN's backward kernel writes another one.
#include "core/backend/onednn/lower_steps.h"

namespace loom::onednn {
namespace {

// N (or the product of all leading dims) and the features a linear step counts.
struct Rows {
  std::int64_t rows = 0, features = 0;
};
Rows rowsOf(const Tensor& tensor) {
  return {tensor.elements() / std::max<std::int64_t>(tensor.dims.back(), 1), tensor.dims.back()};
}

// The weights' dims as the product sees them: as they are kept, or O,C,H,W in front of a blocked map, or O,I.
Dims innerWeights(Lowering& lowering, TensorId weights, const Value* src, const Rows& rows) {
  if (weights != noTensor)
    if (const Desc* layout = lowering.keptLayout(weights)) return dimsOf(*layout);
  const Dims& dims = lowering.tensor(weights).dims;
  if (src == nullptr || isPlain(src->desc)) return dims;
  Dims map = dimsOf(src->desc);
  if (map.size() != 4 || map[0] != rows.rows || rowLength(map) != rows.features) return dims;
  map[0] = dims[0];
  return map;
}

Dims withFirst(Dims dims, std::int64_t first) {
  dims[0] = first;
  return dims;
}

ProductShape innerShape(const Rows& rows, const Dims& weights, bool bias) {
  return {
      .src = withFirst(weights, rows.rows), .weights = weights, .dst = {rows.rows, weights[0]}, .bias = bias};
}

// dst (or the ReLU behind it) = src · weights + bias, by a prepared linear or convolution.
void emitForward(Lowering& l, const Step& step, const Prepared& prepared, const Value& src, bool bias) {
  const TensorId target = l.fusion().relu != noTensor ? l.fusion().relu : step.dst[0];
  std::vector<std::pair<int, Value>> arguments = {
      {DNNL_ARG_SRC, l.to(src, prepared.src)}, {DNNL_ARG_WEIGHTS, l.weights(step.src[1], prepared.weights)}};
  if (bias) arguments.emplace_back(DNNL_ARG_BIAS, l.plain(step.src[2]));
  const Value dst = l.result(target, prepared.dst);
  arguments.emplace_back(DNNL_ARG_DST, dst);
  l.primitive(prepared, std::move(arguments));
  l.finish(target, dst);
}

void emitBackwardData(Lowering& l, const Step& step, const Prepared& prepared) {
  const Value diffDst = l.to(l.value(step.src[0]), prepared.dst);
  const Value weights = l.weights(step.src[1], prepared.weights);
  const Value diffSrc = l.result(step.dst[0], prepared.src);
  l.primitive(prepared,
              {{DNNL_ARG_DIFF_DST, diffDst}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DIFF_SRC, diffSrc}});
  l.finish(step.dst[0], diffSrc);
}

} // namespace

bool lowerLinear(Lowering& l, const Step& step) {
  if (lowerSmallLinear(l, step)) return true;
  const Rows rows = rowsOf(l.tensor(step.src[0]));
  const Value src = l.value(step.src[0]);
  const bool bias = step.src.size() > 2 && step.src[2] != noTensor;
  const bool relu = l.fusion().relu != noTensor;
  const auto prepared = innerForward(
      l.machine(), innerShape(rows, innerWeights(l, step.src[1], &src, rows), bias), l.training(), relu);
  if (!prepared) return false;
  emitForward(l, step, *prepared, src, bias);
  return true;
}

bool lowerLinearBackwardData(Lowering& l, const Step& step) {
  if (lowerSmallLinearBackwardData(l, step)) return true;
  const Rows rows = rowsOf(l.tensor(step.dst[0]));
  const auto prepared =
      innerBackwardData(l.machine(), innerShape(rows, innerWeights(l, step.src[1], nullptr, rows), false));
  if (!prepared) return false;
  emitBackwardData(l, step, *prepared);
  return true;
}

bool lowerLinearBackwardWeights(Lowering& l, const Step& step) {
  if (lowerSmallLinearBackwardWeights(l, step)) return true;
  if (step.dst[0] == noTensor) return false;
  const Rows rows = rowsOf(l.tensor(step.src[0]));
  const Value src = l.value(step.src[0]);
  const TensorId diffBias = step.dst.size() > 1 ? step.dst[1] : noTensor;
  const auto prepared = innerBackwardWeights(
      l.machine(), innerShape(rows, innerWeights(l, step.dst[0], &src, rows), diffBias != noTensor));
  if (!prepared) return false;
  const Value weights = l.result(step.dst[0], prepared->weights);
  std::vector<std::pair<int, Value>> arguments = {
      {DNNL_ARG_SRC, l.to(src, prepared->src)},
      {DNNL_ARG_DIFF_DST, l.to(l.value(step.src[1]), prepared->dst)},
      {DNNL_ARG_DIFF_WEIGHTS, weights}};
  Value bias;
  if (diffBias != noTensor) {
    bias = l.result(diffBias, plainDesc(l.tensor(diffBias).dims));
    arguments.emplace_back(DNNL_ARG_DIFF_BIAS, bias);
  }
  l.primitive(*prepared, std::move(arguments));
  l.finish(step.dst[0], weights);
  if (diffBias != noTensor) l.finish(diffBias, bias);
  return true;
}

namespace {

ConvShape convShape(const Step& step, const Dims& src, const Dims& weights, const Dims& dst, bool bias) {
  ConvShape shape{
      .src = src, .weights = weights, .dst = dst, .bias = bias, .stride = {}, .padding = {}, .dilation = {}};
  shape.stride = pairOf(step, "stride", {1, 1});
  shape.padding = pairOf(step, "padding", {0, 0});
  shape.dilation = pairOf(step, "dilation", {1, 1});
  const std::int64_t groups = step.attrs.getInt("groups", 1);
  if (groups > 1) shape.weights = {groups, weights[0] / groups, weights[1], weights[2], weights[3]};
  return shape;
}

} // namespace

bool lowerConv(Lowering& l, const Step& step) {
  if (lowerWinograd(l, step)) return true;
  const bool bias = step.src.size() > 2 && step.src[2] != noTensor;
  const bool relu = l.fusion().relu != noTensor;
  const auto shape = convShape(step, l.tensor(step.src[0]).dims, l.tensor(step.src[1]).dims,
                               l.tensor(step.dst[0]).dims, bias);
  const auto prepared = convForward(l.machine(), shape, l.training(), relu);
  if (!prepared) return false;
  emitForward(l, step, *prepared, l.value(step.src[0]), bias);
  return true;
}

bool lowerConvBackwardData(Lowering& l, const Step& step) {
  if (lowerWinogradBackwardData(l, step)) return true;
  const auto shape = convShape(step, l.tensor(step.dst[0]).dims, l.tensor(step.src[1]).dims,
                               l.tensor(step.src[0]).dims, false);
  const auto prepared = convBackwardData(l.machine(), shape);
  if (!prepared) return false;
  emitBackwardData(l, step, *prepared);
  return true;
}

bool lowerConvBackwardWeights(Lowering& l, const Step& step) {
  if (step.dst[0] == noTensor) return false;
  if (lowerWinogradBackwardWeights(l, step)) return true;
  const TensorId diffBias = step.dst.size() > 1 ? step.dst[1] : noTensor;
  const auto shape = convShape(step, l.tensor(step.src[0]).dims, l.tensor(step.dst[0]).dims,
                               l.tensor(step.src[1]).dims, diffBias != noTensor);
  const auto prepared = convBackwardWeights(l.machine(), shape);
  if (!prepared) return false;
  const Value weights = l.result(step.dst[0], prepared->weights);
  std::vector<std::pair<int, Value>> arguments = {
      {DNNL_ARG_SRC, l.to(l.value(step.src[0]), prepared->src)},
      {DNNL_ARG_DIFF_DST, l.to(l.value(step.src[1]), prepared->dst)},
      {DNNL_ARG_DIFF_WEIGHTS, weights}};
  Value bias;
  if (diffBias != noTensor) {
    bias = l.result(diffBias, plainDesc(l.tensor(diffBias).dims));
    arguments.emplace_back(DNNL_ARG_DIFF_BIAS, bias);
  }
  l.primitive(*prepared, std::move(arguments));
  l.finish(step.dst[0], weights);
  if (diffBias != noTensor) l.finish(diffBias, bias);
  return true;
}

} // namespace loom::onednn
