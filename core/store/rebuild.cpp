// SPDX-License-Identifier: Apache-2.0
// The databases rebuilt from the journals. What only the old ones have, because a journal was damaged or
// cut since it was taken in, comes over from them; and the old ones are kept.
#include "core/base/error_message.h"
#include "core/store/project_store.h"
#include "core/store/reach.h"
#include "core/store/series_ids.h"
#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr int mostCopies = 3;

fs::path copyOf(const fs::path& file, int number) {
  return number == 1 ? fs::path(file.string() + ".before")
                     : fs::path(fmt::format("{}.before-{}", file.string(), number));
}

// How much a copy contains; -1 when it cannot be read.
std::int64_t fullness(const fs::path& file, bool metrics) {
  try {
    return Database(file, Database::Mode::reader)
        .number(metrics ? "SELECT coalesce(sum(points),0) FROM series" : "SELECT count(*) FROM event");
  } catch (const SqlFailure&) {
    return -1;
  }
}

// Where the next copy goes: a free name, or that of the one that contains least, of equal ones the oldest.
fs::path placeForCopy(const fs::path& file, bool metrics) {
  struct Copy {
    std::int64_t holds;
    fs::file_time_type time;
    fs::path path;
  };
  std::vector<Copy> all;
  for (int number = 1; number <= mostCopies; ++number) {
    const fs::path copy = copyOf(file, number);
    std::error_code unknown;
    if (!fs::exists(copy, unknown)) return copy;
    all.push_back({fullness(copy, metrics), fs::last_write_time(copy, unknown), copy});
  }
  const auto least = std::min_element(all.begin(), all.end(), [](const Copy& a, const Copy& b) {
    return std::tie(a.holds, a.time) < std::tie(b.holds, b.time);
  });
  for (const char* part : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(least->path.string() + part, ignored);
  }
  return least->path;
}

// A database's old copy beside the new one, on the new one's connection, under the name `old`.
class Attached {
 public:
  Attached(const Database& database, const fs::path& copy) : database_(database) {
    database.prepare("ATTACH ? AS old").run(copy.string());
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() {
    try {
      database_.execute("DETACH old");
    } catch (const SqlFailure&) {
      // The connection is closed soon, and with it what is attached.
    }
  }
  bool fits() const { return database_.number("PRAGMA old.user_version") == historySchema; }

 private:
  const Database& database_;
};

class CarryOver {
 public:
  CarryOver(ProjectStore& store, const fs::path& catalogue, const fs::path& metrics)
      : catalogue_(store.catalogue()), metrics_(store.metrics()), oldCatalogue_(catalogue_, catalogue),
        oldMetrics_(metrics_, metrics), copyName_(catalogue.filename().string()) {}

  void all(RunSites& sites, std::vector<Message>& findings) {
    if (!oldCatalogue_.fits() || !oldMetrics_.fits()) return;
    std::vector<std::string> runs;
    Statement list = catalogue_.prepare("SELECT uuid FROM old.run ORDER BY uuid");
    for (Rows rows = list.query(); rows.next();) runs.push_back(rows.text(0));
    // Folders of runs that are missing were deleted by somebody, as long as one of them is still there.
    const auto listing = sites.own().listing();
    const auto isThere = [&](const std::string& run) {
      return std::binary_search(listing->runs.begin(), listing->runs.end(), run);
    };
    const bool deleted =
        listing && listing->complete && (runs.size() == 1 || std::any_of(runs.begin(), runs.end(), isThere));
    for (const std::string& run : runs) one(run, deleted && !isThere(run) && isOwn(run), findings);
  }

 private:
  struct Holds {
    std::int64_t points = 0, records = 0;
    bool test = false, ended = false;
    bool more(const Holds& than) const {
      if (points != than.points) return points > than.points;
      return records > than.records || (test && !than.test) || (ended && !than.ended);
    }
  };

