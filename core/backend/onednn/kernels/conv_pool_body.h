// SPDX-License-Identifier: Apache-2.0
// See conv_pool.h. Included after simd_avx512.h.
#pragma once
#include "core/backend/onednn/kernels/conv_pool.h"
#include <string.h>

namespace loom::onednn {
namespace {

constexpr int64_t most = 24;   // accumulators that fit into the registers beside what they need
constexpr int64_t slack = 128; // floats that a vector may read beyond the end of a map

int64_t vectors(int64_t floats) { return (floats + lanes - 1) / lanes; }

// Everything that follows from the shape.
struct Geometry {
  int64_t c, o, k, row, rows; // row: floats of a padded input row
  int64_t ph, pw;             // pooled
  int64_t oVectors;           // filters in vectors
  bool wide;                  // forward lanes run along the width, else over the filters
  int64_t codeRow, codePixel, codeFilter;
  bool strips;                     // weight gradient reads whole patches from a copy
  int64_t patchRows, patchVectors; // registers of one filter's weight gradient
  int64_t windowVectors;           // of a row of the data gradient's window
  // scratch, in floats
  int64_t atInput, atStrips, atGradient, atDiff, atWeights, atBias, floats;

  explicit Geometry(const ConvPoolShape& s)
      : c(s.channels), o(s.filters), k(s.kernel), row((s.width + 2 * s.padding) * s.channels),
        rows(s.height + 2 * s.padding), ph(s.pooledHeight()), pw(s.pooledWidth()),
        oVectors(vectors(s.filters)), wide(s.channels == 1 && s.filters <= 8) {
    codeRow = wide ? vectors(pw) * lanes : pw * oVectors * lanes;
    codePixel = wide ? 1 : oVectors * lanes;
    codeFilter = wide ? ph * codeRow : 1;
    const int64_t asRows = k * vectors(k * c), asPatch = vectors(k * k * c);
    strips = asPatch < asRows && asPatch <= 5;
    patchRows = strips ? 1 : k;
    patchVectors = strips ? asPatch : vectors(k * c);
    windowVectors = vectors((k + 1) * c);
    int64_t next = 0;
    const auto take = [&next](int64_t size) {
      const int64_t at = next;
      next += (size + slack + lanes - 1) / lanes * lanes;
      return at;
    };
    atInput = take(rows * row);
    atStrips = take(strips ? row / c * rows * k * c : 0);
    atGradient = take(ph * pw * o);
    atDiff = take(rows * row);
    atWeights = take(oVectors * lanes * patchRows * patchVectors * lanes);
    atBias = take(oVectors * lanes);
    floats = next;
  }
  int64_t pixels() const { return ph * pw; }
  int64_t windowFloats() const {
    return (k + 2) * windowVectors * lanes;
  } // one copy of a filter, zero rows around
};

// The largest of four in the order a, b (row above), c, d; the first of equals. Code: bit 0 column, bit 1
// row.
inline Vec poolOf(Vec a, Vec b, Vec c, Vec d, __m128i& code) {
  const __mmask16 rightAbove = _mm512_cmp_ps_mask(b, a, _CMP_GT_OQ);
  const __mmask16 rightBelow = _mm512_cmp_ps_mask(d, c, _CMP_GT_OQ);
  const Vec above = larger(a, b), below = larger(c, d);
  const __mmask16 isBelow = _mm512_cmp_ps_mask(below, above, _CMP_GT_OQ);
  const auto isRight = static_cast<__mmask16>((rightBelow & isBelow) | (rightAbove & ~isBelow));
  code = _mm_or_si128(_mm_maskz_set1_epi8(isRight, 1), _mm_maskz_set1_epi8(isBelow, 2));
  return larger(above, below);
}

void copyPadded(const ConvPoolShape& s, const Geometry& g, const float* src, float* padded) {
  const int64_t length = s.width * s.channels, before = s.padding * s.channels;
  if (s.padding > 0) memset(padded, 0, static_cast<size_t>(g.rows * g.row) * sizeof(float));
  for (int64_t y = 0; y < s.height; ++y)
    memcpy(padded + (y + s.padding) * g.row + before, src + y * length,
           static_cast<size_t>(length) * sizeof(float));
}

// ---- forward, lanes over filters ----

// packed[filter block][kernel row][K·C][16]
// Two output rows and `columns` output columns of one block of filters; C: channels, 0 when not known
// beforehand.
template<int columns, int C>
__attribute__((noinline)) void filterTile(const Geometry& g, const float* x, const float* weights, Vec bias,
                                          int64_t filters, float* dst, uint8_t* codes) {
  const int64_t c = C > 0 ? C : g.c, length = g.k * c;
  Vec upper[columns], lower[columns];
#pragma GCC unroll 16
  for (int i = 0; i < columns; ++i) upper[i] = lower[i] = all(0.f);
  for (int64_t j = 0; j < length; ++j) {
    const Vec w = load(weights + j * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < columns; ++i) upper[i] = fma(w, all(x[i * c + j]), upper[i]);
  }
  for (int64_t r = 1; r < g.k; ++r) {
    const float* in = x + r * g.row;
    const float *w0 = weights + r * length * lanes, *w1 = w0 - length * lanes;
    for (int64_t j = 0; j < length; ++j) {
      const Vec u = load(w0 + j * lanes), v = load(w1 + j * lanes);
#pragma GCC unroll 16
      for (int i = 0; i < columns; ++i) {
        const Vec value = all(in[i * c + j]);
        upper[i] = fma(u, value, upper[i]);
        lower[i] = fma(v, value, lower[i]);
      }
    }
  }
  const float *last = x + g.k * g.row, *w = weights + (g.k - 1) * length * lanes;
  for (int64_t j = 0; j < length; ++j) {
    const Vec v = load(w + j * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < columns; ++i) lower[i] = fma(v, all(last[i * c + j]), lower[i]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < columns / 2; ++i) {
    __m128i code;
    const Vec top = poolOf(upper[2 * i], upper[2 * i + 1], lower[2 * i], lower[2 * i + 1], code);
    storePart(dst + i * g.o, larger(all(0.f), add(top, bias)), filters);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + i * g.codePixel), code);
  }
}

template<int C>
void filterRow(const Geometry& g, const float* x, const float* weights, Vec bias, int64_t filters, float* dst,
               uint8_t* codes) {
  int64_t at = 0;
  const auto next = [&](auto tile, int64_t pixels) {
    tile(g, x + 2 * at * g.c, weights, bias, filters, dst + at * g.o, codes + at * g.codePixel);
    at += pixels;
  };
  while (g.pw - at >= 5) next(filterTile<10, C>, 5);
  if (g.pw - at == 4) next(filterTile<8, C>, 4);
  if (g.pw - at == 3) next(filterTile<6, C>, 3);
  if (g.pw - at == 2) next(filterTile<4, C>, 2);
  if (g.pw - at == 1) next(filterTile<2, C>, 1);
}

void forwardOverFilters(const Geometry& g, const float* x, const float* packed, const float* bias, float* dst,
                        uint8_t* codes) {
  const auto row = g.c == 1    ? filterRow<1>
                   : g.c == 3  ? filterRow<3>
                   : g.c == 6  ? filterRow<6>
                   : g.c == 8  ? filterRow<8>
                   : g.c == 16 ? filterRow<16>
                               : filterRow<0>;
  for (int64_t b = 0; b < g.oVectors; ++b) {
    const int64_t first = b * lanes, filters = g.o - first < lanes ? g.o - first : lanes;
    const Vec shift = bias == nullptr ? all(0.f) : loadPart(bias + first, filters, 0.f);
    for (int64_t y = 0; y < g.ph; ++y)
      row(g, x + 2 * y * g.row, packed + b * g.k * g.k * g.c * lanes, shift, filters,
          dst + y * g.pw * g.o + first, codes + y * g.codeRow + first);
  }
}

// ---- forward, lanes along the width (one channel, few filters) ----

// Weights row-major [filter][K][K]. Sixteen pooled columns of `count` filters; y gets one vector for each
// filter.
template<int K, int count>
__attribute__((noinline)) void wideTile(const Geometry& g, const float* x, const float* weights,
                                        const float* bias, uint8_t* codes, Vec* y) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  Vec a[count][2][2];
#pragma GCC unroll 8
  for (int f = 0; f < count; ++f) a[f][0][0] = a[f][0][1] = a[f][1][0] = a[f][1][1] = all(0.f);
#pragma GCC unroll 8
  for (int r = 0; r <= K; ++r)
#pragma GCC unroll 8
    for (int j = 0; j < K; ++j) {
      const Vec x0 = load(x + r * g.row + j), x1 = load(x + r * g.row + j + lanes);
#pragma GCC unroll 8
      for (int f = 0; f < count; ++f) {
        if (r < K) {
          const Vec w = all(weights[f * K * K + r * K + j]);
          a[f][0][0] = fma(w, x0, a[f][0][0]);
          a[f][0][1] = fma(w, x1, a[f][0][1]);
        }
        if (r > 0) {
          const Vec w = all(weights[f * K * K + (r - 1) * K + j]);
          a[f][1][0] = fma(w, x0, a[f][1][0]);
          a[f][1][1] = fma(w, x1, a[f][1][1]);
        }
      }
    }
#pragma GCC unroll 8
  for (int f = 0; f < count; ++f) {
    __m128i code;
    const Vec top = poolOf(_mm512_permutex2var_ps(a[f][0][0], even, a[f][0][1]),
                           _mm512_permutex2var_ps(a[f][0][0], odd, a[f][0][1]),
                           _mm512_permutex2var_ps(a[f][1][0], even, a[f][1][1]),
                           _mm512_permutex2var_ps(a[f][1][0], odd, a[f][1][1]), code);
    y[f] = larger(all(0.f), add(top, all(bias == nullptr ? 0.f : bias[f])));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + f * g.codeFilter), code);
  }
}

