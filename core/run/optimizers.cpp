// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"
#include <algorithm>
#include <cctype>

namespace loom {
namespace {

// torch.optim's parameters and standards. `betas` is a pair there; a file holds beta1 and beta2.
const Field weightDecay{"weight_decay",
                        "Weight decay",
                        FieldKind::number,
                        0.0,
                        0,
                        10,
                        {},
                        "Adds this share of each weight to its gradient."};
const Field decoupledDecay{"weight_decay",
                           "Weight decay",
                           FieldKind::number,
                           0.01,
                           0,
                           10,
                           {},
                           "Shrinks each weight by this share of the learning rate at every step."};
const Field beta1{"beta1",
                  "Beta 1",
                  FieldKind::number,
                  0.9,
                  0,
                  0.999999999,
                  {},
                  "Share of the running mean of the gradients that is kept at each step."};
const Field beta2{"beta2",
                  "Beta 2",
                  FieldKind::number,
                  0.999,
                  0,
                  0.999999999,
                  {},
                  "Share of the running mean of the squared gradients that is kept at each step."};
const Field epsilon{
    "eps", "Epsilon", FieldKind::number, 1e-8, 1e-30, 1, {}, "Keeps the division away from zero."};

bool sameWithoutCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

} // namespace

const std::vector<OptimizerRow>& optimizers() {
  static const std::vector<OptimizerRow> rows{
      {"SGD",
       "sgd",
       0.05,
       {{"momentum",
         "Momentum",
         FieldKind::number,
         0.0,
         0,
         0.999999999,
         {},
         "Share of the last movement that is kept at each step."},
        {"dampening",
         "Dampening",
         FieldKind::number,
         0.0,
         0,
         1,
         {},
         "Share of the gradient that does not enter the momentum."},
        {"nesterov",
         "Nesterov",
         FieldKind::flag,
         false,
         0,
         0,
         {},
         "Looks one step of the momentum ahead. Wants a momentum and no dampening."},
        weightDecay}},
      {"Adam", "adam", 1e-3, {beta1, beta2, epsilon, weightDecay}},
      {"AdamW", "adamw", 1e-3, {beta1, beta2, epsilon, decoupledDecay}},
  };
  return rows;
}

const OptimizerRow* findOptimizer(std::string_view name) {
  for (const OptimizerRow& row : optimizers())
    if (sameWithoutCase(row.name, name)) return &row;
  return nullptr;
}

} // namespace loom
