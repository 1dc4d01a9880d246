// SPDX-License-Identifier: Apache-2.0
#include "core/run/schedules.h"
#include <algorithm>
#include <cmath>
#include <numbers>

namespace loom {

double alongCosine(double from, double to, double share) {
  return to + (from - to) / 2 * (std::cos(std::numbers::pi * share) + 1);
}

namespace {

// After the warm-up this is CosineAnnealingLR with T_max = the remaining steps: its rate at step 1 is the
// full one.
double cosineFactor(std::int64_t step, std::int64_t total, const Params& params) {
  const auto warm =
      static_cast<std::int64_t>(std::llround(params.getDouble("warmup") * static_cast<double>(total)));
  if (step <= warm) return static_cast<double>(step) / static_cast<double>(warm);
  const double share =
      static_cast<double>(step - warm - 1) / static_cast<double>(std::max<std::int64_t>(total - warm, 1));
  return alongCosine(1, params.getDouble("final_factor"), share);
}

} // namespace

ScheduleRow cosineSchedule() {
  return {"cosine",
          "Rises in a straight line while warming up, then falls along half a cosine.",
          {numberField("warmup", "Warm-up", 0, 0, 1, "Share of the steps in which the rate rises from zero."),
           numberField("final_factor", "Final factor", 0, 0, 1,
                       "Share of the rate that the last step comes down to.")},
          cosineFactor};
}

} // namespace loom
