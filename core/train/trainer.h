// SPDX-License-Identifier: Apache-2.0
// The loop: prepares once, then steps; keeps the journal, checkpoints, validates each epoch, tests once at
// the end with the checkpoint of the lowest validation loss. Same seed, machine and thread count: the same
// losses bit for bit; a resumed run equals the uninterrupted one.
#pragma once
#include "core/run/project.h"
#include "core/run/request.h"
#include "core/train/outcome.h"

namespace loom {

Result<TrainOutcome> train(const TrainRequest& request, const EventListener& listener, StopFlag& stop);

} // namespace loom
