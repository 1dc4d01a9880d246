// SPDX-License-Identifier: Apache-2.0
// Sixteen floats at a time. The three simd_*.h headers give the same words to the kernels' bodies; which one
// is included decides the instruction set. In an anonymous namespace on purpose (see kernels.h).
#pragma once
#include <immintrin.h>
#include <stdint.h>

namespace loom::onednn {
namespace {

using Vec = __m512;
constexpr int64_t lanes = 16;

inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline __mmask16 firstLanes(int64_t n) { return static_cast<__mmask16>((1u << n) - 1u); }
inline Vec loadPart(const float* p, int64_t n, float fill) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), firstLanes(n), p);
}
inline void storePart(float* p, Vec v, int64_t n) { _mm512_mask_storeu_ps(p, firstLanes(n), v); }
// All of a vector or nothing; without a mask nothing is read. The rest is zero.
using Mask = __mmask16;
inline Mask maskIf(bool yes) { return static_cast<Mask>(yes ? 0xffff : 0); }
inline Vec loadMasked(const float* p, Mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
inline Vec all(float x) { return _mm512_set1_ps(x); }
inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec root(Vec a) { return _mm512_sqrt_ps(a); }
// Of (a, b) the result is b when either is NaN: a NaN in the data passes when it stands second.
inline Vec larger(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec smaller(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec whereGreater(Vec a, Vec b, Vec yes, Vec no) {
  return _mm512_mask_mov_ps(no, _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), yes);
}
inline Vec rounded(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline Vec timesPowerOfTwo(Vec a, Vec n) { return _mm512_scalef_ps(a, n); }
inline float sum(Vec a) { return _mm512_reduce_add_ps(a); }
inline float largest(Vec a) { return _mm512_reduce_max_ps(a); }

// Rows become columns.
inline void turn(Vec (&r)[16]) {
  Vec t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  const auto low = [](Vec a, Vec b) {
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
  };
  const auto high = [](Vec a, Vec b) {
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
  };
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = low(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = high(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = low(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = high(t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

} // namespace
} // namespace loom::onednn