template<int K>
void forwardAlongWidth(const Geometry& g, const float* x, const float* weights, const float* bias, float* dst,
                       uint8_t* codes) {
  for (int64_t y = 0; y < g.ph; ++y)
    for (int64_t p = 0; p < g.pw; p += lanes) {
      Vec map[16];
      for (auto& filter : map) filter = all(0.f);
      const float* in = x + 2 * y * g.row + 2 * p;
      uint8_t* code = codes + y * g.codeRow + p;
      for (int64_t f = 0; f < g.o;) {
        const auto next = [&](auto tile, int64_t count) {
          tile(g, in, weights + f * K * K, bias == nullptr ? nullptr : bias + f, code + f * g.codeFilter,
               map + f);
          f += count;
        };
        const int64_t left = g.o - f;
        if (left == 6)
          next(wideTile<K, 6>, 6);
        else if (left >= 4)
          next(wideTile<K, 4>, 4);
        else if (left >= 2)
          next(wideTile<K, 2>, 2);
        else
          next(wideTile<K, 1>, 1);
      }
      turn(map);
      for (int64_t i = 0; i < lanes && p + i < g.pw; ++i)
        storePart(dst + (y * g.pw + p + i) * g.o, map[i], g.o);
    }
}

// ---- weight gradient ----

