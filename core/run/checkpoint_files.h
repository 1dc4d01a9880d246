// SPDX-License-Identifier: Apache-2.0
// The checkpoints of a run: checkpoints/<step>/ with model.safetensors, optimizer.safetensors, state.json and
// manifest.json, which contains sizes and hashes of the other three, the run, the step, and its own hash
// (core/run/seal.h). Weights have PyTorch's state_dict names and layouts. A checkpoint is read as a whole or
// not at all. Written by core/train/checkpoint.h.
#pragma once
#include "core/base/safetensors.h"
#include "core/run/progress.h"
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loom {

inline constexpr int checkpointSchema = 1;
inline constexpr const char* modelFile = "model.safetensors";
inline constexpr const char* optimizerFile = "optimizer.safetensors";
inline constexpr const char* stateFile = "state.json";
inline constexpr const char* manifestFile = "manifest.json";

std::filesystem::path checkpointsOf(const std::filesystem::path& runFolder);
std::filesystem::path checkpointFolder(const std::filesystem::path& runFolder, std::int64_t step);
// The step that a folder's name is; nothing when it is none.
std::optional<std::int64_t> checkpointStep(const std::string& folderName);

struct CheckpointPart {
  std::string name, hash;
  std::uint64_t bytes = 0;
};
struct CheckpointManifest {
  std::string run; // empty: of an earlier version, which did not write it
  std::int64_t step = 0;
  std::vector<CheckpointPart> parts; // model, optimizer, state
  const std::string& modelHash() const { return parts.front().hash; }
};
// The manifest alone. Kind input when it is damaged, or belongs to another run or step than its folder.
Result<CheckpointManifest> readCheckpointManifest(const std::filesystem::path& runFolder, std::int64_t step);
// Sizes as the manifest says; the hashes are left to whoever reads the content.
bool looksWholeCheckpoint(const std::filesystem::path& folder);
// Ascending; only those that look whole.
std::vector<std::int64_t> listCheckpoints(const std::filesystem::path& runFolder);
// All folders that are named as a checkpoint is; ascending.
std::vector<std::int64_t> checkpointFolders(const std::filesystem::path& runFolder);

struct Checkpoint {
  std::int64_t step = 0;
  Safetensors model;     // parameters and states; finite
  Safetensors optimizer; // "<key>.exp_avg", "<key>.exp_avg_sq", "<key>.momentum_buffer"
  Json state;            // a Progress
};
// Sizes, hashes, run, step, the values of the state and the shapes of the optimizer's tensors are verified.
// Kind input when something is wrong.
Result<Checkpoint> readCheckpoint(const std::filesystem::path& runFolder, std::int64_t step);
// The newest that is whole and that `accepts` takes; those found damaged are reported in `damaged`.
using CheckpointTest = std::function<Status(const Checkpoint& checkpoint)>;
Result<Checkpoint> newestCheckpoint(const std::filesystem::path& runFolder, std::vector<Error>& damaged,
                                    const CheckpointTest& accepts = {});
// Step -1: the checkpoint of the lowest validation loss as the newest whole one names it; when that one is
// damaged, the newest whole one. `notes` says what was skipped.
Result<Checkpoint> bestCheckpoint(const std::filesystem::path& runFolder, std::int64_t step,
                                  std::vector<Message>& notes);
// The first tensor that contains NaN or infinity; empty when all are finite.
std::string firstNonFinite(const Safetensors& tensors);

} // namespace loom
