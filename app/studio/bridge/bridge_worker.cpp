// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/atomic_file.h"
#include "core/interop/torch_code.h"
#include <QMutexLocker>
#include <algorithm>

namespace loom {
namespace {

constexpr int loadInterval = 2000, looksApart = 5;

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
  if (project_ && store_) {
    if (inPlace()) return true;
    fail(what, goneError());
    return false;
  }
  fail(what, {ErrorKind::usage, what, "No project is open", "Open one first"});
  return false;
}

// Asked before anything is written: a folder of a project that was moved is never made anew.
bool BridgeWorker::inPlace() {
  const bool there = place_.inPlace();
  if (there == !away_) return there;
  away_ = !there;
  if (there) {
    tell([this] { Q_EMIT bridge_.projectFound(); });
    return true;
  }
  const auto now = place_.whereNow();
  std::error_code error;
  QString moved;
  if (now && std::filesystem::exists(*now / "project.json", error))
    moved = QString::fromStdString(now->string());
  else if (std::filesystem::exists(project_->folder / "project.json", error))
    moved = QString::fromStdString(project_->folder.string()); // another folder took its place
  tell([this, gone = goneError(), moved] { Q_EMIT bridge_.projectGone(gone, moved); });
  return false;
}

Error BridgeWorker::goneError() const {
  const auto now = place_.whereNow();
  return {ErrorKind::input, project_->folder.string(),
          now ? "The project's folder was moved to " + now->string()
              : std::string("The project's folder is not there any more"),
          "Nothing is written until it is opened where it lies; unsaved edits are kept and offered there"};
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
  place_ = HeldFolder(project.folder);
  away_ = false;
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
  adoptRecovery();
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
  trainers_.clear();
  vanished_.clear();
  place_ = HeldFolder();
  away_ = false;
  tell([this] { Q_EMIT bridge_.projectClosed(); });
}

void BridgeWorker::saveProject(const Project& project) {
  if (!ready("save")) return;
  after("save", loom::saveProject(project), [&] {
    project_ = project;
    tell([this] { Q_EMIT bridge_.projectSaved(); });
  });
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
