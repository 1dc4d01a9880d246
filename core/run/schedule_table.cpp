// SPDX-License-Identifier: Apache-2.0
#include "core/run/schedules.h"

namespace loom {

const std::vector<ScheduleRow>& schedules() {
  static const std::vector<ScheduleRow> rows{constantSchedule(), cosineSchedule(), oneCycleSchedule()};
  return rows;
}

} // namespace loom
