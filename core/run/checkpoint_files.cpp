// SPDX-License-Identifier: Apache-2.0
#include "core/run/checkpoint_files.h"
#include "core/base/atomic_file.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/run/members.h"
#include "core/run/seal.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t largestPart = std::int64_t{1} << 40;

Message anotherCheckpoint() {
  return say("Use an earlier checkpoint; `loom train PROJECT --resume RUN` takes the newest whole one");
}
Error damaged(const fs::path& place, Message cause) {
  return {ErrorKind::input, place, std::move(cause), anotherCheckpoint()};
}

Result<CheckpointManifest> readManifest(const fs::path& folder) {
  auto json = readJsonFile(folder / manifestFile, 1u << 20);
  if (!json) return json.error();
  Members members(*json, (folder / manifestFile).string(), anotherCheckpoint());
  if (members.good()) members.schema(checkpointSchema);
  const Seal seal = members.good() ? sealOf(*json) : Seal::absent;
  members.require(seal != Seal::broken, say("The file does not match its own hash"));
  CheckpointManifest manifest;
  members.integer("step", manifest.step, 0, maxCount);
  if (seal == Seal::intact) members.text("run", manifest.run);
  const Json* files = members.object("files");
  if (!files) return members.error();
  for (const char* name : {modelFile, optimizerFile, stateFile}) {
    Members all(*files, members.place(), anotherCheckpoint());
    const Json* entry = all.object(name);
    if (!entry) return all.error();
    Members one(*entry, members.place(), anotherCheckpoint());
    CheckpointPart part{name, {}, 0};
    std::int64_t bytes = 0;
    one.integer("bytes", bytes, 0, largestPart);
    one.text("xxh3", part.hash);
    if (!one.good()) return one.error();
    part.bytes = static_cast<std::uint64_t>(bytes);
    manifest.parts.push_back(std::move(part));
  }
  if (!members.good()) return members.error();
  return manifest;
}

Result<std::string> readPart(const fs::path& folder, const CheckpointPart& part) {
  auto bytes = readWholeFile(folder / part.name, static_cast<std::size_t>(largestPart));
  if (!bytes) return bytes.error();
  if (bytes->size() != part.bytes)
    return damaged(folder / part.name, say("has {} bytes, its manifest says {}", bytes->size(), part.bytes));
  if (contentHash(*bytes) != part.hash)
    return damaged(folder / part.name, say("does not match the hash in its manifest"));
  return bytes;
}

// The first tensor with a value that `wrong` finds; empty when there is none.
template<class Wrong> std::string firstWith(const Safetensors& tensors, const Wrong& wrong) {
  for (const auto& [name, tensor] : tensors.tensors) {
    if (tensor.dtype != FileDType::f32) continue;
    const std::size_t count = tensor.data.size() / sizeof(float);
    for (std::size_t i = 0; i < count; ++i) {
      float value = 0;
      std::memcpy(&value, tensor.data.data() + i * sizeof(float), sizeof(float));
      if (wrong(name, value)) return name;
    }
  }
  return {};
}

// The model is finite, and each tensor of the optimizer has the shape of the parameter that it belongs to.
Status checkTensors(const Checkpoint& checkpoint, const fs::path& folder) {
  const fs::path model = folder / modelFile, optimizer = folder / optimizerFile;
  for (const auto& [name, tensor] : checkpoint.model.tensors)
    if (tensor.dtype != FileDType::f32 && tensor.dtype != FileDType::i64)
      return damaged(model, say("the tensor '{}' has a type that no layer has", name));
  if (const std::string name = firstNonFinite(checkpoint.model); !name.empty())
    return damaged(model, say("the tensor '{}' contains NaN or infinity", name));
  for (const auto& [name, tensor] : checkpoint.optimizer.tensors) {
    const auto owner = checkpoint.model.tensors.find(name.substr(0, name.rfind('.')));
    if (owner == checkpoint.model.tensors.end() || owner->second.dtype != FileDType::f32)
      return damaged(optimizer, say("the tensor '{}' belongs to no parameter", name));
    if (tensor.dtype != FileDType::f32 || tensor.shape != owner->second.shape)
      return damaged(optimizer, say("the tensor '{}' is {}, its parameter is {}", name,
                                    formatShape(tensor.shape), formatShape(owner->second.shape)));
  }
  // A sum of squares may have overflowed; it cannot be negative.
  const std::string name = firstWith(checkpoint.optimizer, [](const std::string& key, float value) {
    return std::isnan(value) || (value < 0 && key.ends_with(".exp_avg_sq"));
  });
  if (!name.empty())
    return damaged(optimizer, say("the tensor '{}' contains a value that no training gives it", name));
  return {};
}

Error thereIsNone(const fs::path& runFolder, std::int64_t step) {
  std::vector<std::string> there;
  for (std::int64_t one : listCheckpoints(runFolder)) there.push_back(std::to_string(one));
  return {ErrorKind::input, checkpointFolder(runFolder, step), say("there is no checkpoint of this step"),
          there.empty() ? say("Train the run first") : say("Use one of the steps {}", there)};
}

