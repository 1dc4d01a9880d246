// SPDX-License-Identifier: Apache-2.0
// Which steps of a program become one: a ReLU behind a product, a sum or a batch norm, and its gradient
// inside the batch norm's. Found before lowering, from the steps alone, so that the same plan always gives
// the same actions.
#pragma once
#include "core/plan/plan.h"

namespace loom::onednn {

struct StepFusion {
  bool skipped = false;     // done by another step
  TensorId relu = noTensor; // dst of the ReLU that this step does as well
  TensorId diffDst =
      noTensor; // batch_norm_backward: the gradient behind the ReLU, whose mask it applies itself
};

// One for each step of the program.
std::vector<StepFusion> findFusions(const Plan& plan, const Program& program);

// Steps that read each tensor, and tensors read after the program (outputs, metrics, everything that is
// kept).
std::vector<std::vector<int>> readersOf(const Plan& plan, const Program& program);
std::vector<bool> readOutside(const Plan& plan, const Program& program);

} // namespace loom::onednn
