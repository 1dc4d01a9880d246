// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"
#include <algorithm>
#include <cmath>
#include <numbers>

namespace loom {
namespace {

double constantFactor(std::int64_t, std::int64_t, const Params&) { return 1; }

// From `from` at share 0 to `to` at share 1 along half a cosine.
double alongCosine(double from, double to, double share) {
  return to + (from - to) / 2 * (std::cos(std::numbers::pi * share) + 1);
}

// After the warm-up this is CosineAnnealingLR with T_max = the steps that are left: its rate at step 1 is the
// full one.
double cosineFactor(std::int64_t step, std::int64_t total, const Params& params) {
  const auto warm =
      static_cast<std::int64_t>(std::llround(params.getDouble("warmup", 0) * static_cast<double>(total)));
  if (step <= warm) return static_cast<double>(step) / static_cast<double>(warm);
  const double share =
      static_cast<double>(step - warm - 1) / static_cast<double>(std::max<std::int64_t>(total - warm, 1));
  return alongCosine(1, params.getDouble("final_factor", 0), share);
}

// OneCycleLR with two phases and cosine annealing; the base rate is max_lr, PyTorch's step_num is step - 1.
double oneCycleFactor(std::int64_t step, std::int64_t total, const Params& params) {
  const double initial = 1 / params.getDouble("div_factor", 25);
  const double lowest = initial / params.getDouble("final_div_factor", 1e4);
  const double at = static_cast<double>(step - 1);
  const double top = params.getDouble("pct_start", 0.3) * static_cast<double>(total) - 1;
  const double last = static_cast<double>(total) - 1;
  if (at <= top) return top > 0 ? alongCosine(initial, 1, at / top) : 1;
  return alongCosine(1, lowest, std::min((at - top) / (last - top), 1.0));
}

} // namespace

const std::vector<ScheduleRow>& schedules() {
  static const std::vector<ScheduleRow> rows{
      {"constant", "The same rate at every step.", {}, constantFactor},
      {"cosine",
       "Rises in a straight line while warming up, then falls along half a cosine.",
       {{"warmup",
         "Warm-up",
         FieldKind::number,
         0.0,
         0,
         1,
         {},
         "Share of the steps in which the rate rises from zero."},
        {"final_factor",
         "Final factor",
         FieldKind::number,
         0.0,
         0,
         1,
         {},
         "Share of the rate that the last step comes down to."}},
       cosineFactor},
      {"one-cycle",
       "Rises to the rate, then falls far below where it began (OneCycleLR).",
       {{"pct_start",
         "Rising share",
         FieldKind::number,
         0.3,
         0,
         1,
         {},
         "Share of the steps in which the rate rises."},
        {"div_factor",
         "Start divisor",
         FieldKind::number,
         25.0,
         1,
         1e9,
         {},
         "The first rate is the peak divided by this."},
        {"final_div_factor",
         "End divisor",
         FieldKind::number,
         1e4,
         1,
         1e12,
         {},
         "The last rate is the first one divided by this."}},
       oneCycleFactor},
  };
  return rows;
}

const ScheduleRow* findSchedule(std::string_view name) {
  const auto& rows = schedules();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const ScheduleRow& each) { return each.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

} // namespace loom
