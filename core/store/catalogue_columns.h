// SPDX-License-Identifier: Apache-2.0
// The columns of catalogue.db that both halves of it know; for its own files alone.
#pragma once
#include "core/run/run_lock.h"
#include <array>
#include <string_view>

namespace loom {

// The columns of a RunRow, by name.
namespace column {
enum Column : int {
  uuid,
  name,
  network,
  optimizer,
  schedule,
  device,
  host,
  data,
  state,
  created,
  started,
  ended,
  seconds,
  step,
  totalSteps,
  epochs,
  stepsPerEpoch,
  attempt,
  parameters,
  testMetric,
  testMetricName,
  checkpoint,
  error,
  alive,
  labelName,
  labelNote,
  labelArchived,
  placeSite,
  placeSince,
  placeWhy,
  checksum,
  count
};
} // namespace column
inline constexpr std::array<std::string_view, column::count> columnSql{"run.uuid",
                                                                       "run.name",
                                                                       "network",
                                                                       "optimizer",
                                                                       "schedule",
                                                                       "coalesce(device,'')",
                                                                       "coalesce(host,'')",
                                                                       "data",
                                                                       "state",
                                                                       "created",
                                                                       "started",
                                                                       "ended",
                                                                       "seconds",
                                                                       "step",
                                                                       "total_steps",
                                                                       "epochs",
                                                                       "steps_per_epoch",
                                                                       "attempt",
                                                                       "parameters",
                                                                       "test_metric",
                                                                       "test_metric_name",
                                                                       "checkpoint",
                                                                       "error",
                                                                       "alive",
                                                                       "label.name",
                                                                       "label.note",
                                                                       "label.archived",
                                                                       "coalesce(place.site,'')",
                                                                       "coalesce(place.since,0)",
                                                                       "coalesce(place.why,'')",
                                                                       "checked.sum"};
// What the checksum of a run is of: these, then its settings by name.
inline constexpr int checkedColumns = column::alive;

// The column `alive`. A version that knows no `unknown` takes it for running.
constexpr int aliveOf(Liveness::State liveness) {
  return liveness == Liveness::State::ended ? 0 : liveness == Liveness::State::running ? 1 : 2;
}
constexpr Liveness::State livenessOf(std::int64_t alive) {
  return alive == 0   ? Liveness::State::ended
         : alive == 2 ? Liveness::State::unknown
                      : Liveness::State::running;
}

} // namespace loom
