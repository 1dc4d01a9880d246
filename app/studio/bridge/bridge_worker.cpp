// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/uuid.h"
#include "core/interop/torch_code.h"
#include <QDateTime>
#include <QFile>
#include <QMutexLocker>
#include <algorithm>
#include <cerrno>

namespace loom {
namespace {

constexpr std::size_t maxNetworkBytes = std::size_t{64} << 20;
constexpr int followInterval = 100, idleInterval = 1000, troubledInterval = 5000, loadInterval = 2000,
              looksApart = 5;

std::filesystem::path networkFile(const std::filesystem::path& project, const std::string& name) {
  return project / "networks" / (name + ".json");
}

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

bool anyAlive(JournalSource& journals) {
  const auto runs = journals.runs();
  return runs &&
         std::any_of(runs->begin(), runs->end(), [&](const std::string& run) { return journals.alive(run); });
}

BridgeWorker::BridgeWorker(Bridge& bridge, std::filesystem::path loomProgram)
    : bridge_(bridge), loomProgram_(std::move(loomProgram)) {
  pool_.setMaxThreadCount(2);
}

void BridgeWorker::begin() {
  launcher_ = launchers().front().make(loomProgram_);
  followTimer_ = std::make_unique<QTimer>();
  connect(followTimer_.get(), &QTimer::timeout, this, &BridgeWorker::follow);
  loadTimer_ = std::make_unique<QTimer>();
  connect(loadTimer_.get(), &QTimer::timeout, this, &BridgeWorker::measureLoad);
  loadTimer_->start(loadInterval);
  measureLoad();
}

void BridgeWorker::end() {
  followTimer_.reset();
  loadTimer_.reset();
  pool_.clear();
  pool_.waitForDone();
  closeProject();
  launcher_.reset();
}

void BridgeWorker::interrupt() {
  givenUp_ = true;
  const QMutexLocker lock(&storeMutex_);
  if (interruptible_ != nullptr) interruptible_->interrupt();
}

void BridgeWorker::fail(const QString& what, const Error& error) {
  tell([this, what, error] { Q_EMIT bridge_.failed(what, error); });
}

void BridgeWorker::after(const QString& what, const Status& status, const std::function<void()>& done) {
  if (!status) return fail(what, status.error());
  if (done) done();
}

bool BridgeWorker::ready(const char* what) {
  if (project_ && store_) return true;
  fail(what, {ErrorKind::usage, what, "No project is open", "Open one first"});
  return false;
}

void BridgeWorker::onPool(std::function<void()> work) { pool_.start(std::move(work)); }

void BridgeWorker::expect(const QString& slot, quint64 ticket) {
  const QMutexLocker lock(&slotsMutex_);
  latest_[slot] = ticket;
}

bool BridgeWorker::stale(const QString& slot, quint64 ticket) {
  const QMutexLocker lock(&slotsMutex_);
  return latest_.value(slot) != ticket;
}

void BridgeWorker::openProject(const QString& folder) {
  auto project = loom::openProject(folder.toStdString());
  if (!project) return fail("open", project.error());
  opened(std::move(*project));
}

void BridgeWorker::createFromTemplate(const QString& folder, const QString& templateId) {
  auto project = loom::createFromTemplate(folder.toStdString(), templateId.toStdString());
  if (!project) return fail("open", project.error());
  opened(std::move(*project));
}

void BridgeWorker::createFromData(const QString& folder, const QString& data, const QString& target) {
  std::vector<std::string> explanation;
  auto project =
      loom::createFromData(folder.toStdString(), data.toStdString(), target.toStdString(), explanation);
  if (!project) return fail("open", project.error());
  opened(std::move(*project));
}

void BridgeWorker::opened(Project project) {
  closeProject();
  // Scratch projects and other processes must find it from wherever they stand.
  std::error_code error;
  if (auto whole = std::filesystem::absolute(project.folder, error); !error)
    project.folder = whole.lexically_normal();
  auto store = Store::open(project.folder, Store::Access::automatic);
  if (!store) return fail("open", store.error());
  ProjectView view;
  view.project = project;
  view.writable = std::filesystem::status(project.folder).permissions() != std::filesystem::perms::none &&
                  (*store)->owner();
  for (const auto& name : networkNames(project)) {
    auto network = loadNetwork(project, name);
    // One damaged network must not keep the others from opening.
    if (!network) {
      view.damaged.push_back({QString::fromStdString(name), network.error()});
      continue;
    }
    view.networks.push_back(std::move(*network));
  }
  {
    const QMutexLocker lock(&storeMutex_);
    store_ = std::move(*store);
    interruptible_ = store_.get();
  }
  journals_ = journalsIn(project.folder);
  view.living = anyAlive(*journals_);
  looks_ = 0;
  project_ = std::move(project);
  seen_.clear();
  offered_.clear();
  remember(*project_);
  tell([this, view] { Q_EMIT bridge_.projectOpened(view); });
  // Said behind projectOpened: the window begins anew with it. The one that opens first is said by Design.
  for (const auto& one : view.damaged)
    if (one.name.toStdString() != project_->network) fail("open", one.error);
  for (const auto& network : view.networks) {
    sawNetwork(network.name);
    offerRecovery(network);
  }
  for (const auto& one : view.damaged) {
    Network unread;
    unread.name = one.name.toStdString();
    offerRecovery(unread);
  }
  readRuns({});
  tellRuns();
  follow();
  followTimer_->start(followInterval);
}

void BridgeWorker::closeProject() {
  if (!project_) return;
  if (followTimer_) followTimer_->stop();
  {
    const QMutexLocker lock(&storeMutex_);
    interruptible_ = nullptr;
    store_.reset();
  }
  journals_.reset();
  project_.reset();
  rows_.clear();
  starts_.clear();
  launched_.clear();
  told_.clear();
  consoleFrom_.clear();
  versions_.clear();
  alive_.clear();
  tell([this] { Q_EMIT bridge_.projectClosed(); });
}

void BridgeWorker::saveProject(const Project& project) {
  after("save", loom::saveProject(project), [&] {
    project_ = project;
    tell([this] { Q_EMIT bridge_.projectSaved(); });
  });
}

void BridgeWorker::saveNetwork(const Network& network) {
  if (!ready("save")) return;
  const std::string kept = keepForeign(network);
  after("save", loom::saveNetwork(*project_, network), [&] {
    sawNetwork(network.name);
    std::error_code error;
    std::filesystem::remove(recoveryFile(network.name, offered_.contains(network.name)), error);
    tell([this, name = QString::fromStdString(network.name)] { Q_EMIT bridge_.networkSaved(name); });
    if (!kept.empty())
      fail("save", {ErrorKind::other, networkFile(project_->folder, network.name).string(),
                    "Another program had changed it since it was read here; this window's version is saved",
                    "The other version is kept beside it as " + kept});
  });
}

// What lies on the disk and was neither read nor written here is somebody's work: it is copied before it is
// replaced. The copy's name; empty: there was none.
std::string BridgeWorker::keepForeign(const Network& network) {
  const auto file = networkFile(project_->folder, network.name);
  const auto there = readWholeFile(file, maxNetworkBytes);
  const auto seen = seen_.find(network.name);
  if (!there || (seen != seen_.end() && seen->second == contentHash(*there))) return {};
  const auto copy = std::filesystem::path(
      file.string() + "." + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss-zzz").toStdString());
  return writeFileAtomically(copy, *there) ? copy.filename().string() : std::string();
}

void BridgeWorker::sawNetwork(const std::string& name) {
  if (const auto text = readWholeFile(networkFile(project_->folder, name), maxNetworkBytes))
    seen_[name] = contentHash(*text);
}

// The place is part of the name, since a copied project has the same id; a second window has a file of its
// own. While what an earlier window left is offered and not taken, new edits go beside it.
std::filesystem::path BridgeWorker::recoveryFile(const std::string& network, bool beside) const {
  const QByteArray state = qgetenv("XDG_STATE_HOME");
  const std::filesystem::path base =
      state.startsWith('/') ? std::filesystem::path(state.toStdString())
                            : std::filesystem::path(qgetenv("HOME").toStdString()) / ".local/state";
  const std::string folder = project_->id + "-" + contentHash(project_->folder.string()).substr(0, 8);
  const char* whose = store_ && store_->owner() ? "" : ".second";
  return base / "neuroloom" / "recovery" / folder / (network + whose + (beside ? ".next.json" : ".json"));
}

void BridgeWorker::offerRecovery(const Network& network) {
  const auto file = recoveryFile(network.name, false), next = recoveryFile(network.name, true);
  std::error_code error;
  if (!std::filesystem::exists(file, error) && std::filesystem::exists(next, error))
    std::filesystem::rename(next, file, error);
  const auto kept = std::filesystem::exists(file, error) ? readNetwork(file) : Error{};
  if (!kept || *kept == network) return;
  offered_.insert(network.name);
  tell([this, kept = *kept] { Q_EMIT bridge_.recoveryFound(kept); });
}

void BridgeWorker::saveRecovery(const Network& network) {
  if (!project_) return;
  const auto file = recoveryFile(network.name, offered_.contains(network.name));
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  after("recovery", writeNetwork(file, network));
}

void BridgeWorker::discardRecovery(const QString& network) {
  if (!project_) return;
  const std::string name = network.toStdString();
  std::error_code error;
  std::filesystem::remove(recoveryFile(name, false), error);
  if (offered_.erase(name) > 0)
    std::filesystem::rename(recoveryFile(name, true), recoveryFile(name, false), error);
}

void BridgeWorker::exportTorch(const Network& network, const QString& folder, const QString& run) {
  if (!ready("export")) return;
  const auto source =
      run.isEmpty() ? std::filesystem::path() : runFolder(project_->folder, run.toStdString());
  after("export", loom::exportTorch(network, folder.toStdString(), source), [&] {
    QStringList files{folder + "/" + QString::fromStdString(network.name) + ".py"};
    if (!run.isEmpty()) files << folder + "/" + QString::fromStdString(network.name) + ".safetensors";
    tell([this, files] { Q_EMIT bridge_.exported(files); });
  });
}

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
    alive_[key] = now;
    living |= now;
  }
  if (!again.empty()) {
    readRuns(again);
    changed = true;
  }
  if (!launched_.empty() || !starts_.empty()) {
    watchStarts();
    changed = true;
  }
  if (changed) tellRuns();
  const int wanted = living && store_->owner() ? followInterval : idleInterval;
  if (followTimer_->interval() != wanted) followTimer_->setInterval(wanted);
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

void BridgeWorker::measureLoad() {
  if (!project_ && looks_++ % looksApart == 0) findLiving();
  MachineLoad load;
  if (auto text = readWholeFile("/proc/stat", 1 << 20)) {
    // cpu user nice system idle iowait irq softirq steal …
    const QString all = QString::fromStdString(*text);
    const QStringList words = all.section('\n', 0, 0).split(' ', Qt::SkipEmptyParts);
    std::uint64_t total = 0;
    for (int index = 1; index < words.size() && index <= 8; ++index) total += words[index].toULongLong();
    const std::uint64_t idle = words.size() > 5 ? words[4].toULongLong() + words[5].toULongLong() : 0;
    if (totalBefore_ != 0 && total > totalBefore_)
      load.cpu = 1.0 - static_cast<double>(idle - idleBefore_) / static_cast<double>(total - totalBefore_);
    totalBefore_ = total;
    idleBefore_ = idle;
    load.cores = static_cast<int>(all.count("\ncpu"));
  }
  if (auto text = readWholeFile("/proc/meminfo", 1 << 16)) {
    const QString all = QString::fromStdString(*text);
    const auto field = [&](const QString& name) {
      const auto at = all.indexOf(name);
      return at < 0
                 ? 0
                 : all.mid(at + name.size()).section('\n', 0, 0).remove("kB").trimmed().toULongLong() * 1024;
    };
    load.memoryTotal = field("MemTotal:");
    load.memoryUsed = load.memoryTotal - std::min<std::uint64_t>(load.memoryTotal, field("MemAvailable:"));
  }
  tell([this, load] { Q_EMIT bridge_.loadChanged(load); });
}

} // namespace loom