  static std::int64_t number(const Database& database, const std::string& sql, const std::string& run) {
    Statement statement = database.prepare(sql);
    Rows rows = statement.query(run);
    return rows.next() ? rows.integer(0) : 0;
  }
  Holds holds(const std::string& where, const std::string& run) const {
    const std::string ofRun = "(SELECT id FROM " + where + ".run WHERE uuid=?)";
    const std::string row = " FROM " + where + ".run WHERE uuid=?";
    return {
        number(metrics_, "SELECT coalesce(sum(points),0) FROM " + where + ".series WHERE run=" + ofRun, run),
        number(catalogue_, "SELECT count(*) FROM " + where + ".event WHERE run=" + ofRun, run),
        number(catalogue_, "SELECT test_metric_name<>''" + row, run) != 0,
        number(catalogue_, "SELECT ended>0" + row, run) != 0};
  }
  // The journals do not contain all that they contained when the old databases took them in.
  static bool journalsLost(const Database& database, const std::string& run) {
    return number(
               database,
               "SELECT EXISTS(SELECT 1 FROM main.source WHERE damaged AND run=(SELECT id FROM main.run WHERE "
               "uuid=?1)) OR EXISTS(SELECT 1 FROM old.source o WHERE o.run=(SELECT id FROM old.run WHERE "
               "uuid=?1) AND NOT EXISTS(SELECT 1 FROM main.source m WHERE m.run=(SELECT id FROM main.run "
               "WHERE uuid=?1) AND m.attempt=o.attempt AND m.offset>=o.offset))",
               run) != 0;
  }

  bool hasOldPlaces() const {
    return catalogue_.number("SELECT count(*) FROM old.sqlite_master WHERE type='table' AND name='place'") >
           0;
  }
  bool isOwn(const std::string& run) const {
    return !hasOldPlaces() ||
           number(catalogue_, "SELECT count(*) FROM old.place WHERE run=? AND site<>''", run) == 0;
  }

  void one(const std::string& run, bool deleted, std::vector<Message>& findings) {
    if (deleted && number(catalogue_, "SELECT count(*) FROM main.run WHERE uuid=?", run) == 0) {
      findings.push_back(
          say("run {}: its folder was deleted; {} still contains what was stored of it", run, copyName_));
      return;
    }
    if (!journalsLost(catalogue_, run) && !journalsLost(metrics_, run)) return;
    const Holds before = holds("old", run), now = holds("main", run);
    if (!before.more(now)) {
      if (before.records > now.records || (before.test && !now.test) || (before.ended && !now.ended))
        findings.push_back(say("run {}: the old history had records that the journals no longer contain; "
                               "they are kept in {}",
                               run, copyName_));
      return;
    }
    try {
      Transaction rows(catalogue_, true), points(metrics_, true);
      takeRows(run);
      takePoints(run);
      rows.commit();
      points.commit();
    } catch (const SqlFailure& failure) {
      findings.push_back(say("run {}: the old history had more than the journals ({} points, now {}), but it "
                             "cannot be carried over: {}; it is kept in {}",
                             run, before.points, now.points, failure.error.cause, copyName_));
      return;
    }
    findings.push_back(say("run {}: its journals no longer contain all that was stored ({} points and {} "
                           "records, now {} and {}); what the old history had is kept",
                           run, before.points, before.records, now.points, now.records));
  }

  void takeRows(const std::string& run) {
    CatalogueWriter writer(catalogue_);
    if (const auto found = writer.find(run)) writer.remove(found->number);
    const std::string columns = "uuid,configured,name,network,optimizer,schedule,data,created,parameters,"
                                "alive,state,attempt,host,device,"
                                "started,ended,seconds,step,total_steps,epochs,steps_per_epoch,test_metric,"
                                "test_metric_name,checkpoint,"
                                "error";
    catalogue_
        .prepare("INSERT INTO main.run(" + columns + ") SELECT " + columns + " FROM old.run WHERE uuid=?")
        .run(run);
    if (hasOldPlaces())
      catalogue_.prepare("INSERT OR REPLACE INTO main.place SELECT * FROM old.place WHERE run=?").run(run);
    take(catalogue_, run, "setting", "name,value");
    take(catalogue_, run, "event", "attempt,sequence,kind,step,json");
    take(catalogue_, run, "source", "attempt,offset,sequence,damaged");
  }

