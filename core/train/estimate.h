// SPDX-License-Identifier: Apache-2.0
// What a training would take, before it starts: memory, time, the largest batch. What is too large to be
// tried is computed from the plan; nothing of its size is allocated.
#pragma once
#include "core/run/project.h"

namespace loom {

struct Estimate {
  bool measured = true; // false: too large to be tried; time, and memory where it does not fit, from the size
  bool fits = true;     // false: more memory than this machine has; a training would be refused
  std::int64_t parameters = 0, multiplyAdds = 0, memoryBytes = 0, machineBytes = 0, steps = 0;
  std::int64_t largestBatch = 0; // that fits into what is free now; 0: none fits at all
  double secondsPerStep = 0, seconds = 0;
  std::string device;
  int threads = 0;
};
Json toJson(const Estimate& estimate);
Result<Estimate> estimateRun(const Project& project, const std::string& network,
                             const TrainSettings& settings);

} // namespace loom
