// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/session.h"
#include "app/studio/model/run_words.h"
#include "core/base/file_name.h"
#include "core/base/uuid.h"
#include <QDir>
#include <QPointer>
#include <algorithm>

namespace loom {

Session::Session(Bridge& bridge, QObject* parent) : QObject(parent), bridge_(bridge) {
  connect(&bridge_, &Bridge::projectOpened, this, &Session::opened);
  connect(&bridge_, &Bridge::projectClosed, this, &Session::closed);
  connect(&bridge_, &Bridge::runsChanged, this, &Session::takeRuns);
  connect(&bridge_, &Bridge::reachChanged, this, [this](const std::optional<Error>& why) {
    if (!project_) return;
    project_->unreachable = why;
    Q_EMIT reachChanged();
  });
  connect(&bridge_, &Bridge::startFailed, this, &Session::startFailed);
  connect(&bridge_, &Bridge::troubled, this, &Session::troubled);
  connect(&bridge_, &Bridge::livingProjectsFound, this, [this](const QVector<LivingProject>& projects) {
    living_ = projects;
    Q_EMIT livingChanged();
  });
  connect(&bridge_, &Bridge::loadChanged, this, [this](const MachineLoad& load) {
    load_ = load;
    Q_EMIT loadChanged();
  });
  connect(&document_, &Document::changed, this, &Session::edited);
  connect(&document_, &Document::reset, this, &Session::drew);
  connect(this, &Session::factsChanged, this, [this] { document_.setData(facts()); });
}

// The value of the one before is gone before any page hears of the new one.
void Session::opened(const ProjectView& view) {
  document_.hold({});
  project_.emplace(view);
  const QString id = text(view.project.id);
  if (lastSettings_.contains(id)) project_->settings = lastSettings_[id];
  drawn_.clear();
  document_.open({});
  document_.setData({});
  askFacts();
  Q_EMIT projectOpened();
  Q_EMIT settingsChanged();
}

void Session::closed() {
  document_.hold({});
  project_.reset();
  drawn_.clear();
  document_.open({});
  document_.setData({});
  Q_EMIT projectClosed();
}

void Session::takeRuns(const QVector<RunView>& runs) {
  if (!project_) return;
  QStringList broken;
  for (const auto& view : runs)
    if (const auto* before = run(text(view.row.id)); view.row.state == RunState::killed &&
                                                     !loom::underWay(view) && before != nullptr &&
                                                     loom::underWay(*before) && !before->waiting)
      broken << text(view.row.id);
  project_->runs = runs;
  writeLabels();
  Q_EMIT runsChanged();
  for (const auto& one : broken) Q_EMIT runBrokeOff(one);
}

// Data that cannot be read is reported where it is shown or trained on, not here.
void Session::askFacts() {
  bridge_.ask(ProjectDataFacts{}, this,
              [this](const Result<DataFacts>& facts) {
                if (!facts || project_->facts == *facts) return;
                project_->facts = *facts;
                Q_EMIT factsChanged();
              },
              {.slot = "facts"});
}

void Session::askDevices() {
  bridge_.ask(ListDevices{}, this,
              [this](const Result<QVector<DeviceView>>& devices) {
                if (!devices) return; // training on the one before is still offered
                devices_ = *devices;
                Q_EMIT devicesChanged();
              },
              {.slot = "devices"});
}

// What is unsaved is kept, and nothing is drawn until the answer is there: it would be in no file.
void Session::leave() {
  Q_EMIT leaving();
  document_.hold("Another project is being opened");
}

std::function<void(Result<Done>)> Session::orOpenFailed() {
  return [this](const Result<Done>& opened) {
    if (opened) return;
    document_.hold({});
    Q_EMIT openFailed(opened.error());
  };
}

void Session::openProject(const QString& folder) {
  leave();
  bridge_.ask(OpenFolder{folder}, this, orOpenFailed());
}

void Session::newProject(const QString& templateId, const QString& folder) {
  leave();
  bridge_.ask(CreateFromTemplate{folder.isEmpty() ? freeProjectFolder(templateId) : folder, templateId}, this,
              orOpenFailed());
}

void Session::closeProject() {
  if (!project_) return;
  leave();
  bridge_.ask(CloseProject{}, this, orOpenFailed());
}

void Session::create(const QString& folder, const DatasetSpec& data, QObject* context, Failed failed) {
  leave();
  bridge_.ask(CreateFromSpec{folder, data}, this,
              [this, context = QPointer(context), failed = std::move(failed)](const Result<Done>& made) {
                if (made) return;
                document_.hold({});
                if (context) failed(made.error());
              });
}

const QVector<RunView>& Session::runs() const {
  static const QVector<RunView> none;
  return project_ ? project_->runs : none;
}

const std::optional<Error>& Session::unreachable() const {
  static const std::optional<Error> none;
  return project_ ? project_->unreachable : none;
}

const TrainSettings& Session::settings() const {
  static const TrainSettings usual;
  return project_ ? project_->settings : usual;
}

const std::optional<DataFacts>& Session::facts() const {
  static const std::optional<DataFacts> none;
  return project_ ? project_->facts : none;
}

const std::optional<EstimateView>& Session::estimate() const {
  static const std::optional<EstimateView> none;
  return project_ ? project_->estimate : none;
}

const RunView* Session::run(const QString& id) const {
  const std::string wanted = id.toStdString();
  const auto& all = runs();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const RunView& view) { return view.row.id == wanted; });
  return found == all.end() ? nullptr : &*found;
}

