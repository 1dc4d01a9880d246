// SPDX-License-Identifier: Apache-2.0
// linear and its gradients where the weights are few: our own kernels, which ask nothing and allocate
// nothing. Activations lie in rows (a flattened channels-last map keeps its order), weights as the kernels
// want them.
#include "core/backend/onednn/kernels/product.h"
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"

namespace loom::onednn {
namespace {

// Above this the panels of the weights leave the second-level cache, and oneDNN's blocking is better.
constexpr std::int64_t mostWeights = 65536;
// Multiply-adds that are worth a second thread.
constexpr std::int64_t productGrain = 200000;

struct Product {
  const ProductKernels* kernels;
  std::int64_t rows, features, outputs, padded; // padded: outputs in whole vectors
  int threads;
};

std::optional<Product> productOf(const Lowering& l, const Tensor& src, const Tensor& dst) {
  const auto* kernels = l.kernels().product;
  const std::int64_t features = src.dims.back(), outputs = dst.dims.back();
  if (kernels == nullptr || features < 1 || outputs < 1 || features * outputs > mostWeights)
    return std::nullopt;
  const std::int64_t padded = (outputs + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
  return Product{kernels, src.elements() / features, features, outputs, padded, l.threads()};
}

void run(const Product& p, ProductArgs args) {
  const std::int64_t grain = productGrain / (args.columns * args.depth);
  split(p.threads, args.rows, grain, p.kernels->tileRows, [&](std::int64_t begin, std::int64_t end) {
    ProductArgs part = args;
    part.rows = end - begin;
    part.a += begin * args.aRow;
    part.c += begin * args.cRow;
    p.kernels->product(part);
  });
}

// The samples in rows: as they lie, or row-major.
Value rowsOf(Lowering& l, TensorId id, const Product& p) {
  const Value value = l.value(id);
  const Dims dims = dimsOf(value.desc);
  if (!isPlain(value.desc) && rowsAreDense(value.desc) && dims[0] == p.rows && rowLength(dims) == p.features)
    return value;
  return l.view(l.plain(id), plainDesc({p.rows, p.features}));
}

} // namespace

bool lowerSmallLinear(Lowering& l, const Step& step) {
  const auto product = productOf(l, l.tensor(step.src[0]), l.tensor(step.dst[0]));
  if (!product) return false;
  const Product p = *product;
  const bool hasBias = step.src.size() > 2 && step.src[2] != noTensor;
  const bool relu = l.fusion().relu != noTensor;
  const TensorId target = relu ? l.fusion().relu : step.dst[0];
  const Value src = rowsOf(l, step.src[0], p);
  const Value weights = l.weights(step.src[1], productWeightsDesc(src.desc, p.outputs, p.kernels->lanes));
  const Value bias = hasBias ? l.plain(step.src[2]) : Value{};
  const Value dst = l.result(target, plainDesc({p.rows, p.outputs}));
  l.call({src, weights, bias, dst}, [=](const Binder& binder) {
    const ProductArgs args{.rows = p.rows,
                           .columns = p.outputs,
                           .depth = p.features,
                           .a = binder.at<float>(src),
                           .aRow = p.features,
                           .aDepth = 1,
                           .b = binder.at<float>(weights),
                           .bRow = p.padded,
                           .c = binder.at<float>(dst),
                           .cRow = p.outputs,
                           .bias = hasBias ? binder.at<float>(bias) : nullptr,
                           .relu = relu,
                           .padded = false};
    return Action([=] { run(p, args); });
  });
  l.finish(target, dst);
  return true;
}

bool lowerSmallLinearBackwardData(Lowering& l, const Step& step) {
  const auto product = productOf(l, l.tensor(step.dst[0]), l.tensor(step.src[0]));
  if (!product) return false;
  const Product p = *product;
  const std::int64_t lanes = p.kernels->lanes, turnedRow = (p.features + lanes - 1) / lanes * lanes;
  const Desc* layout = l.keptLayout(step.src[1]);
  const auto like = layout == nullptr ? std::nullopt : productSrcDesc(*layout, p.rows, lanes);
  const Desc rows = like ? *like : plainDesc({p.rows, p.features});
  const Value diffDst = l.view(l.plain(step.src[0]), plainDesc({p.rows, p.outputs}));
  const Value weights = l.weights(step.src[1], productWeightsDesc(rows, p.outputs, lanes));
  const Value diffSrc = l.result(step.dst[0], rows), turned = l.fresh(plainDesc({p.outputs, turnedRow}));
  l.call({diffDst, weights, diffSrc, turned}, [=](const Binder& binder) {
    const float* w = binder.at<float>(weights);
    float* t = binder.at<float>(turned);
    const ProductArgs args{.rows = p.rows,
                           .columns = p.features,
                           .depth = p.outputs,
                           .a = binder.at<float>(diffDst),
                           .aRow = p.outputs,
                           .aDepth = 1,
                           .b = t,
                           .bRow = turnedRow,
                           .c = binder.at<float>(diffSrc),
                           .cRow = p.features,
                           .bias = nullptr,
                           .relu = false,
                           .padded = false};
    return Action([=] {
      split(p.threads, p.features, elementGrain / p.outputs, lanes,
            [=](std::int64_t begin, std::int64_t end) {
              p.kernels->transpose(w + begin * p.padded, end - begin, p.outputs, p.padded, t + begin,
                                   turnedRow);
            });
      run(p, args);
    });
  });
  l.finish(step.dst[0], diffSrc);
  return true;
}

bool lowerSmallLinearBackwardWeights(Lowering& l, const Step& step) {
  if (step.dst[0] == noTensor) return false;
  const auto product = productOf(l, l.tensor(step.src[0]), l.tensor(step.src[1]));
  if (!product) return false;
  const Product p = *product;
  const TensorId diffBias = step.dst.size() > 1 ? step.dst[1] : noTensor;
  const Value src = rowsOf(l, step.src[0], p);
  const Value diffDst = l.view(l.plain(step.src[1]), plainDesc({p.rows, p.outputs}));
  const Value weights = l.result(step.dst[0], productWeightsDesc(src.desc, p.outputs, p.kernels->lanes));
  const bool hasBias = diffBias != noTensor;
  const Value bias = hasBias ? l.result(diffBias, plainDesc(l.tensor(diffBias).dims)) : Value{};
  l.call({src, diffDst, weights, bias}, [=](const Binder& binder) {
    const float* d = binder.at<float>(diffDst);
    float* db = hasBias ? binder.at<float>(bias) : nullptr;
    const ProductArgs args{.rows = p.features,
                           .columns = p.outputs,
                           .depth = p.rows,
                           .a = binder.at<float>(src),
                           .aRow = 1,
                           .aDepth = p.features,
                           .b = d,
                           .bRow = p.outputs,
                           .c = binder.at<float>(weights),
                           .cRow = p.padded,
                           .bias = nullptr,
                           .relu = false,
                           .padded = true};
    return Action([=] {
      run(p, args);
      if (db != nullptr) p.kernels->sumRows(d, p.rows, p.outputs, db);
    });
  });
  l.finish(step.dst[0], weights);
  if (hasBias) l.finish(diffBias, bias);
  return true;
}

} // namespace loom::onednn
