// SPDX-License-Identifier: Apache-2.0
// checkpoints/<step>/: model.safetensors, optimizer.safetensors, state.json, manifest.json (sizes and hashes,
// written last), then the folder is renamed into place. Weights under PyTorch's state_dict names and layouts.
#pragma once
#include "core/base/json.h"
#include "core/base/safetensors.h"
#include "core/run/checkpoint_files.h"
#include <filesystem>

namespace loom {

struct Checkpoint {
  std::int64_t step = 0;
  Safetensors model;     // parameters and states
  Safetensors optimizer; // "<key>.exp_avg", "<key>.exp_avg_sq", "<key>.momentum_buffer"
  Json state; // epoch, batch in epoch, rate factor, seconds, best loss and step, point of the journal …
};
Status writeCheckpoint(const std::filesystem::path& runFolder, const Checkpoint& checkpoint);
// Sizes and hashes are verified; kind input when damaged.
Result<Checkpoint> readCheckpoint(const std::filesystem::path& runFolder, std::int64_t step);
// What a kill left half replaced stands in its place again; what it left half written or half removed goes.
// For the trainer, which holds the run's lock.
void bringBackCheckpoints(const std::filesystem::path& runFolder);
// The newest that is whole; those found damaged are reported in `damaged`.
Result<Checkpoint> newestCheckpoint(const std::filesystem::path& runFolder, std::vector<Error>& damaged);
// Removes all but the last `keep` verified ones and `best`; leftovers of interrupted writes too.
Status retainCheckpoints(const std::filesystem::path& runFolder, int keep, std::int64_t best);

} // namespace loom