QVector<const RunView*> Session::underWay() const {
  QVector<const RunView*> list;
  for (const auto& view : runs())
    if (loom::underWay(view)) list.push_back(&view);
  const auto group = [](const RunView* view) { return !view->waiting ? 0 : view->impossible ? 2 : 1; };
  std::stable_sort(list.begin(), list.end(), [&](const RunView* left, const RunView* right) {
    if (group(left) != group(right)) return group(left) < group(right);
    return group(left) == 1 && left->place < right->place;
  });
  return list;
}

const RunView* Session::liveRun() const {
  const auto* first = underWay().value(0, nullptr);
  return first != nullptr && willTrain(*first) ? first : nullptr;
}

const RunView* Session::brokenOff() const {
  const auto& all = runs();
  const auto newest =
      std::find_if(all.begin(), all.end(), [](const RunView& view) { return !view.row.archived; });
  if (newest == all.end() || newest->row.state != RunState::killed || loom::underWay(*newest)) return nullptr;
  return &*newest;
}

void Session::setSettings(const TrainSettings& settings) {
  if (!project_) return;
  project_->settings = settings;
  lastSettings_.insert(text(project_->project.id), settings);
  Q_EMIT settingsChanged();
}

const Network* Session::network(const QString& name) const {
  const auto* one = project_ ? project_->find(name) : nullptr;
  if (one == nullptr) return nullptr;
  return one->network != nullptr ? one->network.get() : &document_.network();
}

void Session::keepShown() {
  auto* shown = project_ ? project_->find(drawn_) : nullptr;
  if (shown == nullptr) return;
  if (document_.modified()) saveNetwork(drawn_); // nothing is lost by looking at another
  shown->network = std::make_shared<const Network>(document_.network());
}

void Session::showNetwork(const QString& name) {
  keepShown();
  auto* wanted = project_ ? project_->find(name) : nullptr;
  drawn_ = wanted != nullptr ? name : QString();
  const auto network = wanted != nullptr ? std::exchange(wanted->network, nullptr) : nullptr;
  document_.open(network != nullptr ? *network : Network{});
}

void Session::addNetwork(const Network& network) {
  if (!project_) return;
  const QString name = text(network.name);
  project_->networks.push_back({name, std::make_shared<const Network>(network)});
  showNetwork(name);
  saveNetwork(name);
}

void Session::drew() {
  if (!drawn_.isEmpty()) Q_EMIT networkDrawn(drawn_);
}

void Session::edited() {
  if (drawn_.isEmpty()) return;
  if (document_.modified())
    project_->unsaved.insert(drawn_);
  else if (!project_->writing.contains(drawn_)) // undone to what is in the file
    project_->unsaved.remove(drawn_);
  drew();
}