template<class Wanted> std::vector<std::int64_t> stepsIn(const fs::path& runFolder, const Wanted& wanted) {
  std::vector<std::int64_t> steps;
  std::error_code fault;
  for (fs::directory_iterator entry(checkpointsOf(runFolder), fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const auto step = checkpointStep(entry->path().filename().string());
    if (step && wanted(entry->path())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

} // namespace

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

Result<CheckpointManifest> readCheckpointManifest(const fs::path& runFolder, std::int64_t step) {
  const fs::path folder = checkpointFolder(runFolder, step);
  auto manifest = readManifest(folder);
  if (!manifest) return manifest;
  if (manifest->step != step)
    return damaged(folder / manifestFile,
                   say("It belongs to step {}, the folder is that of step {}", manifest->step, step));
  if (const std::string run = runIdOf(runFolder); !manifest->run.empty() && manifest->run != run)
    return damaged(folder / manifestFile,
                   say("It belongs to the run {}, the folder is that of the run {}", manifest->run, run));
  return manifest;
}

bool looksWholeCheckpoint(const fs::path& folder) {
  const auto manifest = readManifest(folder);
  if (!manifest) return false;
  return std::all_of(manifest->parts.begin(), manifest->parts.end(), [&](const CheckpointPart& part) {
    std::error_code missing;
    return fs::file_size(folder / part.name, missing) == part.bytes && !missing;
  });
}

std::vector<std::int64_t> listCheckpoints(const fs::path& runFolder) {
  return stepsIn(runFolder, looksWholeCheckpoint);
}
std::vector<std::int64_t> checkpointFolders(const fs::path& runFolder) {
  return stepsIn(runFolder, [](const fs::path&) { return true; });
}

Result<Checkpoint> readCheckpoint(const fs::path& runFolder, std::int64_t step) {
  const fs::path folder = checkpointFolder(runFolder, step);
  std::error_code missing;
  if (!fs::is_directory(folder, missing)) return thereIsNone(runFolder, step);
  const auto manifest = readCheckpointManifest(runFolder, step);
  if (!manifest) return manifest.error();
  Checkpoint checkpoint;
  checkpoint.step = step;
  for (const CheckpointPart& part : manifest->parts) {
    auto bytes = readPart(folder, part);
    if (!bytes) return bytes.error();
    const std::string place = (folder / part.name).string();
    if (part.name == stateFile) {
      auto json = parseJson(*bytes, place);
      if (!json) return json.error();
      const auto progress = progressFromJson(*json, place);
      if (!progress) return progress.error();
      if (progress->step != step)
        return damaged(place, say("Member 'step' must be {}, as its folder (got {})", step, progress->step));
      checkpoint.state = std::move(*json);
      continue;
    }
    auto tensors = parseSafetensors(*bytes, place);
    if (!tensors) return tensors.error();
    (part.name == modelFile ? checkpoint.model : checkpoint.optimizer) = std::move(*tensors);
  }
  if (const Status good = checkTensors(checkpoint, folder); !good) return good.error();
  return checkpoint;
}

Result<Checkpoint> newestCheckpoint(const fs::path& runFolder, std::vector<Error>& damages,
                                    const CheckpointTest& accepts) {
  std::vector<std::int64_t> steps = checkpointFolders(runFolder);
  std::reverse(steps.begin(), steps.end());
  for (std::int64_t step : steps) {
    auto checkpoint = readCheckpoint(runFolder, step);
    const Status accepted = checkpoint && accepts ? accepts(*checkpoint) : Status();
    if (checkpoint && accepted) return checkpoint;
    damages.push_back(checkpoint ? accepted.error() : checkpoint.error());
  }
  return Error{ErrorKind::input, checkpointsOf(runFolder), say("there is no whole checkpoint"),
               say("Train the run from its beginning")};
}

Result<Checkpoint> bestCheckpoint(const fs::path& runFolder, std::int64_t step, std::vector<Message>& notes) {
  if (step >= 0) return readCheckpoint(runFolder, step);
  std::vector<Error> damages;
  auto newest = newestCheckpoint(runFolder, damages);
  for (const Error& error : damages)
    if (newest) notes.push_back(say("A damaged checkpoint is skipped: {}", toMessage(error)));
  if (!newest)
    return damages.empty() ? Error{ErrorKind::input, runFolder, say("The run has no checkpoint yet"),
                                   say("Wait for the first epoch, or resume the run")}
                           : damages.front();
  const auto progress = progressFromJson(newest->state, runFolder.string());
  if (!progress) return progress.error();
  const std::int64_t bestStep = progress->best.step;
  if (bestStep < 0 || bestStep == newest->step) return newest;
  auto best = readCheckpoint(runFolder, bestStep);
  if (best) return best;
  notes.push_back(say("The checkpoint of the lowest validation loss cannot be used, step {} is used "
                      "instead: {}",
                      newest->step, toMessage(best.error())));
  return newest;
}

std::string firstNonFinite(const Safetensors& tensors) {
  return firstWith(tensors, [](const std::string&, float value) { return !std::isfinite(value); });
}

} // namespace loom
