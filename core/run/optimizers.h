// SPDX-License-Identifier: Apache-2.0
// The table of optimizers. A new one is a file in core/run/optimizers and a row in optimizer_table.cpp: it
// names the update op that does the work and the fields that a person may set.
#pragma once
#include "core/base/fields.h"

namespace loom {

struct OptimizerRow {
  std::string_view name; // "SGD", "Adam", "AdamW": torch.optim's
  std::string_view op;   // of core/plan: "sgd"
  double learningRate;   // a good start
  std::vector<Field> fields;
  // Rules between the fields; null: none. Kind usage, its place is the field to change.
  Status (*check)(const Params& complete) = nullptr;
  // Attributes of the op; null: the fields are the attributes.
  Params (*attributes)(const Params& complete) = nullptr;
};
const std::vector<OptimizerRow>& optimizers();
const OptimizerRow* findOptimizer(std::string_view name); // without regard to case; null when there is none

// The rows, each in its own file.
OptimizerRow sgdOptimizer();   // optimizers/sgd.cpp
OptimizerRow adamOptimizer();  // optimizers/adam.cpp
OptimizerRow adamwOptimizer(); // optimizers/adam.cpp

} // namespace loom
