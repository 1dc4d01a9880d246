// SPDX-License-Identifier: Apache-2.0
// One float at a time, for any processor; the words are simd_avx512.h's.
#pragma once
#include <stdint.h>

namespace loom::onednn {
namespace {

using Vec = float;
constexpr int64_t lanes = 1;

inline Vec load(const float* p) { return *p; }
inline void store(float* p, Vec v) { *p = v; }
inline Vec loadPart(const float* p, int64_t n, float fill) { return n > 0 ? *p : fill; }
inline void storePart(float* p, Vec v, int64_t n) {
  if (n > 0) *p = v;
}
inline Vec all(float x) { return x; }
inline Vec add(Vec a, Vec b) { return a + b; }
inline Vec sub(Vec a, Vec b) { return a - b; }
inline Vec mul(Vec a, Vec b) { return a * b; }
inline Vec div(Vec a, Vec b) { return a / b; }
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec root(Vec a) { return __builtin_sqrtf(a); }
inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
inline Vec smaller(Vec a, Vec b) { return a < b ? a : b; }
inline Vec whereGreater(Vec a, Vec b, Vec yes, Vec no) { return a > b ? yes : no; }
inline Vec rounded(Vec a) { return __builtin_rintf(a); }
// n within -126 … 127; NaN in n gives NaN through a.
inline Vec timesPowerOfTwo(Vec a, Vec n) {
  const int32_t whole = n == n ? static_cast<int32_t>(n) : 0;
  return a * __builtin_bit_cast(float, (whole + 127) << 23);
}
inline float sum(Vec a) { return a; }
inline float largest(Vec a) { return a; }

} // namespace
} // namespace loom::onednn
