// SPDX-License-Identifier: Apache-2.0
// Which temporaries may lie in the same bytes: offsets from lifetimes. Used by every backend with the sizes
// of its own layouts, and by the estimate with plain sizes.
#pragma once
#include "core/plan/plan.h"

namespace loom {

struct Lifetime {
  std::int64_t bytes = 0;
  int first = 0; // index of the step that writes it first
  int last = -1; // index of the last step that touches it; last < first: not used
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets; // per lifetime, multiples of `alignment`; -1 where unused
  std::int64_t bytes = 0;            // the arena's size
};

// Largest first, lowest offset that is free over the whole lifetime. Deterministic.
MemoryPlan planMemory(const std::vector<Lifetime>& lifetimes, std::int64_t alignment = 64);

// First and last step of each temporary of a program (index = TensorId; others are unused). Outputs and
// metrics live to the end of the program; inputs, when asked for, from its beginning to its end.
std::vector<Lifetime> lifetimes(const Plan& plan, const Program& program, bool includeInputs);

struct PlanCost {
  std::int64_t parameters = 0;      // elements, trainable and frozen
  std::int64_t multiplyAdds = 0;    // forward, one sample
  std::int64_t parameterBytes = 0;  // weights + gradients + moments + states
  std::int64_t activationBytes = 0; // arena of the largest program, plain layouts
  std::int64_t bytes() const { return parameterBytes + activationBytes; }
};
PlanCost cost(const Plan& plan);
// Of one step, over the whole batch; 0 for an op that has none worth counting, and for a gradient of weights
// that is not computed.
std::int64_t multiplyAdds(const Plan& plan, const Step& step);

} // namespace loom
