// SPDX-License-Identifier: Apache-2.0
// Writes, sweeps and removes checkpoints (core/run/checkpoint_files.h reads them). The manifest is written
// last, then the folder is renamed into place.
#pragma once
#include "core/run/checkpoint_files.h"

namespace loom {

Status writeCheckpoint(const std::filesystem::path& runFolder, const Checkpoint& checkpoint);
// What a kill left half replaced stands in its place again; what it left half written or half removed goes.
// For the trainer, which holds the run's lock.
void bringBackCheckpoints(const std::filesystem::path& runFolder);
// Removes all but the last `keep` verified ones and `best`; leftovers of interrupted writes too.
Status retainCheckpoints(const std::filesystem::path& runFolder, int keep, std::int64_t best);

} // namespace loom
