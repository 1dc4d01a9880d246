// SPDX-License-Identifier: Apache-2.0
// What the events of a run add up to: its state, progress and results. A pure function of the records in
// their order, so that a database made again from the journals says the same.
#pragma once
#include "core/run/events.h"
#include <cstdint>
#include <optional>
#include <string>

namespace loom {

struct RunFold {
  RunState state = RunState::waiting;
  int attempt = 0;
  std::string host, device;            // empty: not said yet
  std::int64_t started = 0, ended = 0; // microseconds since 1970
  double seconds = 0;                  // 0: not said yet
  std::int64_t step = 0, totalSteps = 0, epochs = 0, stepsPerEpoch = 0;
  std::optional<double> testMetric;
  std::string testMetricName;
  std::int64_t checkpoint = -1;
  std::string error;
};

// The step that a record belongs to; nullopt when it names none (or one that cannot be).
std::optional<std::int64_t> stepOf(const RunEvent& event);
std::string kindOf(const RunEvent& event); // empty when it names none
bool isSuperseded(std::string_view kind);  // records of this kind go with the points of their step
// The step beyond which the first record of an attempt takes everything earlier back: `resumed`, and
// `started` where an attempt that is not the first begins anew.
std::optional<std::int64_t> supersedesBeyond(int attempt, std::uint64_t sequence, const RunEvent& event);
void fold(RunFold& into, int attempt, const RunEvent& event);

} // namespace loom
