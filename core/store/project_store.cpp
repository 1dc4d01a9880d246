// SPDX-License-Identifier: Apache-2.0
#include "core/store/project_store.h"
#include <algorithm>
#include <limits>
#include <map>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

// What people wrote, from its second copy. A damaged copy is moved aside: what the catalogue holds takes its
// place.
std::optional<Labels> takeLabels(const fs::path& project, const fs::path& folder,
                                 std::vector<Error>& problems) {
  auto labels = readLabelFile(folder);
  if (!labels) {
    problems.push_back(moveAside(labelFile(folder), labels.error().cause, RebuiltFrom::catalogue));
    return std::nullopt;
  }
  // A history that had to be begun elsewhere starts with what is next to the project.
  if (!*labels && folder != project / "history") labels = readLabelFile(project / "history");
  return labels ? std::move(*labels) : std::nullopt;
}

Error unknownRun(const std::string& run) {
  return {ErrorKind::input, run, say("The history does not contain this run"),
          say("Choose a run that `loom runs` lists")};
}

Labels withoutEmpty(Labels labels) {
  std::erase_if(labels, [](const auto& entry) { return entry.second.empty(); });
  return labels;
}

} // namespace

ProjectStore::ProjectStore(fs::path project, HistoryPlace place, std::optional<HistoryLock> lock)
    : project_(std::move(project)), place_(std::move(place)), lock_(std::move(lock)) {
  if (lock_)
    openOwned();
  else
    openReader();
}

void ProjectStore::openOwned() {
  finishRebuild(place_.folder);
  const auto labels = takeLabels(project_, place_.folder, problems_);
  auto catalogue = openCatalogue(place_.folder, labels, problems_);
  auto metrics = openMetrics(place_.folder, problems_);
  catalogue_ = std::move(catalogue.database);
  metrics_ = std::move(metrics.database);
  // The catalogue is written first, so it is the newer one of the two.
  if (const Labels held = withoutEmpty(readLabels(catalogue_));
      held != withoutEmpty(labels.value_or(Labels())))
    if (auto written = writeLabelFile(place_.folder, held); !written) problems_.push_back(written.error());
  follower_ = std::make_unique<Follower>(catalogue_, metrics_);
  rows_ = std::make_unique<CatalogueReader>(catalogue_);
  series_ = std::make_unique<SeriesReader>(metrics_);
}

void ProjectStore::openReader() {
  // A living owner completes its own.
  if (place_.writable && isRebuildLeft(place_.folder))
    if (const auto lock = HistoryLock::take(place_.folder); lock && *lock) finishRebuild(place_.folder);
  catalogue_ = openForReading(place_.folder / catalogueName, place_.writable);
  metrics_ = openForReading(place_.folder / metricsName, place_.writable);
  rows_ = std::make_unique<CatalogueReader>(catalogue_);
  series_ = std::make_unique<SeriesReader>(metrics_);
}

std::optional<HistoryLock> ProjectStore::close() {
  follower_.reset();
  rows_.reset();
  series_.reset();
  catalogue_ = Database();
  metrics_ = Database();
  return std::exchange(lock_, std::nullopt);
}

Status ProjectStore::takeOver() {
  if (lock_ || !place_.writable) return {};
  auto lock = HistoryLock::take(place_.folder);
  if (!lock) return lock.error();
  if (!*lock) return {};
  return guarded([&]() -> Status {
    // As an owner opens them: checked, and rebuilt where they are damaged.
    series_.reset();
    rows_.reset();
    catalogue_ = Database();
    metrics_ = Database();
    try {
      openOwned();
    } catch (const SqlFailure&) {
      follower_.reset();
      series_.reset();
      rows_.reset();
      openReader();
      throw;
    }
    lock_ = std::move(*lock);
    return {};
  });
}

Result<TakeInResult> ProjectStore::takeIn(RunSites& sites, bool mark) {
  if (!follower_) return readOnly();
  return guarded([&]() -> Result<TakeInResult> {
    TakeInResult result;
    follower_->takeIn(sites, mark, result);
    result.problems.insert(result.problems.begin(), problems_.begin(), problems_.end());
    problems_.clear();
    return result;
  });
}

Result<std::vector<ProjectStore::Wanted>> ProjectStore::wanted(RunSites& sites) {
  std::vector<Wanted> result;
  auto runs = sites.runs();
  if (!runs) return runs.error();
  for (const auto& [run, site] : *runs) {
    auto attempts = site->journals().attempts(run);
    if (!attempts) continue;
    for (const int attempt : *attempts)
      if (auto size = site->journals().size(run, attempt); size && *size > 0)
        result.push_back({site, run, attempt, *size});
  }
  dropReached(result);
  // Half a record at the end is not there yet, and will never be when its writer was killed.
  for (Wanted& one : result) {
    const std::uint64_t from = one.size > longestRecord ? one.size - longestRecord : 0;
    const auto end =
        one.site->journals().bytes(one.run, one.attempt, from, static_cast<std::size_t>(one.size - from));
    if (!end) continue;
    if (const auto newline = end->rfind('\n'); newline != std::string::npos)
      one.size = from + newline + 1;
    else
      one.size = from;
  }
  return result;
}

