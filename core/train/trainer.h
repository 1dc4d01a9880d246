// SPDX-License-Identifier: Apache-2.0
// The loop: prepares once, then steps; keeps the journal, checkpoints, validates each epoch, tests once at
// the end with the checkpoint of the lowest validation loss. Same seed, machine and thread count: the same
// losses bit for bit; a resumed run equals the uninterrupted one.
#pragma once
#include "core/base/json.h"
#include "core/run/project.h"
#include "core/run/request.h"
#include <atomic>
#include <functional>

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
  std::vector<std::pair<std::string, double>>
      metrics;                // val_loss, val_accuracy | val_r2, test_accuracy | test_r2, test_loss
  std::optional<Error> error; // diverged, out of memory …; a checkpoint stands nevertheless
};
Json toJson(const TrainOutcome& outcome);

Result<TrainOutcome> train(const TrainRequest& request, const EventListener& listener, StopFlag& stop);

} // namespace loom
