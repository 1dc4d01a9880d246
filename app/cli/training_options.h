// SPDX-License-Identifier: Apache-2.0
// What `loom train` and `loom estimate` are told in the same words: the project, its network, and the
// settings on which memory and time depend.
#pragma once
#include "core/run/run_config.h"
#include <CLI/CLI.hpp>
#include <string>

namespace loom {

struct TrainingOptions {
  std::string project, network, device;
  std::int64_t epochs = 0, batch = 0;
  int threads = -1;
};
// Adds them to a verb; `options` outlives it.
void defineTrainingOptions(CLI::App& app, TrainingOptions& options);
// Those that were given, over the project's defaults.
void takeOver(const CLI::App& app, const TrainingOptions& options, TrainSettings& settings);

} // namespace loom
