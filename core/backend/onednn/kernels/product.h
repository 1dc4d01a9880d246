// SPDX-License-Identifier: Apache-2.0
// Small matrix products: a layer of some ten thousand weights is done before a library has looked up what it
// was asked for, and its panels leave half of every vector empty. One tile in registers serves forward, data
// and weight gradient. Plain pointers and sizes only, as in kernels.h; the caller splits rows among threads,
// which changes no bit: each element is one sum over `depth` in order.
#pragma once
#include <stdint.h>

namespace loom::onednn {

// c[m][n] = bias[n] + Σ_k a[m·aRow + k·aDepth] · b[k·bRow + n], through ReLU when asked.
struct ProductArgs {
  int64_t rows, columns, depth;
  const float* a;
  int64_t aRow, aDepth;
  const float* b;
  int64_t bRow;
  float* c;
  int64_t cRow;
  const float* bias; // null: zeros
  bool relu;
  bool padded; // c has room for whole vectors: zeros go into what is beyond `columns`
};

struct ProductKernels {
  int64_t lanes;    // floats of a vector: kept weights are padded to a multiple of it
  int64_t tileRows; // rows split among threads at multiples of it fill the registers
  void (*product)(const ProductArgs& args);
  // dst[c][r] = src[r][c]; dst has room for rows rounded up to lanes, with zeros there.
  void (*transpose)(const float* src, int64_t rows, int64_t columns, int64_t srcRow, float* dst,
                    int64_t dstRow);
  // dst[n] = Σ_m src[m][n]
  void (*sumRows)(const float* src, int64_t rows, int64_t columns, float* dst);
};

// Null where this build has no such instructions.
const ProductKernels* productKernelsAvx512();
const ProductKernels* productKernelsAvx2();

} // namespace loom::onednn