// strips[column][row][K·C]: the K rows of a patch follow each other, so that a patch is contiguous.
void copyStrips(const Geometry& g, const float* padded, float* strips) {
  const int64_t length = g.k * g.c, columns = g.row / g.c - g.k + 1;
  for (int64_t x = 0; x < columns; ++x)
    for (int64_t y = 0; y < g.rows; ++y)
      for (int64_t j = 0; j < length; j += 8)
        _mm256_storeu_ps(strips + (x * g.rows + y) * length + j,
                         _mm256_loadu_ps(padded + y * g.row + x * g.c + j));
}

// `count` filters at once: each pooled element adds gradient · patch, R rows of V vectors.
template<int R, int V, int count>
__attribute__((noinline)) void gatherWeights(const Geometry& g, const float* in, const float* gradient,
                                             const uint8_t* codes, float* weights) {
  const int64_t length = g.k * g.c;
  const int64_t patchRow = g.strips ? 0 : g.row;
  const int64_t right = g.strips ? g.rows * length : g.c, below = g.strips ? length : g.row;
  const int64_t places[4] = {0, right, below, right + below};
  Vec sum[count][R][V];
#pragma GCC unroll 8
  for (int f = 0; f < count; ++f)
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[f][r][v] = load(weights + ((f * R + r) * V + v) * lanes);
  for (int64_t y = 0; y < g.ph; ++y)
    for (int64_t x = 0; x < g.pw; ++x) {
      const float* d = gradient + (y * g.pw + x) * g.o;
      const float* corner = in + 2 * y * below + 2 * x * right;
      const uint8_t* code = codes + y * g.codeRow + x * g.codePixel;
#pragma GCC unroll 8
      for (int f = 0; f < count; ++f) {
        const Vec amount = all(d[f]);
        const float* patch = corner + places[code[f * g.codeFilter]];
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
          for (int v = 0; v < V; ++v)
            sum[f][r][v] = fma(amount, load(patch + r * patchRow + v * lanes), sum[f][r][v]);
      }
    }
#pragma GCC unroll 8
  for (int f = 0; f < count; ++f)
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) store(weights + ((f * R + r) * V + v) * lanes, sum[f][r][v]);
}

