// SPDX-License-Identifier: Apache-2.0
// The products over channels and over tiles between the transforms of winograd.h, one place at a time, held
// in registers. Included after one of the simd_*.h.
#pragma once
#include <stdint.h>

namespace loom::onednn {
namespace {

// dst[R tiles][N vectors of outputs] = src[R][inputs] · weights[inputs][outputs]
template<int R, int N>
__attribute__((noinline)) void tileProduct(const float* src, int64_t inputs, const float* weights,
                                           int64_t outputs, float* dst) {
  Vec sums[R][N];
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sums[r][n] = all(0.f);
  for (int64_t c = 0; c < inputs; ++c) {
    Vec w[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) w[n] = load(weights + c * outputs + n * lanes);
#pragma GCC unroll 24
    for (int r = 0; r < R; ++r) {
      const Vec x = all(src[r * inputs + c]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) sums[r][n] = fma(x, w[n], sums[r][n]);
    }
  }
#pragma GCC unroll 24
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) store(dst + r * outputs + n * lanes, sums[r][n]);
}

// All tiles of a block; works on whole groups of R tiles and may write what nobody reads behind the last.
constexpr int64_t tileGroup = 12; // every R divides it
template<int R, int N>
void tileRows(const float* src, int64_t inputs, const float* weights, int64_t outputs, float* dst,
              int64_t tiles) {
  for (int64_t t = 0; t < tiles; t += R)
    tileProduct<R, N>(src + t * inputs, inputs, weights, outputs, dst + t * outputs);
}
// Sums held at once: as many as the instruction set has registers beside what they need.
constexpr int rows4 = lanes == 16 ? 6 : 3, rows2 = lanes == 16 ? 12 : 6, rows1 = 12;
void productOverChannels(const float* src, int64_t inputs, const float* weights, int64_t outputs, float* dst,
                         int64_t tiles) {
  int64_t at = 0;
  for (; outputs - at >= 4 * lanes; at += 4 * lanes)
    tileRows<rows4, 4>(src, inputs, weights + at, outputs, dst + at, tiles);
  for (; outputs - at >= 2 * lanes; at += 2 * lanes)
    tileRows<rows2, 2>(src, inputs, weights + at, outputs, dst + at, tiles);
  if (at < outputs) tileRows<rows1, 1>(src, inputs, weights + at, outputs, dst + at, tiles);
}

// sums[R inputs][N vectors of outputs] (+)= Σ over tiles src[t][input] · diff[t][output]
template<int R, int N>
__attribute__((noinline)) void channelProduct(const float* src, int64_t inputs, const float* diff,
                                              int64_t outputs, int64_t tiles, bool first, float* sums) {
  Vec s[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) s[r][n] = first ? all(0.f) : load(sums + r * outputs + n * lanes);
  for (int64_t t = 0; t < tiles; ++t) {
    Vec d[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) d[n] = load(diff + t * outputs + n * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Vec x = all(src[t * inputs + r]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) s[r][n] = fma(x, d[n], s[r][n]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) store(sums + r * outputs + n * lanes, s[r][n]);
}

constexpr int channels2 = lanes == 16 ? 8 : 4, channels1 = lanes == 16 ? 16 : 8;
void productOverTiles(const float* src, int64_t inputs, const float* diff, int64_t outputs, int64_t tiles,
                      bool first, float* sums) {
  int64_t at = 0;
  for (; outputs - at >= 2 * lanes; at += 2 * lanes)
    for (int64_t i = 0; i < inputs; i += channels2)
      channelProduct<channels2, 2>(src + i, inputs, diff + at, outputs, tiles, first,
                                   sums + i * outputs + at);
  if (at < outputs)
    for (int64_t i = 0; i < inputs; i += channels1)
      channelProduct<channels1, 1>(src + i, inputs, diff + at, outputs, tiles, first,
                                   sums + i * outputs + at);
}

} // namespace
} // namespace loom::onednn
