// SPDX-License-Identifier: Apache-2.0
// A convolution over few channels, its ReLU and a 2×2 max-pool as one kernel, forward and backward. Library
// kernels pad few channels to sixteen lanes; here a kernel row is K·C contiguous floats. The map before the
// pool never exists in memory. Behind ReLU and pool at most one of four outputs has a gradient: two bits for
// each pooled element say which, and both gradients visit pooled elements alone, a quarter of the work. Needs
// AVX-512. Plain pointers and sizes only, as in kernels.h; the caller splits samples among threads.
#pragma once
#include <stdint.h>

namespace loom::onednn {

// Stride 1, the same padding on all sides, pool without padding; maps are channels-last (N,H,W,C).
struct ConvPoolShape {
  int64_t channels, filters, kernel, padding, height, width;
  int64_t pooledHeight() const { return (height + 2 * padding - kernel + 1) / 2; }
  int64_t pooledWidth() const { return (width + 2 * padding - kernel + 1) / 2; }
};

struct ConvPoolSizes {
  int64_t codeBytes;       // per sample: which of four elements won
  int64_t forwardWeights;  // floats of the weights as forward wants them, for the whole batch
  int64_t backwardWeights; // as the data gradient wants them
  int64_t scratch;         // floats per thread
};

struct ConvPoolKernels {
  bool (*supports)(const ConvPoolShape& shape);
  ConvPoolSizes (*sizes)(const ConvPoolShape& shape);
  // From row-major O,C,K,K.
  void (*packForward)(const ConvPoolShape& shape, const float* weights, float* packed);
  void (*packBackward)(const ConvPoolShape& shape, const float* weights, float* packed);
  // One sample. bias may be null.
  void (*forward)(const ConvPoolShape& shape, const float* src, const float* packed, const float* bias,
                  float* dst, uint8_t* codes, float* scratch);
  // Gradients of weights and bias add up in the scratch of a thread, which clear() empties.
  void (*clear)(const ConvPoolShape& shape, float* scratch);
  // One sample; dst is forward's. diffSrc may be null (nothing before wants it), then packed is not read.
  void (*backward)(const ConvPoolShape& shape, const float* src, const float* dst, const float* diffDst,
                   const uint8_t* codes, const float* packed, float* diffSrc, float* scratch);
  // Sums the scratch of all threads in their order: row-major O,C,K,K and O; diffBias may be null.
  void (*collect)(const ConvPoolShape& shape, const float* const* scratch, int threads, float* diffWeights,
                  float* diffBias);
};

// Null where this build has no AVX-512; chooseKernels() asks the processor.
const ConvPoolKernels* convPoolKernelsAvx512();

} // namespace loom::onednn