using Gather = void (*)(const Geometry&, const float*, const float*, const uint8_t*, float*);
template<int R, int V>
void gatherAll(const Geometry& g, const float* in, const float* gradient, const uint8_t* codes,
               float* weights) {
  constexpr int fit = static_cast<int>(most) / (R * V), at = fit >= 8 ? 8 : fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
  int64_t f = 0;
  const auto run = [&](Gather gather, int64_t count) {
    for (; f + count <= g.o; f += count)
      gather(g, in, gradient + f, codes + f * g.codeFilter, weights + f * R * V * lanes);
  };
  run(gatherWeights<R, V, at>, at);
  if constexpr (fit >= 6 && at == 4) run(gatherWeights<R, V, 2>, 2);
  run(gatherWeights<R, V, 1>, 1);
}

Gather gatherFor(const Geometry& g) {
  if (g.patchRows == 1) {
    constexpr Gather byVectors[] = {gatherAll<1, 1>, gatherAll<1, 2>, gatherAll<1, 3>, gatherAll<1, 4>,
                                    gatherAll<1, 5>};
    return byVectors[g.patchVectors - 1];
  }
  if (g.k == 3) {
    constexpr Gather byVectors[] = {gatherAll<3, 1>, gatherAll<3, 2>, gatherAll<3, 3>};
    return g.patchVectors <= 3 ? byVectors[g.patchVectors - 1] : nullptr;
  }
  constexpr Gather byVectors[] = {gatherAll<5, 1>, gatherAll<5, 2>, gatherAll<5, 3>, gatherAll<5, 4>,
                                  gatherAll<5, 5>};
  return g.k == 5 && g.patchVectors <= 5 ? byVectors[g.patchVectors - 1] : nullptr;
}

// ---- data gradient ----

// packed[filter][copy][K+2 rows][windowVectors·16]: the second copy is shifted by one pixel, a row of zeros
// stands above and below, so that the four places of a winner are four pointers. R rows of the (K+1)×(K+1)
// window of each pooled pixel, over all filters, from window row `first`.
template<int R, int V>
__attribute__((noinline)) void spreadWindows(const Geometry& g, const float* gradient, const uint8_t* codes,
                                             const float* packed, int64_t first, float* diff) {
  const int64_t line = V * lanes, copy = g.windowFloats();
  const int64_t places[4] = {line, copy + line, 0, copy};
  for (int64_t y = 0; y < g.ph; ++y)
    for (int64_t x = 0; x < g.pw; ++x) {
      const float* d = gradient + (y * g.pw + x) * g.o;
      const uint8_t* code = codes + y * g.codeRow + x * g.codePixel;
      Vec sum[R][V];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) sum[r][v] = all(0.f);
      for (int64_t f = 0; f < g.o; ++f) {
        const Vec amount = all(d[f]);
        const float* w = packed + 2 * f * copy + places[code[f * g.codeFilter]] + first * line;
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
          for (int v = 0; v < V; ++v) sum[r][v] = fma(amount, load(w + r * line + v * lanes), sum[r][v]);
      }
      float* into = diff + (2 * y + first) * g.row + 2 * x * g.c;
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) {
          float* p = into + r * g.row + v * lanes;
          store(p, add(load(p), sum[r][v]));
        }
    }
}

