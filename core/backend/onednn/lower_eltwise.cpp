// SPDX-License-Identifier: Apache-2.0
// Element by element, in whatever layout the tensor has: padding is zero and these functions keep it zero,
// except the logistic, which makes 1/2 of it and therefore wants rows. Also softmax over the last dim, and
// dropout.
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"
#include "core/base/random.h"
#include <cmath>

namespace loom::onednn {
namespace {

struct Function {
  std::string_view op;
  Eltwise function;
  bool fromDst; // its gradient looks at dst
};
constexpr Function functions[] = {{"relu", Eltwise::relu, true},
                                  {"leaky_relu", Eltwise::leakyRelu, false},
                                  {"gelu", Eltwise::gelu, false},
                                  {"sigmoid", Eltwise::sigmoid, true},
                                  {"tanh", Eltwise::tanh, true}};

std::size_t functionOf(const Step& step) {
  std::string_view op = step.op->name;
  if (op.ends_with("_backward")) op.remove_suffix(std::string_view("_backward").size());
  for (const auto& row : functions)
    if (row.op == op) {
      const bool byTanh =
          row.function == Eltwise::gelu && step.attrs.getString("approximate", "none") == "tanh";
      return static_cast<std::size_t>(byTanh ? Eltwise::geluTanh : row.function);
    }
  return 0;
}

float slopeOf(const Step& step) { return static_cast<float>(step.attrs.getDouble("negative_slope", 0.01)); }

Dims lastAsColumns(const Dims& dims) {
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < dims.size(); ++i) rows *= dims[i];
  return {rows, dims.back()};
}

bool alongLastDim(const Step& step, const Dims& dims) {
  const auto dim = step.attrs.getInt("dim", -1);
  return !dims.empty() && (dim < 0 ? dim + static_cast<std::int64_t>(dims.size()) : dim) ==
                              static_cast<std::int64_t>(dims.size()) - 1;
}

} // namespace

bool lowerEltwise(Lowering& l, const Step& step) {
  const auto function = functionOf(step);
  const bool zeroStays = function != static_cast<std::size_t>(Eltwise::sigmoid);
  Value src = l.value(step.src[0]);
  const bool asRows = !zeroStays && hasPadding(src.desc);
  if (asRows) src = l.plain(step.src[0]);
  const Value dst = asRows ? l.result(step.dst[0], src.desc) : l.resultOver(step.dst[0], step.src[0]);
  const std::int64_t n = elementsOf(src.desc);
  l.call({src, dst}, [=, kernel = l.kernels().vector->forward[function], alpha = slopeOf(step),
                      threads = l.threads()](const Binder& binder) {
    const float* from = binder.at<float>(src);
    float* into = binder.at<float>(dst);
    return Action([=] {
      split(threads, n, elementGrain, 16, [=](std::int64_t begin, std::int64_t end) {
        kernel(from + begin, into + begin, end - begin, alpha);
      });
    });
  });
  l.finish(step.dst[0], dst);
  return true;
}

bool lowerEltwiseBackward(Lowering& l, const Step& step) {
  const auto function = functionOf(step);
  const Value kept = l.value(step.src[0]);
  const Value arriving = l.value(step.src[1]);
  const bool sameLayout = sameOrder(kept.desc, arriving.desc);
  const Value diffDst = sameLayout ? arriving : l.to(arriving, kept.desc);
  const Value diffSrc =
      sameLayout ? l.resultOver(step.dst[0], step.src[1]) : l.result(step.dst[0], kept.desc);
  const std::int64_t n = elementsOf(kept.desc);
  l.call({kept, diffDst, diffSrc}, [=, kernel = l.kernels().vector->backward[function], alpha = slopeOf(step),
                                    threads = l.threads()](const Binder& binder) {
    const float* k = binder.at<float>(kept);
    const float* d = binder.at<float>(diffDst);
    float* into = binder.at<float>(diffSrc);
    return Action([=] {
      split(threads, n, elementGrain, 16, [=](std::int64_t begin, std::int64_t end) {
        kernel(k + begin, d + begin, into + begin, end - begin, alpha);
      });
    });
  });
  l.finish(step.dst[0], diffSrc);
  return true;
}

bool lowerAdd(Lowering& l, const Step& step) {
  const bool relu = l.fusion().relu != noTensor;
  const TensorId target = relu ? l.fusion().relu : step.dst[0];
  // A kept sum (a gradient with several contributions) has its layout already.
  const Desc* layout = l.keptLayout(target);
  const Desc desc = layout != nullptr ? *layout : l.value(step.src[0]).desc;
  std::vector<Value> terms;
  for (const TensorId src : step.src) terms.push_back(l.to(l.value(src), desc));
  const Value dst = layout != nullptr ? l.result(target, desc) : l.resultOver(target, step.src[0]);
  if (terms.size() == 1) {
    l.copy(terms[0], dst);
    l.finish(target, dst);
    return true;
  }
  const std::int64_t n = elementsOf(desc);
  const auto* kernels = l.kernels().vector;
  for (std::size_t i = 1; i < terms.size(); ++i) {
    const Value first = i == 1 ? terms[0] : dst;
    const auto kernel = relu && i + 1 == terms.size() ? kernels->addRelu : kernels->add;
    l.call({first, terms[i], dst}, [=, second = terms[i], threads = l.threads()](const Binder& binder) {
      const float* a = binder.at<float>(first);
      const float* b = binder.at<float>(second);
      float* into = binder.at<float>(dst);
      return Action([=] {
        split(threads, n, elementGrain, 16, [=](std::int64_t begin, std::int64_t end) {
          kernel(a + begin, b + begin, into + begin, end - begin);
        });
      });
    });
  }
  l.finish(target, dst);
  return true;
}