void ProjectStore::dropReached(std::vector<Wanted>& wanted) {
  Statement offsets =
      metrics_.prepare("SELECT offset FROM source WHERE run=(SELECT id FROM run WHERE uuid=?) AND attempt=?");
  std::erase_if(wanted, [&](const Wanted& one) {
    if (one.size == 0) return true;
    Rows rows = offsets.query(one.run, one.attempt);
    return rows.next() && (static_cast<std::uint64_t>(rows.integer(0)) >= one.size);
  });
}

bool ProjectStore::behind(RunSites& sites) {
  auto open = wanted(sites);
  if (!open) return false;
  dropReached(*open);
  return !open->empty();
}

Status ProjectStore::waitForOwner(RunSites& sites, std::chrono::milliseconds limit) {
  if (owner()) return {};
  const auto until = std::chrono::steady_clock::now() + limit;
  return guarded([&]() -> Status {
    auto open = wanted(sites);
    if (!open) return open.error();
    for (;;) {
      dropReached(*open);
      if (open->empty()) return {};
      if (!place_.writable)
        return Error{
            ErrorKind::other, place_.folder.string(),
            say("the history is older than the journals, and the project's folder cannot be written"),
            say("Allow writing in it, or open a copy of the project")};
      if (std::chrono::steady_clock::now() >= until) return behindJournals();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
}

Result<std::vector<RunRow>> ProjectStore::runs() {
  return guarded([&]() -> Result<std::vector<RunRow>> { return filled({}); });
}

Result<RunRow> ProjectStore::run(const std::string& id) {
  return guarded([&]() -> Result<RunRow> {
    auto rows = filled(id);
    if (rows.empty()) return unknownRun(id);
    return rows.front();
  });
}

Result<std::vector<std::string>> ProjectStore::keys(const std::string& run) {
  return guarded([&]() -> Result<std::vector<std::string>> { return series_->keys(run); });
}

Result<std::vector<SeriesPoint>> ProjectStore::points(const std::string& run, const std::string& key,
                                                      std::int64_t first, std::int64_t last) {
  return guarded([&]() -> Result<std::vector<SeriesPoint>> {
    const Transaction view(metrics_, false);
    return series_->points(run, key, first, last);
  });
}

Result<std::vector<SeriesPoint>> ProjectStore::pointsFrom(const std::string& run, const std::string& key,
                                                          std::int64_t first, std::size_t most) {
  return guarded([&]() -> Result<std::vector<SeriesPoint>> {
    const Transaction view(metrics_, false);
    return series_->points(run, key, first, std::numeric_limits<std::int64_t>::max(), most);
  });
}

Result<std::vector<Bucket>> ProjectStore::buckets(const std::string& run, const std::string& key,
                                                  std::int64_t first, std::int64_t last, int pixels) {
  return guarded([&]() -> Result<std::vector<Bucket>> {
    const Transaction view(metrics_, false);
    return series_->buckets(run, key, first, last, pixels);
  });
}

Result<std::vector<StoredEvent>> ProjectStore::events(const std::string& run) {
  return guarded([&]() -> Result<std::vector<StoredEvent>> { return rows_->events(run); });
}

Status ProjectStore::setTags(const std::string& run, const std::vector<std::string>& tags) {
  return change(run, [&](Label& label) { label.tags = tags; });
}
Status ProjectStore::setNote(const std::string& run, const std::string& text) {
  return change(run, [&](Label& label) { label.note = text; });
}
Status ProjectStore::setName(const std::string& run, const std::string& name) {
  return change(run, [&](Label& label) { label.name = name; });
}
Status ProjectStore::setArchived(const std::string& run, bool archived) {
  return change(run, [&](Label& label) { label.archived = archived; });
}

void ProjectStore::interrupt() {
  catalogue_.interrupt();
  metrics_.interrupt();
}

std::vector<RunRow> ProjectStore::filled(const std::string& run) {
  auto rows = rows_->rows(run);
  auto summaries = series_->summaries(run);
  std::map<std::string, std::vector<const SeriesReader::Summary*>> byRun;
  for (const auto& summary : summaries) byRun[summary.run].push_back(&summary);
  for (auto& row : rows)
    for (const auto* summary : byRun[row.id]) {
      row.metrics.push_back(summary->metric);
      row.damaged = row.damaged || summary->damaged;
      // Points come more often than other records: they know best how far a run is.
      row.step = std::max(row.step, summary->metric.lastStep);
      row.seconds = std::max(row.seconds, summary->lastSeconds);
    }
  for (auto& row : rows) row.validation = validationAtBest(row);
  return rows;
}

// The summaries tell it in most cases; else the one point is looked up, once.
std::optional<double> ProjectStore::validationAtBest(const RunRow& row) {
  const auto named = [&](std::string_view key) {
    const auto found = std::find_if(row.metrics.begin(), row.metrics.end(),
                                    [&](const MetricSummary& one) { return one.key == key; });
    return found != row.metrics.end() && found->count > found->nonFinite ? &*found : nullptr;
  };
  const MetricSummary* loss = named("val/loss");
  const MetricSummary* judged = named("val/accuracy");
  if (judged == nullptr) judged = named("val/r2");
  if (judged == nullptr) return std::nullopt;
  if (loss == nullptr || judged->maximumStep == loss->minimumStep) return judged->maximum;
  if (judged->lastStep == loss->minimumStep) return judged->last;
  auto& [step, value] = validations_[row.id];
  if (step == loss->minimumStep && value) return value;
  step = loss->minimumStep;
  const auto points = series_->points(row.id, judged->key, step, step);
  value = points.empty() ? std::nullopt : std::optional(points.front().value);
  return value;
}

Status ProjectStore::change(const std::string& run, const std::function<void(Label&)>& how) {
  if (!owner()) return readOnly();
  return guarded([&]() -> Status {
    if (!rows_->has(run)) return unknownRun(run);
    Labels labels = readLabels(catalogue_);
    how(labels[run]);
    Transaction writing(catalogue_, true);
    writeLabel(catalogue_, run, labels[run]);
    writing.commit();
    return writeLabelFile(place_.folder, labels);
  });
}

Error ProjectStore::readOnly() const {
  if (!place_.writable)
    return {ErrorKind::other, place_.folder.string(),
            say("The history is read only here: the folder cannot be written"),
            say("Allow writing in the project's folder, or open a copy of the project")};
  const auto holder = HistoryLock::holder(place_.folder);
  return {ErrorKind::other, place_.folder.string(),
          holder
              ? say("The history is read only here: process {} on {} owns it", holder->process, holder->host)
              : say("The history is read only here: another process owns it"),
          say("Make the change there, or close it first")};
}

Error ProjectStore::behindJournals() const {
  const auto holder = HistoryLock::holder(place_.folder);
  return {ErrorKind::other, place_.folder.string(),
          holder ? say("process {} on {} owns the history and has not read the journals to their end",
                       holder->process, holder->host)
                 : say("another process owns the history and has not read the journals to their end"),
          say("What is shown may be some seconds old")};
}

bool keepLabels(const fs::path& project, const fs::path& folder, std::vector<Error>& problems) {
  std::error_code unknown;
  if (!fs::exists(folder / catalogueName, unknown)) return false;
  const auto labels = takeLabels(project, folder, problems);
  const auto catalogue = openCatalogue(folder, labels, problems);
  Labels held;
  try {
    held = readLabels(catalogue.database);
  } catch (const SqlFailure& failure) {
    // Where the catalogue's own copy is damaged, the other one stands.
    if (!failure.damaged || !labels) throw;
    return false;
  }
  if (const auto written = writeLabelFile(folder, withoutEmpty(std::move(held))); !written)
    throw SqlFailure(written.error(), false);
  return catalogue.made;
}

Result<std::unique_ptr<ProjectStore>> openStore(const fs::path& project, Store::Access access) {
  bool full = false;
  const auto openAt = [&](HistoryPlace place) {
    return guarded([&]() -> Result<std::unique_ptr<ProjectStore>> {
      std::optional<HistoryLock> lock;
      if (access != Store::Access::reader && place.writable) {
        auto taken = HistoryLock::take(place.folder);
        if (!taken) return taken.error();
        lock = std::move(*taken);
      }
      const bool owner = lock.has_value();
      std::unique_ptr<ProjectStore> store;
      try {
        store = std::make_unique<ProjectStore>(project, place, std::move(lock));
      } catch (const SqlFailure& failure) {
        full = failure.full;
        throw;
      }
      if (access == Store::Access::owner && !owner) return store->readOnly();
      return store;
    });
  };
  const HistoryPlace place = historyPlace(project);
  auto store = openAt(place);
  if (access != Store::Access::automatic || (place.writable && !full && !diskNearlyFull(place.folder)))
    return store;
  // What cannot be brought up to date beside the project is kept elsewhere.
  const auto current = guarded([&]() -> Result<bool> {
    RunSites sites(project);
    return store.ok() && !(*store)->behind(sites);
  });
  if (current && *current) return store;
  auto away = openAt(historyAway(project));
  return away || !store ? std::move(away) : std::move(store);
}

Result<std::unique_ptr<Store>> Store::open(const fs::path& project, Access access) {
  auto store = openStore(project, access);
  if (!store) return store.error();
  return std::unique_ptr<Store>(std::move(*store));
}

} // namespace loom
