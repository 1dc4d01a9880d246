// SPDX-License-Identifier: Apache-2.0
#include "extended_rows.h"

namespace loom {

const std::vector<OptimizerRow>& optimizers() {
  static const std::vector<OptimizerRow> rows{sgdOptimizer(), adamOptimizer(), adamwOptimizer(),
                                              horizonOptimizer()};
  return rows;
}

} // namespace loom
