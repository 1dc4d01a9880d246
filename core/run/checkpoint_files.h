// SPDX-License-Identifier: Apache-2.0
// The folders and files of a run's checkpoints, as far as rooms need them that do not train: which there are,
// and which one is the best. Reading and writing their content is core/train/checkpoint.h.
#pragma once
#include "core/base/json.h"
#include <filesystem>
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
Result<std::vector<CheckpointPart>> readCheckpointManifest(const std::filesystem::path& folder);
// Sizes as the manifest says; the hashes are left to whoever reads the content.
bool looksWholeCheckpoint(const std::filesystem::path& folder);
// Ascending; only whole ones.
std::vector<std::int64_t> listCheckpoints(const std::filesystem::path& runFolder);

// The step of the lowest validation loss so far, by the state.json of a checkpoint; -1 when no epoch is
// finished. Kind input when the state is damaged.
Result<std::int64_t> bestStepOf(const Json& state, const std::string& place);

} // namespace loom
