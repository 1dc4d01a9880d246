// SPDX-License-Identifier: Apache-2.0
// Activations, sums, softmax and the losses, once for every instruction set. Included after one of the
// simd_*.h.
#pragma once
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/kernels/math_body.h"

namespace loom::onednn {
namespace {

struct Relu {
  static Vec forward(Vec x, Vec) { return larger(all(0.f), x); }
  static Vec backward(Vec y, Vec d, Vec) { return whereGreater(y, all(0.f), d, all(0.f)); }
};
struct LeakyRelu {
  static Vec forward(Vec x, Vec slope) { return whereGreater(x, all(0.f), x, mul(x, slope)); }
  static Vec backward(Vec x, Vec d, Vec slope) { return whereGreater(x, all(0.f), d, mul(d, slope)); }
};
// x/2 · (1 + erf(x/√2))
struct Gelu {
  static Vec forward(Vec x, Vec) {
    const Vec u = mul(x, all(0.70710678f));
    return mul(mul(x, all(0.5f)), add(all(1.f), erfOf(u, expOf(negated(mul(u, u))))));
  }
  static Vec backward(Vec x, Vec d, Vec) {
    const Vec u = mul(x, all(0.70710678f));
    const Vec gauss = expOf(negated(mul(u, u)));
    const Vec share = mul(all(0.5f), add(all(1.f), erfOf(u, gauss)));
    return mul(d, fma(mul(x, all(0.39894228f)), gauss, share));
  }
};
// x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))
struct GeluTanh {
  static Vec inner(Vec x) { return mul(mul(x, all(0.79788456f)), fma(mul(x, x), all(0.044715f), all(1.f))); }
  static Vec forward(Vec x, Vec) { return mul(mul(x, all(0.5f)), add(all(1.f), tanhOf(inner(x)))); }
  static Vec backward(Vec x, Vec d, Vec) {
    const Vec t = tanhOf(inner(x));
    const Vec slope = mul(all(0.79788456f), fma(mul(x, x), all(3 * 0.044715f), all(1.f)));
    const Vec bend = mul(mul(all(0.5f), x), mul(mul(sub(all(1.f), t), add(all(1.f), t)), slope));
    return mul(d, fma(all(0.5f), add(all(1.f), t), bend));
  }
};
struct Sigmoid {
  static Vec forward(Vec x, Vec) { return sigmoidOf(x); }
  static Vec backward(Vec y, Vec d, Vec) { return mul(d, mul(y, sub(all(1.f), y))); }
};
struct Tanh {
  static Vec forward(Vec x, Vec) { return tanhOf(x); }
  static Vec backward(Vec y, Vec d, Vec) { return mul(d, mul(sub(all(1.f), y), add(all(1.f), y))); }
};

template<class Op> void unary(const float* src, float* dst, int64_t n, float alpha) {
  const Vec a = all(alpha);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(dst + i, Op::forward(load(src + i), a));
  if (i < n) storePart(dst + i, Op::forward(loadPart(src + i, n - i, 0.f), a), n - i);
}

template<class Op>
void backward(const float* kept, const float* diffDst, float* diffSrc, int64_t n, float alpha) {
  const Vec a = all(alpha);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(diffSrc + i, Op::backward(load(kept + i), load(diffDst + i), a));
  if (i < n) {
    const Vec d = Op::backward(loadPart(kept + i, n - i, 0.f), loadPart(diffDst + i, n - i, 0.f), a);
    storePart(diffSrc + i, d, n - i);
  }
}

template<bool relu> void sumOfTwo(const float* a, const float* b, float* dst, int64_t n) {
  const auto one = [](Vec x, Vec y) {
    const Vec s = add(x, y);
    return relu ? larger(all(0.f), s) : s;
  };
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(dst + i, one(load(a + i), load(b + i)));
  if (i < n) storePart(dst + i, one(loadPart(a + i, n - i, 0.f), loadPart(b + i, n - i, 0.f)), n - i);
}

constexpr float lowest = -__builtin_inff();

float largestOf(const float* x, int64_t n) {
  Vec top = all(lowest);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) top = larger(top, load(x + i));
  if (i < n) top = larger(top, loadPart(x + i, n - i, lowest));
  return largest(top);
}

// dst = e^(x - top); returns the sum. dst may be x.
float expAndSum(const float* x, float top, float* dst, int64_t n) {
  const Vec shift = all(top);
  Vec total = all(0.f);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vec e = expOf(sub(load(x + i), shift));
    store(dst + i, e);
    total = add(total, e);
  }
  if (i < n) {
    const Vec e = expOf(sub(loadPart(x + i, n - i, 0.f), shift));
    storePart(dst + i, e, n - i);
    float rest = 0;
    for (int64_t k = i; k < n; ++k) rest += dst[k];
    return sum(total) + rest;
  }
  return sum(total);
}

