// SPDX-License-Identifier: Apache-2.0
// The table of learning rate schedules. A new one is a file in core/run/schedules and a row in
// schedule_table.cpp.
#pragma once
#include "core/base/fields.h"

namespace loom {

struct ScheduleRow {
  std::string_view name; // "constant", "cosine", "one-cycle"
  std::string_view summary;
  std::vector<Field> fields;
  // Factor times the base rate at step 1..total; pure. `params` hold every field.
  double (*factor)(std::int64_t step, std::int64_t total, const Params& params);
};
const std::vector<ScheduleRow>& schedules();
const ScheduleRow* findSchedule(std::string_view name); // null when there is none

// From `from` at share 0 to `to` at share 1 along half a cosine.
double alongCosine(double from, double to, double share);

// The rows, each in its own file.
ScheduleRow constantSchedule(); // schedules/constant.cpp
ScheduleRow cosineSchedule();   // schedules/cosine.cpp
ScheduleRow oneCycleSchedule(); // schedules/one_cycle.cpp

} // namespace loom