void Session::saveNetwork(const QString& name) {
  const auto* now = network(name);
  if (now == nullptr) return;
  const auto asWritten = std::make_shared<const Network>(*now);
  ++project_->writing[name];
  bridge_.ask(SaveNetwork{asWritten}, this, [this, name, asWritten](const Result<NetworkSaved>& saved) {
    if (--project_->writing[name] <= 0) project_->writing.remove(name);
    if (!saved) return void(Q_EMIT saveFailed(saved.error()));
    // What was drawn while the file was written is not saved yet.
    if (const auto* now = network(name); now != nullptr && *now == *asWritten) {
      project_->unsaved.remove(name);
      if (name == drawn_) document_.markSaved();
    }
    Q_EMIT networkSaved(name);
    if (saved->kept) Q_EMIT saveFailed(*saved->kept);
  });
}

// The id is made here, so that what was written for a run can go to no other.
void Session::startRun(const QString& name, const Wanted& wanted) {
  if (network(name) == nullptr) return;
  if (project_->unsaved.contains(name)) saveNetwork(name); // else the file is the newer one, or the same
  TrainRequest request;
  request.run = newUuid();
  request.network = name.toStdString();
  request.settings = settings();
  request.name = wanted.name.trimmed().toStdString();
  ask(request, wanted, false);
}

void Session::ask(const TrainRequest& request, const Wanted& wanted, bool another) {
  if (!project_) return;
  const QString run = text(request.run);
  project_->labels.insert(run, wanted);
  bridge_.ask(StartRun{request, another}, this, [this, run, request, wanted](const Result<RunAsked>& asked) {
    if (!asked) return startAnswered(run, asked.error());
    if (asked->waiting.isEmpty()) return startAnswered(run, Done{});
    project_->labels.remove(run);
    Q_EMIT sameTrainingWaits(asked->waiting, [this, request, wanted] { ask(request, wanted, true); });
  });
}

void Session::startAgain(const QString& run) { carryOut(StartAgain{run}); }

void Session::resumeRun(const QString& run) {
  bridge_.ask(ResumeRun{run}, this,
              [this, run](const Result<Done>& started) { startAnswered(run, started); });
}

void Session::startAnswered(const QString& run, const Result<Done>& started) {
  if (started) return void(Q_EMIT runStarted(run));
  project_->labels.remove(run);
  Q_EMIT startFailed(run, started.error());
}

void Session::writeLabels() {
  auto& labels = project_->labels;
  for (auto one = labels.begin(); one != labels.end();) {
    const auto* view = run(one.key());
    if (view == nullptr || view->row.created == 0 || view->row.totalSteps == 0) {
      ++one;
      continue;
    }
    LabelRun label{one.key()};
    if (!one->tags.isEmpty()) label.tags = one->tags;
    if (!one->note.isEmpty()) label.note = one->note;
    if (label.tags || label.note) carryOut(std::move(label));
    one = labels.erase(one);
  }
}

void Session::askEstimate(const QString& name) {
  const auto* now = network(name);
  if (now == nullptr) return;
  bridge_.ask(EstimateNetwork{std::make_shared<const Network>(*now), settings()}, this,
              [this](const Result<EstimateView>& estimate) {
                if (!estimate) return void(Q_EMIT estimateFailed(estimate.error()));
                setEstimate(*estimate);
              },
              {.slot = "estimate"});
}

void Session::setEstimate(const EstimateView& estimate) {
  if (!project_) return;
  project_->estimate = estimate;
  Q_EMIT estimated();
}

void Session::changeProject(const Project& project) {
  if (!project_) return;
  project_->project = project;
  bridge_.ask(SaveProject{project}, this, [this](const Result<Done>& saved) {
    if (!saved) return void(Q_EMIT saveFailed(saved.error()));
    askFacts();
    Q_EMIT projectSaved();
  });
}

QString Session::freeProjectFolder(const QString& name) {
  const QDir base(QDir::homePath() + "/Neuroloom");
  const QString plain = QString::fromStdString(fileNameOf(name.toStdString()));
  for (int number = 1;; ++number) {
    const QString folder =
        base.filePath(number == 1 ? plain + ".loom" : plain + "-" + QString::number(number) + ".loom");
    if (!QDir(folder).exists()) return folder;
  }
}

} // namespace loom
