// SPDX-License-Identifier: Apache-2.0
// The history against the journals. What the journals contain is taken in once more, into scratch files, and
// compared with what is stored, row by row, so that memory stays small however long the journals are.
#include "core/base/error_message.h"
#include "core/store/project_store.h"
#include "core/store/reach.h"
#include <algorithm>
#include <bit>
#include <set>

namespace loom {
namespace {

namespace fs = std::filesystem;

std::string cellText(const Rows& rows, int column) {
  return rows.isNull(column) ? "NULL" : rows.text(column).substr(0, 80);
}

bool samePoints(const PointBlock& a, const PointBlock& b) {
  const auto sameValue = [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  };
  return a.steps == b.steps && a.times == b.times &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), sameValue);
}

// One run of both databases rebuilt, in files that nobody else sees.
class Scratch {
 public:
  Scratch()
      : catalogueFile_("scratch", Database::Mode::scratch), metricsFile_("scratch", Database::Mode::scratch),
        catalogue_(prepared(catalogueFile_, createCatalogue)), series_(prepared(metricsFile_, createMetrics)),
        reader_(metricsFile_) {}

  void begin(const std::string& run, const Result<std::string>& config) {
    catalogueRun_ = catalogue_.add(run).number;
    metricsRun_ = series_.runNumber(run);
    const auto json = readConfigText(config, "run.json");
    if (json) catalogue_.configure(catalogueRun_, *json);
  }
  // A living store may have a record in one of its files and not yet in the other.
  void take(int attempt, const JournalLine& line, bool asEvent, bool asPoints) {
    if (isPoints(line.json)) return takePoints(line, asPoints);
    const auto event = parseJson(line.json, "record");
    if (!event || !event->is_object()) return;
    const std::string kind = kindOf(*event);
    if (kind == "points") return takePoints(line, asPoints);
    if (kind.empty()) return;
    if (asPoints)
      if (const auto beyond = supersedesBeyond(attempt, line.sequence, *event))
        series_.supersede(metricsRun_, *beyond);
    if (asEvent) catalogue_.take(catalogueRun_, attempt, line.sequence, *event);
  }
  void finish() {
    catalogue_.flush();
    series_.flush();
  }
  void clear() {
    catalogue_.remove(catalogueRun_);
    series_.remove(metricsRun_);
  }
  const Database& catalogue() const { return catalogueFile_; }
  const Database& metrics() const { return metricsFile_; }
  SeriesReader& reader() { return reader_; }

 private:
  void takePoints(const JournalLine& line, bool wanted) {
    if (wanted && readPoints(line.json, "record", columns_)) series_.append(metricsRun_, columns_);
  }
  static const Database& prepared(const Database& database, void (*create)(const Database&)) {
    database.execute("PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA cache_size=-16384");
    create(database);
    return database;
  }
  Database catalogueFile_, metricsFile_;
  CatalogueWriter catalogue_;
  SeriesWriter series_;
  SeriesReader reader_;
  std::int64_t catalogueRun_ = 0, metricsRun_ = 0;
  PointColumns columns_;
};

class Verifier {
 public:
  // `living`: runs whose journals may have grown since they were taken in.
  Verifier(ProjectStore& store, RunSites& sites, std::set<std::string> living, VerifyReport& report)
      : store_(store), sites_(sites), living_(std::move(living)), report_(report) {
    const char* sql = "SELECT offset FROM source WHERE run=(SELECT id FROM run WHERE uuid=?) AND attempt=?";
    eventsReached_ = store.catalogue().prepare(sql);
    pointsReached_ = store.metrics().prepare(sql);
  }

