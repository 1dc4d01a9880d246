// SPDX-License-Identifier: GPL-3.0-or-later
// Runs as the bridge keeps them: started, followed, commanded and told, and what their history holds.
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include <QMutexLocker>
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace loom {
namespace {

constexpr int troubledInterval = 5000;
constexpr qint64 justNow = 10'000;  // ms
constexpr qint64 endsWithin = 3000; // ms that a trainer whose run was deleted is given before it is spoken of

double speedOf(const RunRow& row, const char* key) {
  for (const auto& metric : row.metrics)
    if (metric.key == key) return metric.last;
  return 0;
}

std::int64_t batchOf(const RunRow& row) {
  for (const auto& [name, value] : row.settings)
    if (name == "batch") return std::max<std::int64_t>(1, QString::fromStdString(value).toLongLong());
  return 1;
}

RunView viewOf(RunRow row) {
  RunView view;
  view.samplesPerSecond = speedOf(row, "train/samples_per_second");
  view.stepsPerSecond = view.samplesPerSecond / static_cast<double>(batchOf(row));
  if (row.state == RunState::running && view.stepsPerSecond > 0 && row.totalSteps >= row.step)
    view.secondsLeft = static_cast<double>(row.totalSteps - row.step) / view.stepsPerSecond;
  view.row = std::move(row);
  return view;
}

} // namespace

void BridgeWorker::start(TrainRequest request) {
  if (!ready("start")) return;
  request.project = project_->folder;
  if (request.run.empty() && request.resume.empty()) request.run = newUuid();
  const std::string id = request.resume.empty() ? request.run : request.resume;
  std::error_code none;
  const auto before = std::filesystem::file_size(runFolder(project_->folder, id) / "console.log", none);
  auto launched = launcher_->start(request);
  if (!launched) return fail("start", launched.error());
  const QString run = QString::fromStdString(launched->run);
  consoleFrom_[run] = none ? 0 : before;
  RunView view;
  view.row.id = launched->run;
  view.row.name = request.name.empty() ? request.network : request.name;
  view.row.network = request.network;
  view.row.epochs = request.settings.epochs;
  view.row.created = nowMicroseconds();
  view.starting = true;
  view.version = versions_.value(run);
  starts_.insert(starts_.begin(), view);
  watchStarts();
  tell([this, run] { Q_EMIT bridge_.runStarted(run); });
  tellRuns();
  followTimer_->setInterval(followInterval);
}

// A trainer that ends before its journal begins says why on its console alone.
void BridgeWorker::watchStarts() {
  launched_ = launcher_->known();
  for (auto one = starts_.begin(); one != starts_.end();) {
    const std::string id = one->row.id;
    const auto process = std::find_if(launched_.begin(), launched_.end(),
                                      [&](const LaunchedRun& launched) { return launched.run == id; });
    const auto stored =
        std::find_if(rows_.begin(), rows_.end(), [&](const RunView& view) { return view.row.id == id; });
    const bool waits = process != launched_.end() && process->waiting;
    if (!waits && stored != rows_.end() &&
        (stored->row.state == RunState::running || stored->row.state == RunState::paused)) {
      one = starts_.erase(one);
      continue;
    }
    if (process != launched_.end()) {
      one->waiting = process->waiting;
      one->waitsFor = QString::fromStdString(process->waitsFor);
      ++one;
      continue;
    }
    const QString run = QString::fromStdString(id);
    const std::uint64_t from = consoleFrom_.value(run);
    const auto folder = runFolder(project_->folder, id);
    // A very short run has ended by now, and a resumed one may have failed in its journal: those speak there.
    const bool wrote = stored != rows_.end() && versions_.value(run) > one->version;
    one = starts_.erase(one);
    consoleFrom_.remove(run);
    if (wrote) continue;
    auto console = readWholeFile(folder / "console.log", 1 << 20);
    QString last;
    if (console && console->size() > from)
      for (const QString& line : QString::fromStdString(console->substr(from)).split('\n'))
        if (!line.trimmed().isEmpty()) last = line.trimmed();
    if (last.startsWith("loom: ")) last.remove(0, 6);
    Error error{ErrorKind::other, "loom train",
                last.isEmpty() ? "The trainer ended before it began" : last.toStdString(),
                "Look at " + (folder / "console.log").string()};
    std::error_code gone;
    if (!std::filesystem::exists(folder, gone))
      error = {ErrorKind::input, folder.string(), "The folder of the run was deleted before it began",
               "Start the run again"};
    // On a full disk the trainer cannot even say so.
    std::error_code unknown;
    const auto space = std::filesystem::space(project_->folder, unknown);
    if (last.isEmpty() && !unknown && space.available < (64u << 10))
      error = writeError(folder, "the run cannot begin", ENOSPC);
    tell([this, run, error] { Q_EMIT bridge_.startFailed(run, error); });
  }
}

void BridgeWorker::resume(const QString& run, std::int64_t epochs) {
  if (!ready("start")) return;
  TrainRequest request;
  request.resume = run.toStdString();
  request.settings.epochs = epochs;
  if (auto config = readRunConfig(runFolder(project_->folder, request.resume)))
    request.settings.threads = config->settings.threads; // it holds as many cores as before
  start(std::move(request));
}

void BridgeWorker::control(const QString& run, RunControl::Verb verb, double value) {
  if (!ready("control")) return;
  const auto waits = std::find_if(launched_.begin(), launched_.end(), [&](const LaunchedRun& one) {
    return one.waiting && one.run == run.toStdString();
  });
  if (waits != launched_.end() && verb == RunControl::Verb::stop) {
    after("control", launcher_->cancel(project_->folder, run.toStdString()));
    std::erase_if(starts_, [&](const RunView& view) { return view.row.id == run.toStdString(); });
    launched_ = launcher_->known();
    return tellRuns();
  }
  RunControl command;
  command.verb = verb;
  command.value = value;
  command.by = qgetenv("USER").toStdString();
  auto id = sendControl(runFolder(project_->folder, run.toStdString()), command);
  if (!id) return fail("control", id.error());
  tell([this, run, id = QString::fromStdString(*id)] { Q_EMIT bridge_.controlled(run, id); });
}

void BridgeWorker::follow() {
  if (!store_) return;
  if (!inPlace()) return followTimer_->setInterval(idleInterval);
  bool changed = false;
  std::vector<std::string> again;
  if (!launched_.empty() || !starts_.empty()) {
    if (auto polled = launcher_->poll(); !polled) fail("start", polled.error());
  }
  if (!store_->owner()) {
    // `loom runs` may have held the history for the instant in which the project was opened.
    const QMutexLocker lock(&storeMutex_);
    if (auto mine = store_->takeOver(); !mine) fail("history", mine.error());
  }
  if (store_->owner()) {
    auto taken = store_->takeIn(*journals_);
    if (!taken) {
      // A full disk may have room again: look from time to time, say it once.
      followTimer_->setInterval(troubledInterval);
      return failOnce(taken.error());
    }
    for (const auto& problem : taken->problems) failOnce(problem);
    for (const auto& run : taken->changedRuns) ++versions_[QString::fromStdString(run)];
    again = std::move(taken->changedRuns);
    changed = !again.empty();
  } else {
    // Another window owns the history: read what it stored. There is no cheap sign of change, so ask at a
    // slower pace.
    readRuns({});
    changed = true;
  }
  // A trainer that was killed writes nothing more; only its lock tells.
  bool living = !starts_.empty();
  for (const auto& view : rows_) {
    const auto state = view.row.state;
    if (state != RunState::running && state != RunState::paused && state != RunState::waiting) continue;
    const auto key = QString::fromStdString(view.row.id);
    const bool now = journals_->alive(view.row.id);
    if (alive_.contains(key) && alive_[key] != now) again.push_back(view.row.id);
    if (now && !trainers_.contains(key))
      trainers_[key].process =
          RunLock::holder(runFolder(project_->folder, view.row.id)).value_or(RunLock::Holder{});
    if (now) trainers_[key].recent.setRemainingTime(justNow);
    alive_[key] = now;
    living |= now;
  }
  if (!again.empty()) {
    forgetVanished(again);
    readRuns(again);
    changed = true;
  }
  tellVanished();
  living |= !vanished_.empty();
  if (!launched_.empty() || !starts_.empty()) {
    watchStarts();
    changed = true;
  }
  if (changed) tellRuns();
  const int wanted = living && store_->owner() ? followInterval : idleInterval;
  if (followTimer_->interval() != wanted) followTimer_->setInterval(wanted);
}

// A run that left the history because its folder is no more.
void BridgeWorker::forgetVanished(const std::vector<std::string>& changed) {
  for (const auto& id : changed) {
    std::error_code unknown;
    const auto row =
        std::find_if(rows_.begin(), rows_.end(), [&](const RunView& view) { return view.row.id == id; });
    if (row == rows_.end() || std::filesystem::exists(runFolder(project_->folder, id), unknown) || unknown)
      continue;
    const QString key = QString::fromStdString(id);
    // Of a folder that is deleted file by file the lock may go first: then it looks killed for a moment.
    const auto trainer = trainers_.constFind(key);
    const bool seen = trainer != trainers_.constEnd();
    if (row->row.state == RunState::running || row->row.state == RunState::paused ||
        (row->row.state == RunState::killed && seen && !trainer->recent.hasExpired())) {
      Vanished gone{*row, {}, QDeadlineTimer(endsWithin)};
      if (seen) gone.trainer = trainer->process;
      for (const auto& one : launched_)
        if (one.run == id && one.process != 0) gone.trainer = {one.process, one.processStart};
      vanished_.push_back(std::move(gone));
    }
    std::erase_if(starts_, [&](const RunView& view) { return view.row.id == id; });
    rows_.erase(row);
    alive_.remove(key);
    trainers_.remove(key);
  }
}

// A trainer ends by itself when its run is deleted: it is waited for, so that one message says all.
void BridgeWorker::tellVanished() {
  std::erase_if(vanished_, [&](const Vanished& one) {
    const bool known = one.trainer.process != 0;
    const bool lives = known && processStartTime(one.trainer.process) == one.trainer.start;
    if (lives && !one.until.hasExpired()) return false;
    const RunRow& row = one.view.row;
    const std::string trainer =
        lives   ? fmt::format(" Its trainer goes on (process {}) and is lost to this project.",
                              one.trainer.process)
        : known ? std::string(" Its trainer has ended.")
                : std::string(" Its trainer ends as soon as it notices.");
    const Error error{
        ErrorKind::input, runFolder(project_->folder, row.id).string(),
        fmt::format("The folder of “{}” was deleted while it trained, with its curves and checkpoints.{}",
                    row.name, trainer),
        lives ? fmt::format("End it with: kill {}. To have the run back, bring its folder back from a copy",
                            one.trainer.process)
              : std::string("Bring the folder back from a copy and resume the run, or start a new one")};
    tell([this, run = QString::fromStdString(row.id), error] { Q_EMIT bridge_.runVanished(run, error); });
    return true;
  });
}

void BridgeWorker::failOnce(const Error& error) {
  const QString message = QString::fromStdString(error.message());
  if (told_.contains(message)) return;
  told_ << message;
  fail("history", error);
}

void BridgeWorker::readRuns(const std::vector<std::string>& changed) {
  constexpr std::size_t few = 20;
  const auto made = [this](RunRow row) {
    RunView view = viewOf(std::move(row));
    view.version = versions_.value(QString::fromStdString(view.row.id));
    for (const auto& metric : view.row.metrics) view.version += metric.count;
    return view;
  };
  if (changed.empty() || changed.size() > few) {
    auto rows = store_->runs();
    if (!rows) return fail("history", rows.error());
    rows_.clear();
    for (auto& row : *rows) rows_.push_back(made(std::move(row)));
    return;
  }
  for (const auto& id : changed) {
    auto row = store_->run(id);
    if (!row) continue; // it left the history
    const auto known =
        std::find_if(rows_.begin(), rows_.end(), [&](const RunView& view) { return view.row.id == id; });
    if (known != rows_.end()) {
      *known = made(std::move(*row));
      continue;
    }
    const auto place = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const RunView& view) { return view.row.created <= row->created; });
    rows_.insert(place, made(std::move(*row)));
  }
}

