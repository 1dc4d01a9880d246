// SPDX-License-Identifier: Apache-2.0
// What the trainer and whoever starts it share: how it is asked to stop, what it reports, and how it ended.
#pragma once
#include "core/base/json.h"
#include "core/base/result.h"
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loom {

// Signals set this; the trainer looks once a step. 1: checkpoint and stop (SIGTERM: exit 7; SIGINT: 130).
struct StopFlag {
  std::atomic<int> wanted{0};
};

// Every event that goes into the journal, and progress in between (event "progress" {step, total_steps,
// epoch, loss, steps_per_second, seconds_left}), at most ten a second; called on the trainer's thread.
using EventListener = std::function<void(const Json& event)>;

struct TrainOutcome {
  std::string run, status; // "finished", "stopped", …
  std::int64_t epochs = 0, steps = 0;
  double seconds = 0;
  std::int64_t checkpoint = -1; // step of the one with the lowest validation loss
  // Named val_loss, val_accuracy or val_r2, test_accuracy or test_r2, test_loss.
  std::vector<std::pair<std::string, double>> metrics;
  std::optional<Error> error; // diverged, out of memory …; a checkpoint stands nevertheless
};
Json toJson(const TrainOutcome& outcome);

} // namespace loom