  Status all() {
    integrity();
    const auto runs = sites_.runs();
    if (!runs) return report_.unreachable ? Status() : Status(runs.error());
    for (const auto& [run, site] : *runs) {
      // An owner takes in what a living trainer has written since.
      const Transaction rows(store_.catalogue(), false), points(store_.metrics(), false);
      if (auto done = one(run, site->journals()); !done) return done;
    }
    const auto rows = store_.runs();
    if (!rows) return rows.error();
    for (const RunRow& row : *rows)
      if (row.damaged) find(say("run {}: stored values do not match their checksum", row.id));
    const auto own = sites_.own().listing();
    if (!own || !own->complete) return {};
    Statement listed = store_.catalogue().prepare("SELECT uuid FROM run ORDER BY uuid");
    for (Rows rows = listed.query(); rows.next();)
      if (!std::binary_search(own->runs.begin(), own->runs.end(), rows.text(0)))
        find(say("run {}: it is stored, but its folder is missing", rows.text(0)));
    return {};
  }

 private:
  void find(Message finding) {
    constexpr std::size_t mostFindings = 1000;
    report_.good = false;
    if (report_.findings.size() < mostFindings) report_.findings.push_back(std::move(finding));
  }

  void integrity() {
    for (const Database* database : {&store_.catalogue(), &store_.metrics()}) {
      Statement check = database->prepare("PRAGMA integrity_check(3)");
      for (Rows rows = check.query(); rows.next();)
        if (rows.text(0) != "ok") find(say("{}: {}", database->file().filename(), foreign(rows.text(0))));
    }
  }

  Status one(const std::string& run, JournalSource& journals) {
    ++report_.runs;
    const auto attempts = journals.attempts(run);
    if (!attempts) return attempts.error();
    const auto config = journals.config(run);
    if (attempts->empty() && !config) {
      --report_.runs;
      return {};
    }
    scratch_.begin(run, config);
    for (const int attempt : *attempts)
      if (auto read = readAttempt(run, attempt, journals); !read) return read;
    scratch_.finish();
    try {
      compareRows(run);
      comparePoints(run);
      for (auto& finding : store_.series().checkChunks(run)) find(std::move(finding));
    } catch (const SqlFailure& failure) {
      if (!failure.damaged) throw;
      find(say("run {}: {}", run, toMessage(failure.error)));
    }
    scratch_.clear();
    return {};
  }

  // As far as the store says that it has it; a living trainer may have written more since.
  Status readAttempt(const std::string& run, int attempt, JournalSource& journals) {
    const Place place = placeOfJournal(run, attempt);
    const auto offsetIn = [&](Statement& statement) -> std::uint64_t {
      Rows rows = statement.query(run, attempt);
      return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
    };
    const std::uint64_t events = offsetIn(eventsReached_), points = offsetIn(pointsReached_);
    const std::uint64_t reached = std::max(events, points);
    JournalState state;
    for (std::uint64_t offset = 0;;) {
      const auto bytes = journals.bytes(run, attempt, offset, 4u << 20);
      if (!bytes) return bytes.error();
      JournalLines split = splitJournal(*bytes, offset, place, state);
      for (const Error& damage : split.damages) find(toMessage(damage));
      if (split.moreDamages > 0)
        find(sayCount("{} more damaged record in the {}", "{} more damaged records in the {}",
                      split.moreDamages, place.message()));
      for (const JournalLine& line : split.lines) {
        if (line.end > reached) {
          if (store_.owner() && !living_.contains(run))
            find(say("{}: the history has {} bytes of it, but the journal is longer", place.message(),
                     reached));
          return {};
        }
        ++report_.records;
        scratch_.take(attempt, line, line.end <= events, line.end <= points);
      }
      if (split.offset == offset) {
        if (offset < reached)
          find(say("{}: the history has {} bytes of it, but the journal ends at {}", place.message(), reached,
                   offset));
        return {};
      }
      offset = split.offset;
      state = split.state;
    }
  }