using Spread = void (*)(const Geometry&, const float*, const uint8_t*, const float*, int64_t, float*);
struct SpreadPlan {
  Spread run;
  int64_t rows; // of the window in one pass
};
SpreadPlan spreadFor(const Geometry& g) {
  if (g.k == 3) {
    constexpr Spread byVectors[] = {spreadWindows<4, 1>, spreadWindows<4, 2>, spreadWindows<4, 3>,
                                    spreadWindows<4, 4>};
    return g.windowVectors <= 4 ? SpreadPlan{byVectors[g.windowVectors - 1], 4} : SpreadPlan{nullptr, 0};
  }
  constexpr Spread byVectors[] = {spreadWindows<6, 1>, spreadWindows<6, 2>, spreadWindows<6, 3>,
                                  spreadWindows<6, 4>, spreadWindows<3, 5>, spreadWindows<3, 6>};
  return g.k == 5 && g.windowVectors <= 6
             ? SpreadPlan{byVectors[g.windowVectors - 1], g.windowVectors <= 4 ? 6 : 3}
             : SpreadPlan{nullptr, 0};
}

// ---- the table ----

bool supports(const ConvPoolShape& s) {
  if ((s.kernel != 3 && s.kernel != 5) || s.channels > 16 || s.padding >= s.kernel || s.padding < 0)
    return false;
  if (s.pooledHeight() < 1 || s.pooledWidth() < 1) return false;
  const Geometry g(s);
  return gatherFor(g) != nullptr && spreadFor(g).run != nullptr;
}

ConvPoolSizes sizes(const ConvPoolShape& s) {
  const Geometry g(s);
  return {g.wide ? g.o * g.codeFilter : g.ph * g.codeRow, g.oVectors * lanes * g.k * g.k * g.c,
          g.o * 2 * g.windowFloats(), g.floats};
}

void packForward(const ConvPoolShape& s, const float* weights, float* packed) {
  const Geometry g(s);
  const int64_t area = g.k * g.k;
  if (g.wide) {
    memcpy(packed, weights, static_cast<size_t>(g.o * area * g.c) * sizeof(float));
    return;
  }
  for (int64_t f = 0; f < g.oVectors * lanes; ++f)
    for (int64_t j = 0; j < area; ++j)
      for (int64_t c = 0; c < g.c; ++c)
        packed[((f / lanes * area + j) * g.c + c) * lanes + f % lanes] =
            f < g.o ? weights[(f * g.c + c) * area + j] : 0.f;
}

void packBackward(const ConvPoolShape& s, const float* weights, float* packed) {
  const Geometry g(s);
  const int64_t line = g.windowVectors * lanes;
  memset(packed, 0, static_cast<size_t>(g.o * 2 * g.windowFloats()) * sizeof(float));
  for (int64_t f = 0; f < g.o; ++f)
    for (int64_t r = 0; r < g.k; ++r)
      for (int64_t x = 0; x < g.k; ++x)
        for (int64_t c = 0; c < g.c; ++c) {
          const float w = weights[((f * g.c + c) * g.k + r) * g.k + x];
          float* first = packed + 2 * f * g.windowFloats() + (r + 1) * line + x * g.c + c;
          first[0] = w;
          first[g.windowFloats() + g.c] = w;
        }
}

