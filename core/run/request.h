// SPDX-License-Identifier: Apache-2.0
// What is asked of a trainer: by a person at the terminal, or by a launcher for the window.
#pragma once
#include "core/run/run_config.h"

namespace loom {

struct TrainRequest {
  std::filesystem::path project;
  std::string network; // empty: the project's first
  TrainSettings settings;
  std::string name;   // of the run; empty: "<network> · <n>"
  std::string resume; // id of a run to go on with; then only settings.epochs may be raised (0: as it was)
  std::string run;    // id for a new run; empty: made by the trainer
};

} // namespace loom