bool lowerSoftmax(Lowering& l, const Step& step) {
  const Dims dims = l.tensor(step.src[0]).dims;
  if (!alongLastDim(step, dims)) return false;
  const Dims rows = lastAsColumns(dims);
  const Value src = l.plain(step.src[0]);
  const Value dst = l.result(step.dst[0], src.desc);
  l.call({src, dst}, [=, kernel = l.kernels().vector->softmax, threads = l.threads()](const Binder& binder) {
    const float* from = binder.at<float>(src);
    float* into = binder.at<float>(dst);
    return Action([=] {
      split(threads, rows[0], elementGrain / rows[1], 1, [=](std::int64_t begin, std::int64_t end) {
        kernel(from + begin * rows[1], into + begin * rows[1], end - begin, rows[1]);
      });
    });
  });
  l.finish(step.dst[0], dst);
  return true;
}

bool lowerSoftmaxBackward(Lowering& l, const Step& step) {
  const Dims dims = l.tensor(step.src[0]).dims;
  if (!alongLastDim(step, dims)) return false;
  const Dims rows = lastAsColumns(dims);
  const Value dst = l.plain(step.src[0]), diffDst = l.plain(step.src[1]);
  const Value diffSrc = l.result(step.dst[0], dst.desc);
  l.call({dst, diffDst, diffSrc},
         [=, kernel = l.kernels().vector->softmaxBackward, threads = l.threads()](const Binder& binder) {
           const float* y = binder.at<float>(dst);
           const float* d = binder.at<float>(diffDst);
           float* into = binder.at<float>(diffSrc);
           return Action([=] {
             split(threads, rows[0], elementGrain / rows[1], 1, [=](std::int64_t begin, std::int64_t end) {
               const auto at = begin * rows[1];
               kernel(y + at, d + at, into + at, end - begin, rows[1]);
             });
           });
         });
  l.finish(step.dst[0], diffSrc);
  return true;
}

namespace {

// dst = src where the element's number is at least p, times 1/(1-p): a pure function of the key, the sample's
// number and the element's place in the sample, so that both directions and every thread count agree.
bool lowerMasked(Lowering& l, const Step& step) {
  const Value src = l.plain(step.src[0]), key = l.value(step.src[1]), sample = l.value(step.src[2]);
  const Value dst = l.result(step.dst[0], src.desc);
  const std::int64_t samples = l.tensor(step.src[0]).dims[0];
  const std::int64_t length = l.tensor(step.src[0]).elements() / std::max<std::int64_t>(samples, 1);
  // Of the 24 random bits of an element, those below p · 2^24 drop it.
  const double p = step.attrs.getDouble("p", 0.5);
  const auto threshold = static_cast<std::uint32_t>(std::ceil(p * 0x1p24));
  const auto scale = static_cast<float>(p < 1 ? 1 / (1 - p) : 0);
  const auto stream = static_cast<std::uint32_t>(step.attrs.getInt("stream", 0));
  l.call({src, key, sample, dst}, [=, threads = l.threads()](const Binder& binder) {
    const float* from = binder.at<float>(src);
    const std::int32_t* words = binder.at<std::int32_t>(key);
    const std::int32_t* numbers = binder.at<std::int32_t>(sample);
    float* into = binder.at<float>(dst);
    return Action([=] {
      const RandomKey random{static_cast<std::uint32_t>(words[0]) |
                                 static_cast<std::uint64_t>(static_cast<std::uint32_t>(words[1])) << 32,
                             stream, static_cast<std::uint32_t>(words[2])};
      split(threads, samples, 2048 / std::max<std::int64_t>(length, 1), 1,
            [=](std::int64_t begin, std::int64_t end) {
              for (std::int64_t s = begin; s < end; ++s) {
                const auto number = static_cast<std::uint32_t>(numbers[s]);
                const float* x = from + s * length;
                float* y = into + s * length;
                for (std::int64_t e = 0; e < length; e += 4) {
                  const auto block = philox(random, number, static_cast<std::uint32_t>(e / 4));
                  for (std::int64_t k = 0; k < 4 && e + k < length; ++k) {
                    y[e + k] = block[static_cast<std::size_t>(k)] >> 8 >= threshold ? x[e + k] * scale : 0.f;
                  }
                }
              }
            });
    });
  });
  l.finish(step.dst[0], dst);
  return true;
}

} // namespace

bool lowerDropout(Lowering& l, const Step& step) { return lowerMasked(l, step); }
bool lowerDropoutBackward(Lowering& l, const Step& step) { return lowerMasked(l, step); }

} // namespace loom::onednn
