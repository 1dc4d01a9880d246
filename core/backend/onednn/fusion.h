// SPDX-License-Identifier: Apache-2.0
// Which steps of a program become one: a ReLU behind a product, a sum or a batch norm, its gradient inside
// the batch norm's, small convolutions with their ReLU and pool, and what the gradient of a convolution's
// source meets next (the shortcut's gradient, a ReLU). Found before lowering, from the steps
// alone, so that the same plan always gives the same actions.
#pragma once
#include "core/backend/onednn/kernels/conv_pool.h"
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/kernels/winograd.h"
#include "core/plan/plan.h"
#include <optional>

namespace loom::onednn {

// conv2d -> relu -> max_pool2d that kernels/conv_pool.h does at once: forward at the convolution's step, all
// gradients at the pool's. Steps by their index; -1 where the program has none (evaluation; nothing before
// wants a gradient).
struct ConvPoolFusion {
  ConvPoolShape shape;
  int conv = -1, pool = -1;
  int poolBackward = -1, weights = -1, data = -1;
};

// conv2d_backward_data by kernels/winograd.h -> add -> relu_backward; either of the two may be missing.
struct GradientFusion {
  TensorId plus = noTensor; // the other summand
  TensorId mask = noTensor; // dst of the ReLU
  TensorId dst = noTensor;  // of the last of them
};

struct StepFusion {
  bool skipped = false;                   // done by another step
  TensorId relu = noTensor;               // dst of the ReLU that this step does as well
  std::optional<ConvPoolFusion> convPool; // at the steps `conv` and `poolBackward`
  // batch_norm_backward: the gradient behind the ReLU, whose mask it applies itself
  TensorId diffDst = noTensor;
  std::optional<GradientFusion> gradient; // at the conv2d_backward_data
};

// The decision which convolutions kernels/winograd.h computes, for a convolution's step and both of its
// gradients' steps alike; in lower_winograd.cpp.
std::optional<WinogradShape> winogradShape(const Plan& plan, const Step& step,
                                           const WinogradKernels* kernels);

// One for each step of the program.
std::vector<StepFusion> findFusions(const Plan& plan, const Program& program, const KernelSet& kernels);

// Steps that read each tensor, and tensors read after the program (outputs, metrics, everything that is
// kept).
std::vector<std::vector<int>> readersOf(const Plan& plan, const Program& program);
std::vector<bool> readOutside(const Plan& plan, const Program& program);

} // namespace loom::onednn
