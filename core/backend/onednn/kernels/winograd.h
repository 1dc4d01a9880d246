// SPDX-License-Identifier: Apache-2.0
// 3×3 convolutions of stride 1 with a quarter of the multiplications: Winograd's F(4×4, 3×3). A 6×6 patch of
// the source, the 3×3 weights and the gradient of a 4×4 piece of the result each become 36 numbers; one
// product over the channels for each of the 36 places does the rest. Interpolation points 0, ±5/8, ±3/2 and
// infinity: exact in binary, and four times as accurate as the usual 0, ±1, ±2. Maps lie in blocks of `lanes`
// channels, weights and their gradient with the inputs before the outputs of a block: nChw16c and OIhw16i16o
// with AVX-512, nChw8c and OIhw8i8o with AVX2. Plain pointers and sizes only, as in kernels.h; the caller
// splits tiles and blocks among threads.
#pragma once
#include <stdint.h>

namespace loom::onednn {

struct WinogradShape {
  int64_t inputs, outputs; // channels, multiples of 16
  int64_t height, width;   // of the source
  int64_t padding;         // 0 … 2, the same on all sides
  int64_t outputHeight() const { return height + 2 * padding - 2; }
  int64_t outputWidth() const { return width + 2 * padding - 2; }
  int64_t tiles() const { return ((outputHeight() + 3) / 4) * ((outputWidth() + 3) / 4); } // of a sample
  // The convolution that makes the source's gradient of the result's.
  WinogradShape backward() const { return {outputs, inputs, outputHeight(), outputWidth(), 2 - padding}; }
};

struct WinogradSizes {
  int64_t weights;  // floats of the transformed weights, for all threads
  int64_t convolve; // scratch floats per thread
  int64_t gradient; // scratch floats per thread, the sums in front
  int64_t blocks;   // pieces of work of the weights' transforms
};

// What happens to an element of the result before it is stored, in this order. Null: nothing.
struct WinogradAfter {
  const float* bias; // of its channel
  bool relu;
  const float* plus; // a map like the result
  const float* mask; // a map like the result: where it is not above 0, the result is 0
};

struct WinogradKernels {
  int64_t lanes;
  // Worth it for a batch? By shape alone, so that the same network always gives the same bits.
  bool (*supports)(const WinogradShape& shape, int64_t samples);
  WinogradSizes (*sizes)(const WinogradShape& shape);
  // Blocks first … last of the forward weights, transformed for convolve(shape, …) and for
  // convolve(shape.backward(), …).
  void (*transformWeights)(const WinogradShape& shape, const float* weights, float* transformed,
                           int64_t first, int64_t last);
  void (*transformFlipped)(const WinogradShape& shape, const float* weights, float* transformed,
                           int64_t first, int64_t last);
  // Tiles first … last, counted through the batch.
  void (*convolve)(const WinogradShape& shape, const float* src, const float* transformed,
                   const WinogradAfter& after, float* dst, int64_t first, int64_t last, float* scratch);
  // The gradient of tiles first … last for weights and (when asked for) bias, left in the scratch of a
  // thread, also when there are no tiles.
  void (*gradient)(const WinogradShape& shape, const float* src, const float* diffDst, bool bias,
                   int64_t first, int64_t last, float* scratch);
  // Blocks first … last of the sum over all threads, in their order. diffBias may be null.
  void (*collect)(const WinogradShape& shape, const float* const* scratch, int threads, float* diffWeights,
                  float* diffBias, int64_t first, int64_t last);
};

// Null where this build has no such instructions; chooseKernels() asks the processor.
const WinogradKernels* winogradKernelsAvx512();
const WinogradKernels* winogradKernelsAvx2();

} // namespace loom::onednn