  // Two tables side by side; the first difference is reported. `table`: the name of the table.
  void compare(const Database& made, const Database& stored, const std::string& sql, const std::string& run,
               std::string_view table) {
    Statement wanted = made.prepare(sql), given = stored.prepare(sql);
    Rows left = wanted.query(run), right = given.query(run);
    for (int row = 1;; ++row) {
      const bool more = left.next();
      if (right.next() != more)
        return find(more ? say("run {}: table '{}' has fewer rows than the journals", run, table)
                         : say("run {}: table '{}' has more rows than the journals", run, table));
      if (!more) return;
      for (int column = 0; column < left.columns(); ++column)
        if (!left.sameCell(column, right))
          return find(say("run {}, table '{}', row {}: the history has {}, the journals {}", run, table, row,
                          cellText(right, column), cellText(left, column)));
    }
  }

  void compareRows(const std::string& run) {
    const std::string ofRun = " WHERE run=(SELECT id FROM run WHERE uuid=?) ORDER BY ";
    compare(
        scratch_.catalogue(), store_.catalogue(),
        "SELECT configured,name,network,optimizer,schedule,data,created,parameters,state,attempt,host,device,"
        "started,ended,seconds,step,total_steps,epochs,steps_per_epoch,test_metric,test_metric_name,"
        "checkpoint,"
        "error FROM run WHERE uuid=?",
        run, "run");
    compare(scratch_.catalogue(), store_.catalogue(), "SELECT name,value FROM setting" + ofRun + "name", run,
            "setting");
    compare(scratch_.catalogue(), store_.catalogue(),
            "SELECT attempt,sequence,kind,step,json FROM event" + ofRun + "attempt,sequence", run, "event");
    compare(scratch_.metrics(), store_.metrics(),
            "SELECT "
            "key,chunks,points,non_finite,first_step,last_step,last_time,last,minimum,minimum_step,maximum,"
            "maximum_step FROM series" +
                ofRun + "key",
            run, "series");
  }

  void comparePoints(const std::string& run) {
    SeriesReader& wanted = scratch_.reader();
    for (const std::string& key : wanted.keys(run))
      for (std::int64_t index = 0, count = wanted.blocks(run, key); index < count; ++index) {
        const PointBlock points = wanted.blockAt(run, key, index);
        report_.points += static_cast<std::int64_t>(points.size());
        if (samePoints(points, store_.series().blockAt(run, key, index))) continue;
        find(say("run {}, {}: the points from step {} on differ from the journals", run, key,
                 points.size() > 0 ? points.steps.front() : 0));
        break;
      }
  }

  ProjectStore& store_;
  RunSites& sites_;
  std::set<std::string> living_;
  VerifyReport& report_;
  Statement eventsReached_, pointsReached_;
  Scratch scratch_;
};

} // namespace

Result<VerifyReport> verifyStore(ProjectStore& store, RunSites& sites, bool mark,
                                 std::optional<Error> unreachable) {
  VerifyReport report;
  report.unreachable = std::move(unreachable);
  report.good = !report.unreachable;
  std::set<std::string> living;
  if (const auto runs = sites.runs())
    for (const auto& [run, site] : *runs)
      if (!site->liveness(run).ended()) living.insert(run);
  if (report.unreachable) {
    // The history is compared with nothing.
  } else if (store.owner()) {
    auto taken = store.takeIn(sites, mark);
    if (!taken) return taken.error();
    for (const auto& problem : taken->problems) report.findings.push_back(toMessage(problem));
  } else if (auto waited = store.waitForOwner(sites, std::chrono::seconds(2)); !waited) {
    report.findings.push_back(toMessage(waited.error()));
  }
  return guarded([&]() -> Result<VerifyReport> {
    Verifier verifier(store, sites, std::move(living), report);
    if (auto done = verifier.all(); !done) return done.error();
    return report;
  });
}

Result<VerifyReport> verifyHistory(const fs::path& project) {
  auto store = openStore(project, Store::Access::automatic);
  if (!store) return store.error();
  RunSites sites(project);
  // Before anything is taken in: what is in a wrong folder must not become a run that the history knows.
  return verifyStore(**store, sites, true, whyUnreachable(project, sites));
}

} // namespace loom
