// SPDX-License-Identifier: Apache-2.0
#include "core/store/history.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/os/lock.h"
#include "core/base/os/paths.h"
#include "core/base/subprocess.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

// A database in a folder that cannot be written is whole only when its WAL was folded into it.
bool readableAsItLies(const fs::path& folder) {
  for (const char* name : {catalogueName, metricsName}) {
    std::error_code unknown;
    const fs::path file = folder / name;
    if (!fs::exists(file, unknown)) return false;
    const auto wal = fs::file_size(fs::path(file.string() + "-wal"), unknown);
    if (!unknown && wal > 0) return false;
  }
  return true;
}

std::string projectId(const fs::path& project) {
  if (const auto json = readJsonFile(project / "project.json")) {
    const auto id = JsonReader(*json, "project.json").text("id");
    const bool plain = id.ok() && !id->empty() && id->size() <= 64 &&
                       id->find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
    if (plain) return *id;
  }
  std::error_code unknown;
  const fs::path absolute = fs::weakly_canonical(project, unknown);
  return contentHash((unknown ? project : absolute).string());
}

} // namespace

HistoryPlace historyPlace(const fs::path& project) {
  const fs::path beside = project / "history";
  std::error_code unknown;
  const bool there = fs::is_directory(beside, unknown);
  const fs::path& looked = there ? beside : project;
  // SQLite's WAL wants memory shared by all who open it, which a network does not give. What cannot be asked
  // is taken for the one that needs more care.
  const bool local = fileFault("statfs", looked) == 0 && !os::isOnNetwork(looked).value_or(true);
  const bool writable = os::mayWriteInto(looked);
  if (!local || (!writable && !readableAsItLies(beside))) return historyAway(project);
  return {beside, writable};
}

HistoryPlace historyAway(const fs::path& project) { return {os::stateFolder() / projectId(project), true}; }

Result<std::optional<HistoryLock>> HistoryLock::take(const fs::path& folder) {
  const fs::path file = folder / "lock";
  const auto fail = [&](int error) { return writeError(file, say("the history cannot be written"), error); };
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return fail(failed.value());
  HistoryLock lock;
  if (const int code = lock.file_.open(file, os::Access::readWrite); code != 0) return fail(code);
  const auto [state, code] = os::tryLock(lock.file_);
  if (state == os::LockState::busy) return std::optional<HistoryLock>();
  if (state != os::LockState::taken) return fail(code);
  const std::string content = compactJson({{"pid", os::processId()}, {"host", hostName()}}) + "\n";
  if (const int cut = lock.file_.resize(0); cut != 0) return fail(cut);
  if (const os::Transfer written = lock.file_.writeAt(0, content); written.code != 0)
    return fail(written.code);
  return std::optional<HistoryLock>(std::move(lock));
}

std::optional<HistoryLock::Holder> HistoryLock::holder(const fs::path& folder) {
  const auto json = readJsonFile(folder / "lock", 4096);
  if (!json) return std::nullopt;
  const JsonReader reader(*json, "lock");
  const auto pid = reader.integer("pid");
  const auto host = reader.text("host");
  if (!pid || !host) return std::nullopt;
  return Holder{*pid, *host};
}

} // namespace loom
