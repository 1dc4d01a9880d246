// SPDX-License-Identifier: Apache-2.0
// Where a project's history is, who may write it, and how its two databases are opened: checked, and moved
// aside when they are damaged, since the journals can make them again.
#pragma once
#include "core/base/os/file.h"
#include "core/store/labels.h"
#include "core/store/sqlite.h"
#include <filesystem>
#include <optional>
#include <vector>

namespace loom {

inline constexpr int historySchema = 1;

struct HistoryPlace {
  std::filesystem::path folder; // <project>/history, or under $XDG_STATE_HOME/neuroloom
  bool writable = false;
};
HistoryPlace historyPlace(const std::filesystem::path& project);
// The one under $XDG_STATE_HOME, where nothing can be kept beside the project.
HistoryPlace historyAway(const std::filesystem::path& project);

// history/lock, held by the one process that writes.
class HistoryLock {
 public:
  // Makes the folder. Empty when another process holds the lock.
  static Result<std::optional<HistoryLock>> take(const std::filesystem::path& folder);
  struct Holder {
    std::int64_t process = 0;
    std::string host;
  };
  // As the lock file names it; nothing when the file does not.
  static std::optional<Holder> holder(const std::filesystem::path& folder);

 private:
  HistoryLock() = default;
  os::File file_;
};

inline constexpr const char* catalogueName = "catalogue.db";
inline constexpr const char* metricsName = "metrics.db";

struct OwnedDatabase {
  Database database;
  bool made = false; // it was not there, or had to be moved aside
};
// Throws SqlFailure; a damaged file is moved aside and reported in `problems`. A new catalogue gets `labels` in
// the transaction that makes it; without a second copy, what a damaged one still tells of them.
OwnedDatabase openCatalogue(const std::filesystem::path& folder, const std::optional<Labels>& labels,
                            std::vector<Error>& problems);
OwnedDatabase openMetrics(const std::filesystem::path& folder, std::vector<Error>& problems);
// Throws when a database, or what belongs to it, is there and is not a regular file: a pipe would be waited
// for.
void refuseIrregular(const std::filesystem::path& file);
// There is hardly room for a database's first pages.
bool diskNearlyFull(std::filesystem::path folder);
// Waits up to two seconds for a database that its owner is just making; not where nobody can make one. Throws
// SqlFailure.
Database openForReading(const std::filesystem::path& file, bool writableFolder);

// A rebuild makes its two databases in <history>/rebuilding, while the old ones are in use. When both are whole
// and closed, it writes the marker `exchange.json` there, which says where the old ones go; from then on the
// exchange is completed by whoever opens the history next, if the rebuild is killed. Without the marker the
// folder is what a killed rebuild left behind, and is removed. The caller holds the history's lock, which is
// outside of that folder. Throws SqlFailure.
std::filesystem::path rebuildFolder(const std::filesystem::path& history);
void finishRebuild(const std::filesystem::path& history);
bool isRebuildLeft(const std::filesystem::path& history);
// The new name of an old database; empty: it is dropped, because it contains nothing.
struct OldCopies {
  std::filesystem::path catalogue, metrics;
};
Status writeExchangeMarker(const std::filesystem::path& history, const OldCopies& copies);
// Where a copy may go: <name>.before, <name>.before-2 and <name>.before-3.
inline constexpr int mostCopies = 3;
std::filesystem::path copyOf(const std::filesystem::path& file, int number);

// Renames a database with what belongs to it; the file itself is the last.
void moveDatabase(const std::filesystem::path& file, const std::filesystem::path& to);
// Moves a damaged file to <name>.damaged-<time>; the Error reports it.
enum class RebuiltFrom { journals, catalogue };
Error moveAside(const std::filesystem::path& file, const Message& cause, RebuiltFrom source);

} // namespace loom