void BridgeWorker::tellRuns() {
  if (!store_) return;
  QVector<RunView> views;
  views.reserve(qsizetype(rows_.size() + starts_.size()));
  for (const auto& start : starts_)
    if (std::none_of(rows_.begin(), rows_.end(),
                     [&](const RunView& view) { return view.row.id == start.row.id; }))
      views.push_back(start);
  for (const auto& row : rows_) {
    views.push_back(row);
    const auto start = std::find_if(starts_.begin(), starts_.end(),
                                    [&](const RunView& one) { return one.row.id == row.row.id; });
    if (start == starts_.end()) continue;
    views.back().waiting = start->waiting;
    views.back().waitsFor = start->waitsFor;
    views.back().starting = true;
  }
  tell([this, views] { Q_EMIT bridge_.runsChanged(views); });
}

void BridgeWorker::series(quint64 ticket, const QString& run, const QString& key, std::int64_t first,
                          std::int64_t last, int pixels, const QString& slot) {
  if (stale(slot, ticket) || !store_) return;
  auto buckets = store_->buckets(run.toStdString(), key.toStdString(), first, last, pixels);
  if (givenUp_) return;
  if (!buckets) return failOnce(buckets.error());
  if (stale(slot, ticket)) return;
  SeriesAnswer answer{ticket, slot, run, key, first, last, {buckets->begin(), buckets->end()}};
  tell([this, answer] { Q_EMIT bridge_.seriesReady(answer); });
}

