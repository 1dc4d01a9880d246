// SPDX-License-Identifier: Apache-2.0
#include "core/run/optimizers.h"

namespace loom {
namespace {

// torch.optim has `betas` as a pair; files and options have beta1 and beta2.
std::vector<Field> withDecay(Field decay) {
  return {numberField("beta1", "Beta 1", 0.9, 0, 0.999999999,
                      "Share of the running mean of the gradients that is kept at each step."),
          numberField("beta2", "Beta 2", 0.999, 0, 0.999999999,
                      "Share of the running mean of the squared gradients that is kept at each step."),
          numberField("eps", "Epsilon", 1e-8, 1e-30, 1, "Keeps the division away from zero."),
          std::move(decay)};
}

} // namespace

OptimizerRow adamOptimizer() {
  return {"Adam", "adam", 1e-3,
          withDecay(numberField("weight_decay", "Weight decay", 0, 0, 10,
                                "Adds this share of each weight to its gradient."))};
}

OptimizerRow adamwOptimizer() {
  return {"AdamW", "adamw", 1e-3,
          withDecay(numberField("weight_decay", "Weight decay", 0.01, 0, 10,
                                "Shrinks each weight by this share of the learning rate at every step."))};
}

} // namespace loom
