// SPDX-License-Identifier: Apache-2.0
// The optimizers' one pass over the planes, once for every instruction set. Formulas are PyTorch's. Padding
// has zero weights, gradients and moments, and stays zero: the denominator of adam never is. Included after
// one of the simd_*.h.
#pragma once
#include "core/backend/onednn/kernels/kernels.h"

namespace loom::onednn {
namespace {

void sgd(const UpdateArgs& args, const SgdFactors& factors) {
  const Vec rate = all(-factors.lr), decay = all(factors.decay);
  for (int64_t i = 0; i < args.n; i += lanes) {
    const Vec w = load(args.weights + i);
    store(args.weights + i, fma(rate, fma(decay, w, load(args.gradients + i)), w));
  }
}

template<bool nesterov> void withMomentum(const UpdateArgs& args, const SgdFactors& factors) {
  const Vec rate = all(-factors.lr), decay = all(factors.decay), momentum = all(factors.momentum);
  const Vec carry = all(factors.carry), keep = all(factors.keep);
  for (int64_t i = 0; i < args.n; i += lanes) {
    const Vec w = load(args.weights + i);
    const Vec g = fma(decay, w, load(args.gradients + i));
    const Vec m = fma(carry, load(args.moments0 + i), mul(keep, g));
    store(args.moments0 + i, m);
    store(args.weights + i, fma(rate, nesterov ? fma(momentum, m, g) : m, w));
  }
}

void adam(const UpdateArgs& args, const AdamFactors& factors) {
  const Vec rate = all(-factors.lr), shrink = all(factors.shrink), decay = all(factors.decay);
  const Vec share1 = all(1.f - factors.beta1), share2 = all(1.f - factors.beta2), beta2 = all(factors.beta2);
  const Vec scale = all(factors.root), eps = all(factors.eps), least = all(1e-30f);
  for (int64_t i = 0; i < args.n; i += lanes) {
    const Vec w = load(args.weights + i);
    const Vec g = fma(decay, w, load(args.gradients + i));
    const Vec m0 = load(args.moments0 + i);
    const Vec m = fma(share1, sub(g, m0), m0);
    const Vec v = fma(beta2, load(args.moments1 + i), mul(share2, mul(g, g)));
    store(args.moments0 + i, m);
    store(args.moments1 + i, v);
    const Vec below = larger(least, fma(root(v), scale, eps));
    store(args.weights + i, fma(rate, div(m, below), mul(w, shrink)));
  }
}

constexpr OptimKernels optimKernels = {sgd, withMomentum<false>, withMomentum<true>, adam};

} // namespace
} // namespace loom::onednn
