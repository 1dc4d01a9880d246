// SPDX-License-Identifier: Apache-2.0
#include "core/store/store.h"
#include "core/store/catalogue.h"
#include "core/store/follower.h"
#include "core/store/history.h"
#include "core/store/labels.h"
#include "core/store/series_reader.h"
#include <cmath>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

Error readOnly(const fs::path& folder) {
  return {ErrorKind::other, folder.string(),
          "The history is read only here: " + HistoryLock::holder(folder) + " owns it",
          "Make the change there, or close it first"};
}

class ProjectStore : public Store {
 public:
  ProjectStore(HistoryPlace place, std::optional<HistoryLock> lock)
      : place_(std::move(place)), lock_(std::move(lock)) {
    if (lock_) {
      std::vector<Error> problems;
      auto catalogue = openCatalogue(place_.folder, problems);
      auto metrics = openMetrics(place_.folder, problems);
      catalogue_ = std::move(catalogue.database);
      metrics_ = std::move(metrics.database);
      problems_ = std::move(problems);
      if (catalogue.made) bringLabels();
      follower_ = std::make_unique<Follower>(catalogue_, metrics_);
    } else {
      catalogue_ = openForReading(place_.folder / catalogueName, place_.writable);
      metrics_ = openForReading(place_.folder / metricsName, place_.writable);
    }
    rows_ = std::make_unique<CatalogueReader>(catalogue_);
    series_ = std::make_unique<SeriesReader>(metrics_);
  }

  bool owner() const override { return lock_.has_value(); }

  Result<TakeInResult> takeIn(JournalSource& source) override {
    if (!follower_) return readOnly(place_.folder);
    return guarded([&]() -> Result<TakeInResult> {
      TakeInResult result;
      follower_->takeIn(source, result);
      result.problems.insert(result.problems.begin(), problems_.begin(), problems_.end());
      problems_.clear();
      return result;
    });
  }

