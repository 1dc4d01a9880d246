// SPDX-License-Identifier: Apache-2.0
#include "core/run/optimizers.h"

namespace loom {

const std::vector<OptimizerRow>& optimizers() {
  static const std::vector<OptimizerRow> rows{sgdOptimizer(), adamOptimizer(), adamwOptimizer()};
  return rows;
}

} // namespace loom
