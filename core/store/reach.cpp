// SPDX-License-Identifier: Apache-2.0
#include "core/store/reach.h"
#include "core/store/history.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

// The history of a landed version has no table of places: all of its runs are the project's own.
const char* ownRuns(const Database& database) {
  const bool places =
      database.number("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='place'") > 0;
  return places
             ? "SELECT uuid FROM run WHERE uuid NOT IN (SELECT run FROM place WHERE site<>'') ORDER BY uuid"
             : "SELECT uuid FROM run ORDER BY uuid";
}

} // namespace

StoredRuns storedRuns(const fs::path& project) {
  const HistoryPlace place = historyPlace(project);
  StoredRuns stored;
  stored.place = place.folder;
  // The catalogue knows the places; where it is missing, the other database knows the runs.
  for (const char* name : {catalogueName, metricsName}) {
    const fs::path file = place.folder / name;
    std::error_code unknown;
    if (!fs::exists(file, unknown) && !unknown) continue;
    const Status read = guarded([&]() -> Status {
      const Database database = openForReading(file, place.writable);
      Statement list = database.prepare(ownRuns(database));
      for (Rows rows = list.query(); rows.next();) stored.runs.push_back(rows.text(0));
      return {};
    });
    stored.readable = read.ok();
    break;
  }
  return stored;
}

std::optional<Error> whyUnreachable(const fs::path& project, RunSites& sites) {
  return sites.whyUnreachable([&] { return storedRuns(project); });
}

} // namespace loom