void forward(const ConvPoolShape& s, const float* src, const float* packed, const float* bias, float* dst,
             uint8_t* codes, float* scratch) {
  const Geometry g(s);
  float* padded = scratch + g.atInput;
  copyPadded(s, g, src, padded);
  if (!g.wide)
    forwardOverFilters(g, padded, packed, bias, dst, codes);
  else if (g.k == 3)
    forwardAlongWidth<3>(g, padded, packed, bias, dst, codes);
  else
    forwardAlongWidth<5>(g, padded, packed, bias, dst, codes);
}

void clear(const ConvPoolShape& s, float* scratch) {
  const Geometry g(s);
  memset(scratch + g.atWeights, 0, static_cast<size_t>(g.floats - g.atWeights) * sizeof(float));
}

void backward(const ConvPoolShape& s, const float* src, const float* dst, const float* diffDst,
              const uint8_t* codes, const float* packed, float* diffSrc, float* scratch) {
  const Geometry g(s);
  float *padded = scratch + g.atInput, *gradient = scratch + g.atGradient, *bias = scratch + g.atBias;
  const int64_t n = g.pixels() * g.o;
  for (int64_t i = 0; i < n; i += lanes) {
    const int64_t left = n - i < lanes ? n - i : lanes;
    const Vec y = left == lanes ? load(dst + i) : loadPart(dst + i, left, 0.f);
    const Vec d = left == lanes ? load(diffDst + i) : loadPart(diffDst + i, left, 0.f);
    store(gradient + i, whereGreater(y, all(0.f), d, all(0.f)));
  }
  for (int64_t b = 0; b < g.oVectors; ++b) {
    Vec sum = load(bias + b * lanes);
    for (int64_t p = 0; p < g.pixels(); ++p) sum = add(sum, load(gradient + p * g.o + b * lanes));
    store(bias + b * lanes, sum); // lanes beyond the filters are never read
  }
  copyPadded(s, g, src, padded);
  const float* in = padded;
  if (g.strips) {
    copyStrips(g, padded, scratch + g.atStrips);
    in = scratch + g.atStrips;
  }
  gatherFor(g)(g, in, gradient, codes, scratch + g.atWeights);
  if (diffSrc == nullptr) return;
  float* diff = scratch + g.atDiff;
  memset(diff, 0, static_cast<size_t>(g.rows * g.row) * sizeof(float));
  const auto spread = spreadFor(g);
  for (int64_t first = 0; first <= g.k; first += spread.rows)
    spread.run(g, gradient, codes, packed, first, diff);
  const int64_t length = s.width * s.channels;
  for (int64_t y = 0; y < s.height; ++y)
    memcpy(diffSrc + y * length, diff + (y + s.padding) * g.row + s.padding * g.c,
           static_cast<size_t>(length) * sizeof(float));
}

void collect(const ConvPoolShape& s, const float* const* scratch, int threads, float* diffWeights,
             float* diffBias) {
  const Geometry g(s);
  const int64_t perFilter = g.patchRows * g.patchVectors * lanes;
  const int64_t rowLength = g.strips ? g.k * g.c : g.patchVectors * lanes;
  for (int64_t f = 0; f < g.o; ++f) {
    for (int64_t r = 0; r < g.k; ++r)
      for (int64_t x = 0; x < g.k; ++x)
        for (int64_t c = 0; c < g.c; ++c) {
          float sum = 0;
          for (int t = 0; t < threads; ++t)
            sum += scratch[t][g.atWeights + f * perFilter + r * rowLength + x * g.c + c];
          diffWeights[((f * g.c + c) * g.k + r) * g.k + x] = sum;
        }
    if (diffBias == nullptr) continue;
    float sum = 0;
    for (int t = 0; t < threads; ++t) sum += scratch[t][g.atBias + f];
    diffBias[f] = sum;
  }
}

constexpr ConvPoolKernels kernels = {supports, sizes, packForward, packBackward,
                                     forward,  clear, backward,    collect};

} // namespace
} // namespace loom::onednn
