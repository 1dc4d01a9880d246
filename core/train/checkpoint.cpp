// SPDX-License-Identifier: Apache-2.0
#include "core/train/checkpoint.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/uuid.h"
#include "core/run/seal.h"
#include <algorithm>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

bool partIsThere(const fs::path& folder, const char* name) {
  std::error_code unknown;
  const auto type = fs::symlink_status(folder / name, unknown).type();
  return type != fs::file_type::not_found; // what cannot be asked is taken for there
}
// Nothing of its content is left: what a removal leaves that was killed half way.
bool isHusk(const fs::path& folder) {
  return !partIsThere(folder, modelFile) && !partIsThere(folder, optimizerFile) &&
         !partIsThere(folder, stateFile);
}
// Something that a checkpoint must have is missing; damage to what is there is left for people to see.
bool lacksParts(const fs::path& folder) {
  for (const char* name : {modelFile, optimizerFile, stateFile, manifestFile})
    if (!partIsThere(folder, name)) return true;
  return false;
}

template<class Wanted> std::vector<fs::path> foldersIn(const fs::path& all, Wanted&& wanted) {
  std::vector<fs::path> found;
  std::error_code fault;
  for (fs::directory_iterator entry(all, fault), end; !fault && entry != end; entry.increment(fault))
    if (wanted(entry->path())) found.push_back(entry->path());
  return found;
}

// First under a hidden name, so that a kill half way leaves nothing that looks like a checkpoint.
void removeCheckpoint(const fs::path& folder, std::error_code& fault) {
  const fs::path hidden =
      folder.parent_path() / fmt::format(".{}-{}.tmp", folder.filename().string(), newUuid());
  fs::rename(folder, hidden, fault);
  fs::remove_all(fault ? folder : hidden, fault);
}

// One folder at a time: a run whose folder was deleted is not made anew by its checkpoint.
Status makeFolder(const fs::path& folder) {
  std::error_code fault;
  fs::create_directory(folder, fault);
  if (!fault) return {};
  return writeError(folder, say("The folder cannot be made"), fault.value());
}

// Writes the parts, the manifest last, into `folder`.
Status writeParts(const fs::path& folder, const std::string& run, const Checkpoint& checkpoint) {
  Json files = Json::object();
  const auto write = [&](const char* name, const std::string& bytes) -> Status {
    files[name] = {{"bytes", bytes.size()}, {"xxh3", contentHash(bytes)}};
    return writeFileAtomically(folder / name, bytes);
  };
  if (Status done = write(modelFile, serialise(checkpoint.model)); !done) return done;
  if (Status done = write(optimizerFile, serialise(checkpoint.optimizer)); !done) return done;
  if (Status done = write(stateFile, canonicalJson(checkpoint.state)); !done) return done;
  const Json manifest =
      sealed({{"schema", checkpointSchema}, {"run", run}, {"step", checkpoint.step}, {"files", files}});
  return writeFileAtomically(folder / manifestFile, canonicalJson(manifest));
}

// For file systems that cannot exchange two names: between the two renames a kill leaves the old checkpoint
// under its hidden name alone, where bringBackCheckpoints() finds it.
Status replaceStepwise(const fs::path& temporary, const fs::path& target, const fs::path& all) {
  const fs::path before = all / fmt::format(".{}.old", target.filename().string());
  std::error_code ignored;
  fs::remove_all(before, ignored);
  if (Status moved = renameDurably(target, before); !moved) return moved;
  Status placed = renameDurably(temporary, target);
  if (placed)
    fs::remove_all(before, ignored);
  else
    fs::rename(before, target, ignored);
  return placed;
}

} // namespace

Status writeCheckpoint(const fs::path& runFolder, const Checkpoint& checkpoint) {
  const fs::path all = checkpointsOf(runFolder), target = checkpointFolder(runFolder, checkpoint.step);
  const fs::path temporary = all / fmt::format(".{}-{}.tmp", checkpoint.step, newUuid());
  for (const fs::path& folder : {all, temporary})
    if (Status made = makeFolder(folder); !made) return made;
  std::error_code ignored;
  Status written = writeParts(temporary, runIdOf(runFolder), checkpoint);
  if (written && fs::exists(target, ignored)) {
    // A resumed run came by this step again. What stood there goes only when the new one is in its place.
    written = exchangeDurably(temporary, target);
    if (!written) written = replaceStepwise(temporary, target, all);
    fs::remove_all(temporary, ignored);
  } else if (written) {
    written = renameDurably(temporary, target);
  }
  if (!written) fs::remove_all(temporary, ignored);
  return written;
}

void bringBackCheckpoints(const fs::path& runFolder) {
  const fs::path all = checkpointsOf(runFolder);
  std::error_code fault;
  std::vector<fs::path> hidden;
  for (fs::directory_iterator entry(all, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->path().extension() == ".old") hidden.push_back(entry->path());
  for (const fs::path& folder : hidden) {
    const std::string step = folder.stem().string().substr(1);
    if (checkpointStep(step) && !fs::exists(all / step, fault) && looksWholeCheckpoint(folder))
      fs::rename(folder, all / step, fault);
  }
  for (const fs::path& folder : foldersIn(all, [](const fs::path& path) {
         const std::string name = path.filename().string();
         return (name.front() == '.' && path.extension() == ".tmp") || (checkpointStep(name) && isHusk(path));
       }))
    fs::remove_all(folder, fault);
}

Status retainCheckpoints(const fs::path& runFolder, int keep, std::int64_t best) {
  const auto whole = listCheckpoints(runFolder);
  const auto last = static_cast<std::size_t>(std::max(keep, 1));
  std::error_code fault;
  for (std::size_t i = 0; i + last < whole.size(); ++i)
    if (whole[i] != best) removeCheckpoint(checkpointFolder(runFolder, whole[i]), fault);
  for (const fs::path& folder : foldersIn(checkpointsOf(runFolder), [](const fs::path& path) {
         return checkpointStep(path.filename().string()) && lacksParts(path);
       }))
    removeCheckpoint(folder, fault);
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator entry(checkpointsOf(runFolder), fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const std::string suffix = entry->path().extension().string();
    const bool ours = entry->path().filename().string().front() == '.';
    if (ours && (suffix == ".tmp" || suffix == ".old")) leftovers.push_back(entry->path());
  }
  for (const fs::path& folder : leftovers) fs::remove_all(folder, fault);
  if (fault)
    return Error{ErrorKind::other, checkpointsOf(runFolder),
                 say("old checkpoints cannot be removed: {}", foreign(fault.message())),
                 say("Check that the run's folder may be written")};
  return {};
}

} // namespace loom
