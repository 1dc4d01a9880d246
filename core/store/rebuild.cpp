// SPDX-License-Identifier: Apache-2.0
// The databases rebuilt from the journals, in a folder beside the old ones. What only the old ones have, because
// a journal was damaged or cut since it was taken in, is copied from them; then the two pairs are exchanged
// (core/store/exchange.cpp), and the old ones are kept.
#include "core/base/atomic_file.h"
#include "core/base/error_message.h"
#include "core/store/project_store.h"
#include "core/store/reach.h"
#include "core/store/schema.h"
#include "core/store/series_ids.h"
#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace loom {
namespace {

namespace fs = std::filesystem;

// Whether it can be asked; damage deeper in it is found while it is read.
bool isOurs(const Database& database, const Schema& schema) {
  if (database.number("PRAGMA user_version") != historySchema) return false;
  checkSchema(database, schema);
  return true;
}
bool isOurs(const fs::path& file, const Schema& schema) {
  try {
    return isOurs(Database(file, Database::Mode::reader), schema);
  } catch (const SqlFailure& failure) {
    if (!failure.damaged) throw;
    return false;
  }
}

// How much a copy contains; -1 when it cannot be read. No plain count(*): SQLite counts without the steps that
// are limited.
std::int64_t fullness(const fs::path& file, bool metrics) {
  try {
    setJournalAside(file);
    const Database database(file, Database::Mode::reader);
    if (!isOurs(database, metrics ? metricsSchema : catalogueSchema)) return -1;
    return database.number(metrics ? "SELECT coalesce(sum(points),0) FROM series"
                                   : "SELECT count(sequence) FROM event");
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
  return least->path;
}

// Of what takes its place the name must be free: see exchangeOne().
void removeDatabase(const fs::path& file) {
  for (const char* part : {"-wal", "-shm", ""}) {
    std::error_code failed;
    fs::remove(file.string() + part, failed);
    if (failed)
      throw SqlFailure(writeError(file, say("an older copy cannot be removed"), failed.value()), false);
  }
}

// The old database on the new one's connection, under the name `old`.
class Attached {
 public:
  Attached(const Database& database, const fs::path& file) : database_(database) { database.attachOld(file); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  ~Attached() {
    try {
      database_.execute("DETACH old");
    } catch (const SqlFailure&) {
      // The connection is closed soon, and with it what is attached.
    }
  }

 private:
  const Database& database_;
};

class CarryOver {
 public:
  // `copyName`: what the old catalogue will be called.
  CarryOver(ProjectStore& store, const fs::path& history, std::string copyName)
      : catalogue_(store.catalogue()), metrics_(store.metrics()),
        oldCatalogue_(catalogue_, history / catalogueName), oldMetrics_(metrics_, history / metricsName),
        copyName_(std::move(copyName)) {}

  void all(RunSites& sites, std::vector<Message>& findings) {
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

  // An attempt has another journal now than the old history had: another first record.
  bool isReplaced(const std::string& run) const {
    return number(
               catalogue_,
               "SELECT EXISTS(SELECT 1 FROM old.event o JOIN main.event m ON m.run=(SELECT id FROM main.run "
               "WHERE uuid=?1) AND m.attempt=o.attempt AND m.sequence=0 WHERE o.run=(SELECT id FROM old.run "
               "WHERE uuid=?1) AND o.attempt>0 AND o.sequence=0 AND o.json<>m.json)",
               run) != 0;
  }

  static bool hasOld(const Database& database, const std::string& table) {
    return number(database, "SELECT count(*) FROM old.sqlite_master WHERE type='table' AND name=?", table) >
           0;
  }
  bool hasOldPlaces() const { return hasOld(catalogue_, "place"); }
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
    if (isReplaced(run)) {
      findings.push_back(
          say("run {}: the first record of a journal is not the one that was stored; the folder may "
              "come from an older copy. {} still contains what was stored of the run",
              run, copyName_));
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
    // As it was stored, so that what did not match there does not match here.
    if (hasOld(catalogue_, "checked")) take(catalogue_, run, "checked", "sum");
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
    if (hasOld(metrics_, "checked"))
      metrics_
          .prepare(
              "INSERT INTO main.checked SELECT made.id,sum FROM old.checked JOIN old.series AS kept ON "
              "kept.id=old.checked.series JOIN main.series AS made ON made.key=kept.key WHERE "
              "kept.run=(SELECT id FROM old.run WHERE uuid=?1) AND made.run=(SELECT id FROM main.run WHERE "
              "uuid=?1)")
          .run(run);
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

class Rebuild {
 public:
  Rebuild(const fs::path& project, HistoryPlace place, HistoryLock lock)
      : project_(project), place_(std::move(place)), lock_(std::move(lock)) {}
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;
  ~Rebuild() {
    closeStore();
    if (ready_) return; // whatever is missing is completed by the next opening
    try {
      finishRebuild(place_.folder);
    } catch (const SqlFailure&) {
      // The next opening removes it.
    }
  }

  Result<VerifyReport> run() {
    prepare();
    auto report = build();
    if (!report) return report;
    closeStore();
    for (const fs::path& copy : {copies_.catalogue, copies_.metrics})
      if (!copy.empty()) removeDatabase(copy);
    if (const auto written = writeExchangeMarker(place_.folder, copies_); !written) return written.error();
    ready_ = true;
    finishRebuild(place_.folder);
    for (Message& finding : findings_)
      if (std::find(report->findings.begin(), report->findings.end(), finding) == report->findings.end())
        report->findings.push_back(std::move(finding));
    return report;
  }

 private:
  void prepare() {
    finishRebuild(place_.folder);
    std::vector<Error> problems;
    const bool remade = keepLabels(project_, place_.folder, problems);
    for (const Error& problem : problems) findings_.push_back(toMessage(problem));
    for (const bool metrics : {false, true}) {
      const fs::path file = place_.folder / (metrics ? metricsName : catalogueName);
      std::error_code unknown;
      if (!fs::exists(file, unknown) || (remade && !metrics)) continue;
      refuseIrregular(file);
      (metrics ? copies_.metrics : copies_.catalogue) = placeForCopy(file, metrics);
    }
    const fs::path folder = rebuildFolder(place_.folder);
    std::error_code failed;
    fs::create_directory(folder, failed);
    std::error_code unknown;
    if (!failed && fs::exists(labelFile(place_.folder), unknown))
      fs::copy_file(labelFile(place_.folder), labelFile(folder), failed);
    if (failed)
      throw SqlFailure(writeError(folder, say("the new history cannot be written"), failed.value()), false);
  }

  Result<VerifyReport> build() {
    store_ = std::make_unique<ProjectStore>(project_, HistoryPlace{rebuildFolder(place_.folder), true},
                                            std::exchange(lock_, std::nullopt));
    RunSites sites(project_);
    // The new history knows less than the old one, so it must not decide what is complete.
    const auto taken = store_->takeIn(sites, false);
    if (!taken) return taken.error();
    for (const Error& problem : taken->problems) findings_.push_back(toMessage(problem));
    if (!copies_.catalogue.empty() && !copies_.metrics.empty()) try {
        if (isOurs(place_.folder / catalogueName, catalogueSchema) &&
            isOurs(place_.folder / metricsName, metricsSchema))
          CarryOver(*store_, place_.folder, copies_.catalogue.filename().string()).all(sites, findings_);
      } catch (const SqlFailure& failure) {
        if (!failure.damaged) return failure.error;
        // The old ones cannot be read; what the journals hold stands alone.
      }
    return verifyStore(*store_, sites, false);
  }

  void closeStore() {
    if (!store_) return;
    lock_ = store_->close();
    store_.reset();
  }

  fs::path project_;
  HistoryPlace place_;
  std::optional<HistoryLock> lock_;
  std::unique_ptr<ProjectStore> store_;
  OldCopies copies_;
  std::vector<Message> findings_;
  bool ready_ = false;
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
  auto lock = HistoryLock::take(place.folder);
  if (!lock) return lock.error();
  if (!*lock) {
    const auto holder = HistoryLock::holder(place.folder);
    return Error{ErrorKind::other, place.folder.string(),
                 holder ? say("process {} on {} owns the history", holder->process, holder->host)
                        : say("another process owns the history"),
                 say("Close it, then try again")};
  }
  return guarded([&]() -> Result<VerifyReport> { return Rebuild(project, place, std::move(**lock)).run(); });
}

} // namespace loom
