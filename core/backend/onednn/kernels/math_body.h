// SPDX-License-Identifier: Apache-2.0
// exp, tanh, erf and logistic on vectors, to about 2e-7 of the result's scale. Included after one of the
// simd_*.h.
#pragma once

namespace loom::onednn {
namespace {

// 2^n · e^r with |r| <= ln2 / 2; the remainder's series to the seventh power.
inline Vec expOf(Vec x) {
  x = larger(all(-87.f), x);
  x = smaller(all(88.f), x);
  const Vec n = rounded(mul(x, all(1.44269504f)));
  Vec r = fma(n, all(-0.693359375f), x);
  r = fma(n, all(2.12194440e-4f), r);
  Vec p = all(1.f / 5040);
  p = fma(p, r, all(1.f / 720));
  p = fma(p, r, all(1.f / 120));
  p = fma(p, r, all(1.f / 24));
  p = fma(p, r, all(1.f / 6));
  p = fma(p, r, all(0.5f));
  p = fma(p, r, all(1.f));
  p = fma(p, r, all(1.f));
  return timesPowerOfTwo(p, n);
}

inline Vec negated(Vec x) { return sub(all(0.f), x); }
inline Vec magnitude(Vec x) { return larger(negated(x), x); }

inline Vec sigmoidOf(Vec x) { return div(all(1.f), add(all(1.f), expOf(negated(x)))); }

// Near zero a polynomial in x² (Cephes' tanhf), so that small values keep their relative accuracy.
inline Vec tanhOf(Vec x) {
  const Vec z = mul(x, x);
  Vec p = all(-5.70498872745e-3f);
  p = fma(p, z, all(2.06390887954e-2f));
  p = fma(p, z, all(-5.37397155531e-2f));
  p = fma(p, z, all(1.33314422036e-1f));
  p = fma(p, z, all(-3.33332819422e-1f));
  const Vec small = fma(mul(p, z), x, x);
  const Vec size = magnitude(x);
  const Vec far = sub(all(1.f), div(all(2.f), add(expOf(add(size, size)), all(1.f))));
  return whereGreater(size, all(0.625f), whereGreater(all(0.f), x, negated(far), far), small);
}

// Abramowitz and Stegun, 7.1.26: |error| <= 1.5e-7. `gauss` is e^(-x²), which the caller often has.
inline Vec erfOf(Vec x, Vec gauss) {
  const Vec size = magnitude(x);
  const Vec t = div(all(1.f), fma(all(0.3275911f), size, all(1.f)));
  Vec p = all(1.061405429f);
  p = fma(p, t, all(-1.453152027f));
  p = fma(p, t, all(1.421413741f));
  p = fma(p, t, all(-0.284496736f));
  p = fma(p, t, all(0.254829592f));
  const Vec y = sub(all(1.f), mul(mul(p, t), gauss));
  return whereGreater(all(0.f), x, negated(y), y);
}

} // namespace
} // namespace loom::onednn