void scale(float* x, float factor, int64_t n) {
  const Vec f = all(factor);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(x + i, mul(load(x + i), f));
  if (i < n) storePart(x + i, mul(loadPart(x + i, n - i, 0.f), f), n - i);
}

void softmax(const float* src, float* dst, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r, src += columns, dst += columns)
    scale(dst, 1.f / expAndSum(src, largestOf(src, columns), dst, columns), columns);
}

// diff_src = dst · (diff_dst - Σ dst · diff_dst)
void softmaxBackward(const float* dst, const float* diffDst, float* diffSrc, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r, dst += columns, diffDst += columns, diffSrc += columns) {
    Vec total = all(0.f);
    int64_t i = 0;
    for (; i + lanes <= columns; i += lanes) total = fma(load(dst + i), load(diffDst + i), total);
    if (i < columns)
      total = fma(loadPart(dst + i, columns - i, 0.f), loadPart(diffDst + i, columns - i, 0.f), total);
    const Vec mean = all(sum(total));
    for (i = 0; i + lanes <= columns; i += lanes)
      store(diffSrc + i, mul(load(dst + i), sub(load(diffDst + i), mean)));
    if (i < columns) {
      const Vec d = sub(loadPart(diffDst + i, columns - i, 0.f), mean);
      storePart(diffSrc + i, mul(loadPart(dst + i, columns - i, 0.f), d), columns - i);
    }
  }
}

float sumOf(const float* x, int64_t n) {
  Vec total = all(0.f);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) total = add(total, load(x + i));
  if (i < n) total = add(total, loadPart(x + i, n - i, 0.f));
  return sum(total);
}

void crossEntropy(const float* src, const int32_t* label, float smoothing, float* dst, float* loss,
                  float* correct, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r, src += columns, dst += columns) {
    const float top = largestOf(src, columns);
    const float at = src[label[r]];
    int64_t first = 0;
    while (first + 1 < columns && !(src[first] == top)) ++first;
    correct[r] = first == label[r] ? 1.f : 0.f;
    const float mean = smoothing > 0 ? sumOf(src, columns) / static_cast<float>(columns) : 0.f;
    const float total = expAndSum(src, top, dst, columns);
    loss[r] = __builtin_logf(total) + top - (1.f - smoothing) * at - smoothing * mean;
    scale(dst, 1.f / total, columns);
  }
}

void crossEntropyBackward(const float* dst, const int32_t* label, float smoothing, float scaleBy,
                          float* diffSrc, int64_t rows, int64_t columns) {
  const Vec spread = all(smoothing / static_cast<float>(columns)), s = all(scaleBy);
  for (int64_t r = 0; r < rows; ++r, dst += columns, diffSrc += columns) {
    const float hit = (dst[label[r]] - smoothing / static_cast<float>(columns) - (1.f - smoothing)) * scaleBy;
    int64_t i = 0;
    for (; i + lanes <= columns; i += lanes) store(diffSrc + i, mul(sub(load(dst + i), spread), s));
    if (i < columns)
      storePart(diffSrc + i, mul(sub(loadPart(dst + i, columns - i, 0.f), spread), s), columns - i);
    diffSrc[label[r]] = hit;
  }
}

double squaredDistance(const float* a, const float* b, int64_t n) {
  double result = 0;
  constexpr int64_t block = 1024; // floats add up within a block only
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t end = begin + block < n ? begin + block : n;
    Vec total = all(0.f);
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      const Vec d = sub(load(a + i), load(b + i));
      total = fma(d, d, total);
    }
    if (i < end) {
      const Vec d = sub(loadPart(a + i, end - i, 0.f), loadPart(b + i, end - i, 0.f));
      total = fma(d, d, total);
    }
    result += static_cast<double>(sum(total));
  }
  return result;
}

constexpr VectorKernels vectorKernels = {
    {unary<Relu>, unary<LeakyRelu>, unary<Gelu>, unary<GeluTanh>, unary<Sigmoid>, unary<Tanh>},
    {backward<Relu>, backward<LeakyRelu>, backward<Gelu>, backward<GeluTanh>, backward<Sigmoid>,
     backward<Tanh>},
    sumOfTwo<false>,
    sumOfTwo<true>,
    softmax,
    softmaxBackward,
    crossEntropy,
    crossEntropyBackward,
    squaredDistance};

} // namespace
} // namespace loom::onednn
