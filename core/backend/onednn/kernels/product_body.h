// SPDX-License-Identifier: Apache-2.0
// See product.h. Included after simd_avx512.h or simd_avx2.h.
#pragma once
#include "core/backend/onednn/kernels/product.h"

namespace loom::onednn {
namespace {

// Accumulators that leave registers for a row of b and one element of a.
constexpr int mostVectors = lanes == 16 ? 4 : 2;
constexpr int rowsFor(int64_t vectors) {
  if (lanes == 16) return vectors >= 3 ? 6 : 8;
  return 6;
}

// R rows and V vectors of c, of which the last has `left` columns when it is no whole one. Not inlined: the
// choice below would spill its registers.
template<int R, int V, bool part>
__attribute__((noinline)) void tile(const ProductArgs& args, int64_t row, int64_t column, int64_t left) {
  const auto loadRow = [left](const float* p, int v) {
    return part && v == V - 1 ? loadPart(p + v * lanes, left, 0.f) : load(p + v * lanes);
  };
  Vec sum[R][V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    const Vec start = args.bias == nullptr ? all(0.f) : loadRow(args.bias + column, v);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) sum[r][v] = start;
  }
  const float *a = args.a + row * args.aRow, *b = args.b + column;
  const int64_t aRow = args.aRow;
  for (int64_t k = 0; k < args.depth; ++k, a += args.aDepth, b += args.bRow) {
    Vec right[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) right[v] = loadRow(b, v);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec left1 = all(a[r * aRow]);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = fma(left1, right[v], sum[r][v]);
    }
  }
  if (args.relu)
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = larger(all(0.f), sum[r][v]);
  float* c = args.c + row * args.cRow + column;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      float* p = c + r * args.cRow + v * lanes;
      if (part && v == V - 1 && !args.padded)
        storePart(p, sum[r][v], left);
      else
        store(p, sum[r][v]);
    }
}

using Tile = void (*)(const ProductArgs&, int64_t, int64_t, int64_t);
template<int R, int V, bool part> constexpr Tile tileOf() {
  if constexpr (V <= mostVectors && R <= rowsFor(V))
    return tile<R, V, part>;
  else
    return nullptr;
}
template<int V, bool part> struct Tiles {
  static constexpr Tile byRows[8] = {tileOf<1, V, part>(), tileOf<2, V, part>(), tileOf<3, V, part>(),
                                     tileOf<4, V, part>(), tileOf<5, V, part>(), tileOf<6, V, part>(),
                                     tileOf<7, V, part>(), tileOf<8, V, part>()};
};
constexpr const Tile* tiles[2][4] = {
    {Tiles<1, false>::byRows, Tiles<2, false>::byRows, Tiles<3, false>::byRows, Tiles<4, false>::byRows},
    {Tiles<1, true>::byRows, Tiles<2, true>::byRows, Tiles<3, true>::byRows, Tiles<4, true>::byRows}};

void product(const ProductArgs& args) {
  for (int64_t column = 0; column < args.columns;) {
    const int64_t wanted = (args.columns - column + lanes - 1) / lanes;
    const int64_t vectors = wanted < mostVectors ? wanted : mostVectors;
    const int64_t left = args.columns - column - (vectors - 1) * lanes; // of the last vector
    const Tile* byRows = tiles[left < lanes ? 1 : 0][vectors - 1];
    const int64_t high = rowsFor(vectors);
    for (int64_t row = 0; row < args.rows;) {
      int64_t rows = args.rows - row < high ? args.rows - row : high;
      // The last two tiles share what is left: two halves run better than a whole and a single row.
      if (args.rows - row > high && args.rows - row < 2 * high) rows = (args.rows - row + 1) / 2;
      byRows[rows - 1](args, row, column, left);
      row += rows;
    }
    column += vectors * lanes;
  }
}

void transpose(const float* src, int64_t rows, int64_t columns, int64_t srcRow, float* dst, int64_t dstRow) {
  for (int64_t r = 0; r < rows; r += lanes)
    for (int64_t c = 0; c < columns; c += lanes) {
      const int64_t high = rows - r < lanes ? rows - r : lanes,
                    wide = columns - c < lanes ? columns - c : lanes;
      Vec block[lanes];
      for (int64_t i = 0; i < lanes; ++i) {
        const float* p = src + (r + i) * srcRow + c;
        block[i] = i >= high ? all(0.f) : wide == lanes ? load(p) : loadPart(p, wide, 0.f);
      }
      turn(block);
      for (int64_t i = 0; i < wide; ++i) store(dst + (c + i) * dstRow + r, block[i]);
    }
}

void sumRows(const float* src, int64_t rows, int64_t columns, float* dst) {
  int64_t n = 0;
  for (; n + lanes <= columns; n += lanes) {
    Vec sum = all(0.f);
    for (int64_t m = 0; m < rows; ++m) sum = add(sum, load(src + m * columns + n));
    store(dst + n, sum);
  }
  if (n == columns) return;
  Vec sum = all(0.f);
  for (int64_t m = 0; m < rows; ++m) sum = add(sum, loadPart(src + m * columns + n, columns - n, 0.f));
  storePart(dst + n, sum, columns - n);
}

constexpr ProductKernels productKernels = {lanes, 6, product, transpose, sumRows};

} // namespace
} // namespace loom::onednn
