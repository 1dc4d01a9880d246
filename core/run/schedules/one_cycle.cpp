// SPDX-License-Identifier: Apache-2.0
#include "core/run/schedules.h"
#include <algorithm>

namespace loom {
namespace {

// OneCycleLR with two phases and cosine annealing; the base rate is max_lr, PyTorch's step_num is step - 1.
double oneCycleFactor(std::int64_t step, std::int64_t total, const Params& params) {
  const double initial = 1 / params.getDouble("div_factor");
  const double lowest = initial / params.getDouble("final_div_factor");
  const double at = static_cast<double>(step - 1);
  const double top = params.getDouble("pct_start") * static_cast<double>(total) - 1;
  const double last = static_cast<double>(total) - 1;
  if (at <= top) return top > 0 ? alongCosine(initial, 1, at / top) : 1;
  return alongCosine(1, lowest, std::min((at - top) / (last - top), 1.0));
}

} // namespace

ScheduleRow oneCycleSchedule() {
  return {
      "one-cycle",
      "Rises to the rate, then falls far below where it began (OneCycleLR).",
      {numberField("pct_start", "Rising share", 0.3, 0, 1, "Share of the steps in which the rate rises."),
       numberField("div_factor", "Start divisor", 25, 1, 1e9, "The first rate is the peak divided by this."),
       numberField("final_div_factor", "End divisor", 1e4, 1, 1e12,
                   "The last rate is the first one divided by this.")},
      oneCycleFactor};
}

} // namespace loom
