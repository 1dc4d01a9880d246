// SPDX-License-Identifier: Apache-2.0
#include "core/run/schedules.h"

namespace loom {

ScheduleRow constantSchedule() {
  return {"constant", "The same rate at every step.", {}, [](std::int64_t, std::int64_t, const Params&) {
            return 1.0;
          }};
}

} // namespace loom
