// SPDX-License-Identifier: Apache-2.0
#include "core/run/checkpoint_files.h"
#include <algorithm>
#include <charconv>

namespace loom {

namespace fs = std::filesystem;

fs::path checkpointsOf(const fs::path& runFolder) { return runFolder / "checkpoints"; }
fs::path checkpointFolder(const fs::path& runFolder, std::int64_t step) {
  return checkpointsOf(runFolder) / std::to_string(step);
}

std::optional<std::int64_t> checkpointStep(const std::string& name) {
  std::int64_t step = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (fault != std::errc{} || end != name.data() + name.size() || step < 0) return std::nullopt;
  return std::to_string(step) == name ? std::optional(step) : std::nullopt;
}

Result<std::vector<CheckpointPart>> readCheckpointManifest(const fs::path& folder) {
  auto json = readJsonFile(folder / manifestFile, 1u << 20);
  if (!json) return json.error();
  const JsonReader reader(*json, (folder / manifestFile).string());
  const auto schema = reader.integer("schema");
  if (!schema) return schema.error();
  if (*schema > checkpointSchema)
    return Error{ErrorKind::input, reader.place(),
                 say("the checkpoint has version {}, this program reads up to {}", *schema, checkpointSchema),
                 say("Use a newer Neuroloom")};
  const auto files = reader.object("files");
  if (!files) return files.error();
  std::vector<CheckpointPart> parts;
  for (const char* name : {modelFile, optimizerFile, stateFile}) {
    const JsonReader all(**files, reader.place());
    const auto entry = all.object(name);
    if (!entry) return entry.error();
    const JsonReader one(**entry, reader.place());
    const auto bytes = one.unsignedInteger("bytes");
    if (!bytes) return bytes.error();
    auto hash = one.text("xxh3");
    if (!hash) return hash.error();
    parts.push_back({name, std::move(*hash), *bytes});
  }
  return parts;
}

bool looksWholeCheckpoint(const fs::path& folder) {
  const auto parts = readCheckpointManifest(folder);
  if (!parts) return false;
  return std::all_of(parts->begin(), parts->end(), [&](const CheckpointPart& part) {
    std::error_code missing;
    return fs::file_size(folder / part.name, missing) == part.bytes && !missing;
  });
}

std::vector<std::int64_t> listCheckpoints(const fs::path& runFolder) {
  std::vector<std::int64_t> steps;
  std::error_code fault;
  for (fs::directory_iterator entry(checkpointsOf(runFolder), fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const auto step = checkpointStep(entry->path().filename().string());
    if (step && looksWholeCheckpoint(entry->path())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

Result<std::int64_t> bestStepOf(const Json& state, const std::string& place) {
  return JsonReader(state, place).integer("best_step");
}

} // namespace loom