  void takePoints(const std::string& run) {
    SeriesWriter writer(metrics_);
    writer.remove(writer.runNumber(run));
    writer.runNumber(run);
    take(metrics_, run, "source", "attempt,offset,sequence,damaged");
    std::vector<std::pair<std::int64_t, std::string>> series;
    Statement list =
        metrics_.prepare("SELECT id,key FROM old.series WHERE run=(SELECT id FROM old.run WHERE uuid=?)");
    for (Rows rows = list.query(run); rows.next();) series.emplace_back(rows.integer(0), rows.text(1));
    take(metrics_, run, "series",
         "key,chunks,points,non_finite,first_step,last_step,last_time,last,minimum,minimum_step,maximum,"
         "maximum_step");
    Statement find = metrics_.prepare(
        "SELECT id FROM main.series WHERE run=(SELECT id FROM main.run WHERE uuid=?) AND key=?");
    std::vector<Statement> copies;
    for (const auto& [table, columns] :
         {std::pair("chunk",
                    "first_step,last_step,first_time,last_time,non_finite,minimum,minimum_step,maximum,"
                    "maximum_step,sum,coarse"),
          std::pair("fine", "data"), std::pair("raw", "data"), std::pair("tail", "data")})
      copies.push_back(metrics_.prepare(fmt::format(
          "INSERT INTO main.{0} SELECT id+?3,{1} FROM old.{0} WHERE id BETWEEN ?1 AND ?2", table, columns)));
    for (const auto& [id, key] : series) {
      Rows rows = find.query(run, key);
      if (!rows.next()) continue;
      const std::int64_t moved = chunkId(rows.integer(0), 0) - chunkId(id, 0);
      for (Statement& copy : copies) copy.run(chunkId(id, 0), lastChunkId(id), moved);
    }
  }

  static void take(const Database& database, const std::string& run, const std::string& table,
                   const std::string& columns) {
    database
        .prepare("INSERT INTO main." + table + "(run," + columns +
                 ") SELECT (SELECT id FROM main.run WHERE uuid=?1)," + columns + " FROM old." + table +
                 " WHERE run=(SELECT id FROM old.run WHERE uuid=?1)")
        .run(run);
  }

  const Database& catalogue_;
  const Database& metrics_;
  Attached oldCatalogue_, oldMetrics_;
  std::string copyName_;
};

} // namespace

Result<VerifyReport> rebuildHistory(const fs::path& project) {
  const HistoryPlace place = historyPlace(project);
  if (!place.writable)
    return Error{ErrorKind::other, place.folder.string(),
                 say("the history cannot be rebuilt: its folder cannot be written"),
                 say("Allow writing in the project's folder, or open a copy of the project")};
  RunSites sites(project);
  if (auto why = whyUnreachable(project, sites)) return *why;
  std::vector<Message> findings;
  fs::path copies[2];
  {
    auto lock = HistoryLock::take(place.folder);
    if (!lock) return lock.error();
    if (!*lock) {
      const auto holder = HistoryLock::holder(place.folder);
      return Error{ErrorKind::other, place.folder.string(),
                   holder ? say("process {} on {} owns the history", holder->process, holder->host)
                          : say("another process owns the history"),
                   say("Close it, then try again")};
    }
    const Status moved = guarded([&]() -> Status {
      std::vector<Error> problems;
      const bool remade = keepLabels(project, place.folder, problems);
      for (const Error& problem : problems) findings.push_back(toMessage(problem));
      for (const bool metrics : {false, true}) {
        const fs::path file = place.folder / (metrics ? metricsName : catalogueName);
        std::error_code unknown;
        if (!fs::exists(file, unknown) || (remade && !metrics)) continue;
        refuseIrregular(file);
        copies[metrics] = placeForCopy(file, metrics);
        moveDatabase(file, copies[metrics]);
      }
      return {};
    });
    if (!moved) return moved.error();
  }
  {
    auto store = openStore(project, Store::Access::owner);
    if (!store) return store.error();
    // The new history knows less than the old one, so it must not decide what is complete.
    const auto taken = (*store)->takeIn(sites, false);
    if (!taken) return taken.error();
    for (const Error& problem : taken->problems) findings.push_back(toMessage(problem));
    if (!copies[0].empty() && !copies[1].empty()) try {
        CarryOver(**store, copies[0], copies[1]).all(sites, findings);
      } catch (const SqlFailure& failure) {
        if (!failure.damaged) return failure.error;
        // The old ones cannot be read; what the journals hold stands alone.
      }
  }
  auto report = verifyHistory(project);
  if (!report) return report;
  for (Message& finding : findings)
    if (std::find(report->findings.begin(), report->findings.end(), finding) == report->findings.end())
      report->findings.push_back(std::move(finding));
  return report;
}

} // namespace loom
