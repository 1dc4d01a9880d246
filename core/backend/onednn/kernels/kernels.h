// SPDX-License-Identifier: Apache-2.0
// Our own vector kernels as tables of function pointers: the same source is compiled for several instruction
// sets and one table is chosen at run time. Plain pointers and sizes only; nothing here allocates, throws or
// starts a thread (the caller splits the work). Sources include only <immintrin.h> and plain headers and keep
// everything in anonymous namespaces: a template instantiated under wider instructions must never serve the
// rest of the program.
#pragma once
#include <stdint.h>

namespace loom::onednn {

enum class Eltwise { relu, leakyRelu, gelu, geluTanh, sigmoid, tanh };
inline constexpr int eltwiseCount = 6;

// src and dst may be the same memory. alpha is leaky_relu's slope.
using UnaryKernel = void (*)(const float* src, float* dst, int64_t n, float alpha);
// `kept` is what the op's gradient looks at (dst of relu, sigmoid, tanh; src of the others); diffSrc may be
// diffDst.
using BackwardKernel = void (*)(const float* kept, const float* diffDst, float* diffSrc, int64_t n,
                                float alpha);

struct VectorKernels {
  UnaryKernel forward[eltwiseCount];
  BackwardKernel backward[eltwiseCount];
  void (*add)(const float* a, const float* b, float* dst, int64_t n); // dst may be a
  void (*addRelu)(const float* a, const float* b, float* dst, int64_t n);
  // Rows of `columns` contiguous values.
  void (*softmax)(const float* src, float* dst, int64_t rows, int64_t columns);
  void (*softmaxBackward)(const float* dst, const float* diffDst, float* diffSrc, int64_t rows,
                          int64_t columns);
  // Per row: -log softmax at the (smoothed) target, 1 where the first maximum is the label, and the softmax
  // itself.
  void (*crossEntropy)(const float* src, const int32_t* label, float smoothing, float* dst, float* loss,
                       float* correct, int64_t rows, int64_t columns);
  // (softmax - target) * scale
  void (*crossEntropyBackward)(const float* dst, const int32_t* label, float smoothing, float scale,
                               float* diffSrc, int64_t rows, int64_t columns);
  double (*squaredDistance)(const float* a, const float* b, int64_t n);
};

// One piece of the planes; n is a multiple of 16 and all pointers are aligned to 64 bytes.
struct UpdateArgs {
  float* weights;
  const float* gradients;
  float* moments0; // null without momentum
  float* moments1; // adam and adamw
  int64_t n;
};
struct SgdFactors {
  float lr, decay, momentum;
  float carry; // of the old moment: momentum, 0 in the first step
  float keep;  // of the gradient: 1 - dampening, 1 in the first step
};
struct AdamFactors {
  float lr;     // learning rate / (1 - beta1^step)
  float shrink; // adamw: 1 - learning rate * decay; adam: 1
  float decay;  // adam: added to the gradient; adamw: 0
  float beta1, beta2;
  float root; // 1 / sqrt(1 - beta2^step)
  float eps;
};
struct OptimKernels {
  void (*sgd)(const UpdateArgs& args, const SgdFactors& factors);
  void (*momentum)(const UpdateArgs& args, const SgdFactors& factors);
  void (*nesterov)(const UpdateArgs& args, const SgdFactors& factors);
  void (*adam)(const UpdateArgs& args, const AdamFactors& factors);
};

// Null where this build has no such instructions.
const VectorKernels* vectorKernelsAvx512();
const VectorKernels* vectorKernelsAvx2();
const VectorKernels* vectorKernelsPlain();
const OptimKernels* optimKernelsAvx512();
const OptimKernels* optimKernelsAvx2();
const OptimKernels* optimKernelsPlain();

struct ConvPoolKernels; // conv_pool.h
struct ProductKernels;  // product.h
struct WinogradKernels; // winograd.h

struct KernelSet {
  const char* name; // "AVX-512", "AVX2", "plain"
  const VectorKernels* vector;
  const OptimKernels* optim;
  const ConvPoolKernels* convPool; // may be null
  const ProductKernels* product;   // may be null
  const WinogradKernels* winograd; // may be null
};
// The widest set that this processor and this build have.
KernelSet chooseKernels();

} // namespace loom::onednn