void BridgeWorker::events(const QString& run) {
  if (!store_) return;
  auto events = store_->events(run.toStdString());
  if (!events) return fail("history", events.error());
  tell([this, run, list = QVector<StoredEvent>(events->begin(), events->end())] {
    Q_EMIT bridge_.eventsReady(run, list);
  });
}

void BridgeWorker::again(const QString& run) {
  readRuns({run.toStdString()});
  tellRuns();
}

void BridgeWorker::setTags(const QString& run, const QStringList& tags) {
  if (!ready("history")) return;
  std::vector<std::string> words;
  for (const auto& tag : tags) words.push_back(tag.toStdString());
  after("history", store_->setTags(run.toStdString(), words), [&] { again(run); });
}

void BridgeWorker::setNote(const QString& run, const QString& text) {
  if (ready("history"))
    after("history", store_->setNote(run.toStdString(), text.toStdString()), [&] { again(run); });
}

void BridgeWorker::setName(const QString& run, const QString& name) {
  if (ready("history"))
    after("history", store_->setName(run.toStdString(), name.toStdString()), [&] { again(run); });
}

void BridgeWorker::setArchived(const QString& run, bool archived) {
  if (ready("history"))
    after("history", store_->setArchived(run.toStdString(), archived), [&] { again(run); });
}

void BridgeWorker::rebuildHistory() {
  if (!ready("history")) return;
  const auto folder = project_->folder;
  {
    const QMutexLocker lock(&storeMutex_);
    interruptible_ = nullptr;
    store_.reset(); // rebuilding needs the lock
  }
  auto report = loom::rebuildHistory(folder);
  auto store = Store::open(folder, Store::Access::automatic);
  if (store) {
    const QMutexLocker lock(&storeMutex_);
    store_ = std::move(*store);
    interruptible_ = store_.get();
  }
  if (!report) return fail("history", report.error());
  if (!store) return fail("history", store.error());
  QStringList findings;
  for (const auto& finding : report->findings) findings << QString::fromStdString(finding);
  tell([this, good = report->good, findings] { Q_EMIT bridge_.historyRebuilt(good, findings); });
  readRuns({});
  tellRuns();
}

} // namespace loom
