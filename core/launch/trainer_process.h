// SPDX-License-Identifier: Apache-2.0
// Starts the trainer of a run on this computer, for the queue and for launchers that start trainers
// themselves. Safe to call from several threads for different runs.
#pragma once
#include "core/run/request.h"

namespace loom {

// Starts `loom train` detached, and returns its process id. `program` is the path of `loom`, with the words
// of the program that is to start it before it, if any: {"nice", "-n", "10", "/usr/bin/loom"}. What it prints
// is appended to `console`; empty: console.log in the run's folder.
//
// The request names its run, and its project by an absolute path, whose runs can be reached (project_reach.h). A
// new run's folder is created with the request in it; after an Error neither remains.
Result<int> startTrainer(std::vector<std::string> program, const TrainRequest& request,
                         std::filesystem::path console = {});

// Removes what a start created in the run's folder, after its trainer ended before the run began. A folder that
// contains anything else, such as run.json, a journal or a checkpoint, stays as it is.
void removeStart(const std::filesystem::path& runFolder);

} // namespace loom