  Status waitForOwner(JournalSource& source, std::chrono::milliseconds limit) override {
    if (owner()) return {};
    struct Wanted {
      std::string run;
      int attempt;
      std::uint64_t size;
    };
    std::vector<Wanted> wanted;
    auto runs = source.runs();
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      auto attempts = source.attempts(run);
      if (!attempts) continue;
      for (const int attempt : *attempts)
        if (auto size = source.size(run, attempt); size && *size > 0) wanted.push_back({run, attempt, *size});
    }
    const auto until = std::chrono::steady_clock::now() + limit;
    return guarded([&]() -> Status {
      Statement offsets = metrics_.prepare(
          "SELECT offset FROM source WHERE run=(SELECT id FROM run WHERE uuid=?) AND attempt=?");
      for (;;) {
        std::erase_if(wanted, [&](const Wanted& one) {
          Rows rows = offsets.query(one.run, one.attempt);
          return rows.next() && static_cast<std::uint64_t>(rows.integer(0)) >= one.size;
        });
        if (wanted.empty()) return {};
        if (std::chrono::steady_clock::now() >= until)
          return Error{ErrorKind::other, place_.folder.string(),
                       HistoryLock::holder(place_.folder) +
                           " owns the history and has not taken in all that the journals hold",
                       "What is shown may be some seconds old"};
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
  }

  Result<std::vector<RunRow>> runs() override {
    return guarded([&]() -> Result<std::vector<RunRow>> { return filled({}); });
  }

  Result<RunRow> run(const std::string& id) override {
    return guarded([&]() -> Result<RunRow> {
      auto rows = filled(id);
      if (rows.empty())
        return Error{ErrorKind::input, id, "The history knows no such run", "Choose one of 'loom runs list'"};
      return rows.front();
    });
  }

  Result<std::vector<std::string>> keys(const std::string& run) override {
    return guarded([&]() -> Result<std::vector<std::string>> { return series_->keys(run); });
  }

  Result<std::vector<SeriesPoint>> points(const std::string& run, const std::string& key, std::int64_t first,
                                          std::int64_t last) override {
    return guarded([&]() -> Result<std::vector<SeriesPoint>> {
      const Transaction view(metrics_, false);
      return series_->points(run, key, first, last);
    });
  }

  Result<std::vector<Bucket>> buckets(const std::string& run, const std::string& key, std::int64_t first,
                                      std::int64_t last, int pixels) override {
    return guarded([&]() -> Result<std::vector<Bucket>> {
      const Transaction view(metrics_, false);
      return series_->buckets(run, key, first, last, pixels);
    });
  }

  Result<std::vector<StoredEvent>> events(const std::string& run) override {
    return guarded([&]() -> Result<std::vector<StoredEvent>> { return rows_->events(run); });
  }

  Status setTags(const std::string& run, const std::vector<std::string>& tags) override {
    return change(run, [&](Label& label) { label.tags = tags; });
  }
  Status setNote(const std::string& run, const std::string& text) override {
    return change(run, [&](Label& label) { label.note = text; });
  }
  Status setName(const std::string& run, const std::string& name) override {
    return change(run, [&](Label& label) { label.name = name; });
  }
  Status setArchived(const std::string& run, bool archived) override {
    return change(run, [&](Label& label) { label.archived = archived; });
  }

  void interrupt() override {
    catalogue_.interrupt();
    metrics_.interrupt();
  }

  SeriesReader& series() { return *series_; }
  std::string integrity() {
    std::string finding;
    for (const Database* database : {&catalogue_, &metrics_}) {
      Statement check = database->prepare("PRAGMA integrity_check(3)");
      Rows rows = check.query();
      while (rows.next())
        if (rows.text(0) != "ok")
          finding +=
              (finding.empty() ? "" : "; ") + database->file().filename().string() + ": " + rows.text(0);
    }
    return finding;
  }

 private:
  std::vector<RunRow> filled(const std::string& run) {
    auto rows = rows_->rows(run);
    auto summaries = series_->summaries(run);
    std::map<std::string, std::vector<const SeriesReader::Summary*>> byRun;
    for (const auto& summary : summaries) byRun[summary.run].push_back(&summary);
    for (auto& row : rows)
      for (const auto* summary : byRun[row.id]) {
        row.metrics.push_back(summary->metric);
        // Points come more often than other records: they know best how far a run is.
        row.step = std::max(row.step, summary->metric.lastStep);
        row.seconds = std::max(row.seconds, summary->lastSeconds);
      }
    return rows;
  }

  Status change(const std::string& run, const std::function<void(Label&)>& how) {
    if (!owner()) return readOnly(place_.folder);
    return guarded([&]() -> Status {
      if (!rows_->has(run))
        return Error{ErrorKind::input, run, "The history knows no such run",
                     "Choose one of 'loom runs list'"};
      Labels labels = readLabels(catalogue_);
      how(labels[run]);
      Transaction writing(catalogue_, true);
      writeLabel(catalogue_, run, labels[run]);
      writing.commit();
      return writeLabelFile(place_.folder, labels);
    });
  }

  // What people wrote comes back from the second copy.
  void bringLabels() {
    auto labels = readLabelFile(place_.folder);
    if (!labels) {
      problems_.push_back(labels.error());
      return;
    }
    Transaction writing(catalogue_, true);
    for (const auto& [run, label] : *labels) writeLabel(catalogue_, run, label);
    writing.commit();
  }

  HistoryPlace place_;
  std::optional<HistoryLock> lock_;
  Database catalogue_, metrics_;
  std::vector<Error> problems_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<CatalogueReader> rows_;
  std::unique_ptr<SeriesReader> series_;
};

Result<std::unique_ptr<ProjectStore>> openStore(const fs::path& project, Store::Access access) {
  return guarded([&]() -> Result<std::unique_ptr<ProjectStore>> {
    HistoryPlace place = historyPlace(project);
    std::optional<HistoryLock> lock;
    if (access != Store::Access::reader && place.writable) {
      auto taken = HistoryLock::take(place.folder);
      if (!taken) return taken.error();
      lock = std::move(*taken);
    }
    if (access == Store::Access::owner && !lock) return readOnly(place.folder);
    return std::make_unique<ProjectStore>(std::move(place), std::move(lock));
  });
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(const fs::path& project, Access access) {
  auto store = openStore(project, access);
  if (!store) return store.error();
  return std::unique_ptr<Store>(std::move(*store));
}

Result<VerifyReport> rebuildHistory(const fs::path& project) {
  const HistoryPlace place = historyPlace(project);
  {
    auto lock = HistoryLock::take(place.folder);
    if (!lock) return lock.error();
    if (!*lock) return readOnly(place.folder);
    const Status moved = guarded([&]() -> Status {
      for (const char* name : {catalogueName, metricsName}) {
        const fs::path file = place.folder / name;
        std::error_code unknown;
        const fs::path before = file.string() + ".before";
        for (const char* part : {"", "-wal", "-shm"}) fs::remove(before.string() + part, unknown);
        if (fs::exists(file, unknown)) moveDatabase(file, before);
      }
      return {};
    });
    if (!moved) return moved.error();
  }
  {
    auto store = openStore(project, Store::Access::owner);
    if (!store) return store.error();
    auto journals = journalsIn(project);
    auto taken = (*store)->takeIn(*journals);
    if (!taken) return taken.error();
  }
  return verifyHistory(project);
}

Result<VerifyReport> verifyHistory(const fs::path& project) {
  auto store = openStore(project, Store::Access::automatic);
  if (!store) return store.error();
  auto journals = journalsIn(project);
  VerifyReport report;
  if ((*store)->owner()) {
    auto taken = (*store)->takeIn(*journals);
    if (!taken) return taken.error();
    for (const auto& problem : taken->problems) report.findings.push_back(problem.message());
  }
  return guarded([&]() -> Result<VerifyReport> {
    if (const std::string finding = (*store)->integrity(); !finding.empty()) {
      report.good = false;
      report.findings.push_back(finding);
    }
    auto runs = journals->runs();
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      ++report.runs;
      // What the journals say: points in order, cut back by each record that supersedes.
      std::map<std::string, std::map<std::int64_t, double>> said;
      auto attempts = journals->attempts(run);
      if (!attempts) return attempts.error();
      for (const int attempt : *attempts)
        for (std::uint64_t offset = 0;;) {
          auto read = journals->read(run, attempt, offset, 4u << 20);
          if (!read) return read.error();
          for (const auto& record : read->records) {
            ++report.records;
            if (const auto beyond = supersedesBeyond(attempt, record.sequence, record.event))
              for (auto& [key, points] : said) points.erase(points.upper_bound(*beyond), points.end());
            if (kindOf(record.event) != "points") continue;
            auto& points = said[record.event.value("key", std::string())];
            const auto& steps = record.event["steps"];
            const auto& values = record.event["values"];
            for (std::size_t index = 0; index < steps.size() && index < values.size(); ++index) {
              const auto step = steps[index].get<std::int64_t>();
              if (points.empty() || step > points.rbegin()->first)
                points[step] = numberFromJson(values[index]).value_or(NAN);
            }
          }
          if (read->damage) {
            report.good = false;
            report.findings.push_back(read->damage->message());
          }
          if (read->damage || read->offset == offset) break;
          offset = read->offset;
        }
      for (const auto& [key, points] : said) {
        auto stored = (*store)->points(run, key, 0, 0);
        if (!stored) return stored.error();
        report.points += static_cast<std::int64_t>(points.size());
        bool agree = stored->size() == points.size();
        auto wanted = points.begin();
        for (std::size_t index = 0; agree && index < stored->size(); ++index, ++wanted)
          agree = (*stored)[index].step == wanted->first && same((*stored)[index].value, wanted->second);
        if (!agree) {
          report.good = false;
          report.findings.push_back(fmt::format("run {}, {}: the store has {} points, the journals {}", run,
                                                key, stored->size(), points.size()));
        }
      }
      for (auto& finding : (*store)->series().checkChunks(run)) {
        report.good = false;
        report.findings.push_back(std::move(finding));
      }
    }
    return report;
  });
}

} // namespace loom
