// SPDX-License-Identifier: GPL-3.0-or-later
// What the queue knows of a run before its history begins: its settings and its name, and whether two requests
// ask for the same training. Pure functions.
#pragma once
#include "app/studio/bridge/views.h"
#include "core/run/request.h"
#include <span>
#include <string>

namespace loom {

// Network, data and settings of a new run, flat as the history lists those of a run that has begun.
void describeQueued(RunRow& row, const TrainRequest& request);
// "<network> · <n>": one more than the number of runs and than every number that this network's runs have.
// `queued` may contain runs that `stored` contains too.
std::string nextRunName(const std::string& network, std::span<const RunView> stored,
                        std::span<const RunView> queued = {});
// Both are new runs, and network, data and settings agree. The layout of the drawing and the run's name do
// not count.
bool sameTraining(const TrainRequest& one, const TrainRequest& other);

} // namespace loom
