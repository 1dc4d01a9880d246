// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/session.h"
#include "app/studio/model/run_words.h"
#include <QDir>

namespace loom {

Session::Session(Bridge& bridge, QObject* parent) : QObject(parent), bridge_(bridge) {
  connect(&bridge_, &Bridge::projectOpened, this, [this](const ProjectView& view) {
    project_ = view;
    settings_ = lastSettings_.value(QString::fromStdString(view.project.id), view.project.defaults);
    forgetNetworks();
    runs_.clear();
    estimate_.reset();
    facts_.reset();
    bridge_.dataFacts();
    Q_EMIT projectOpened();
    Q_EMIT settingsChanged();
  });
  connect(&bridge_, &Bridge::projectSaved, this, [this] { bridge_.dataFacts(); });
  connect(&bridge_, &Bridge::factsReady, this, [this](const DataFacts& facts) {
    if (!project_ || facts_ == facts) return;
    facts_ = facts;
    Q_EMIT factsChanged();
  });
  connect(&bridge_, &Bridge::projectClosed, this, [this] {
    project_.reset();
    facts_.reset();
    forgetNetworks();
    runs_.clear();
    Q_EMIT projectClosed();
  });
  connect(&bridge_, &Bridge::runsChanged, this, [this](const QVector<RunView>& runs) {
    QStringList broken;
    for (const auto& view : runs)
      if (const auto* before = run(text(view.row.id)); view.row.state == RunState::killed &&
                                                       !loom::underWay(view) && before != nullptr &&
                                                       loom::underWay(*before))
        broken << text(view.row.id);
    runs_ = runs;
    writeLabels();
    Q_EMIT runsChanged();
    for (const auto& one : broken) Q_EMIT runBrokeOff(one);
  });
  connect(&bridge_, &Bridge::livingProjectsFound, this, [this](const QVector<LivingProject>& projects) {
    living_ = projects;
    Q_EMIT livingChanged();
  });
  connect(&bridge_, &Bridge::loadChanged, this, [this](const MachineLoad& load) {
    load_ = load;
    Q_EMIT loadChanged();
  });
  connect(&bridge_, &Bridge::estimated, this, [this](const EstimateView& estimate) {
    estimate_ = estimate;
    Q_EMIT estimated();
  });
  connect(&bridge_, &Bridge::runStarted, this, [this](const QString& run) {
    if (!starting_.isEmpty()) labels_.insert(run, starting_.takeFirst());
    Q_EMIT runStarted(run);
  });
  connect(&bridge_, &Bridge::failed, this, [this](const QString& what, const Error& error) {
    if (what == "start" && !starting_.isEmpty()) starting_.removeFirst();
    if (what == "save") writing_.clear();
    if (what == "estimate") Q_EMIT estimateFailed(error);
    Q_EMIT failed(what, error);
  });
  connect(&bridge_, &Bridge::startFailed, this,
          [this](const QString&, const Error& error) { Q_EMIT failed("start", error); });
  connect(&bridge_, &Bridge::networkSaved, this, [this](const QString& name) {
    const auto written = writing_.find(name);
    if (written == writing_.end()) return;
    const Network asWritten = *written;
    writing_.erase(written);
    // What was drawn while the file was written is not saved yet.
    if (const auto* now = network(name); now != nullptr && *now == asWritten) unsaved_.remove(name);
    Q_EMIT networkSaved(asWritten);
  });
}

void Session::openProject(const QString& folder) {
  Q_EMIT leaving();
  bridge_.openProject(folder);
}

void Session::newProject(const QString& templateId, const QString& folder) {
  Q_EMIT leaving();
  bridge_.createFromTemplate(folder.isEmpty() ? freeProjectFolder(templateId) : folder, templateId);
}

void Session::closeProject() {
  Q_EMIT leaving();
  bridge_.closeProject();
}

const RunView* Session::run(const QString& id) const {
  const std::string wanted = id.toStdString();
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const RunView& view) { return view.row.id == wanted; });
  return found == runs_.end() ? nullptr : &*found;
}

const RunView* Session::liveRun() const {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [](const RunView& view) {
    return view.waiting || view.starting || view.row.state == RunState::running ||
           view.row.state == RunState::paused;
  });
  return found == runs_.end() ? nullptr : &*found;
}

const RunView* Session::brokenOff() const {
  const auto newest =
      std::find_if(runs_.begin(), runs_.end(), [](const RunView& view) { return !view.row.archived; });
  if (newest == runs_.end() || newest->row.state != RunState::killed || loom::underWay(*newest))
    return nullptr;
  return &*newest;
}

void Session::setSettings(const TrainSettings& settings) {
  settings_ = settings;
  if (project_) lastSettings_.insert(QString::fromStdString(project_->project.id), settings);
  Q_EMIT settingsChanged();
}

QVector<const RunView*> Session::underWay() const {
  QVector<const RunView*> list;
  for (const auto& view : runs_)
    if (view.waiting || view.starting || view.row.state == RunState::running ||
        view.row.state == RunState::paused)
      list.push_back(&view);
  return list;
}

const Network* Session::network(const QString& name) const {
  if (!project_) return nullptr;
  for (const auto& network : project_->networks)
    if (QString::fromStdString(network.name) == name) return &network;
  return nullptr;
}

void Session::forgetNetworks() {
  drawn_.clear();
  unsaved_.clear();
  writing_.clear();
}

void Session::draw(const Network& network, bool unsaved) {
  if (!project_ || network.name.empty()) return;
  const auto known = std::find_if(project_->networks.begin(), project_->networks.end(),
                                  [&](const Network& one) { return one.name == network.name; });
  if (known != project_->networks.end())
    *known = network;
  else
    project_->networks.push_back(network);
  drawn_ = QString::fromStdString(network.name);
  if (unsaved)
    unsaved_.insert(drawn_);
  else if (!writing_.contains(drawn_))
    unsaved_.remove(drawn_);
  Q_EMIT networkDrawn(drawn_);
}

void Session::saveNetwork(const QString& name) {
  const auto* now = network(name);
  if (now == nullptr) return;
  writing_.insert(name, *now);
  bridge_.saveNetwork(*now);
}

void Session::startRun(const QString& name, const Wanted& wanted) {
  const auto* network = this->network(name);
  if (network == nullptr) return;
  if (unsaved_.contains(name)) saveNetwork(name); // else the file is the newer one, or the same
  TrainRequest request;
  request.network = network->name;
  request.settings = settings_;
  request.name = wanted.name.trimmed().toStdString();
  starting_ << wanted;
  bridge_.start(request);
}

void Session::writeLabels() {
  for (auto one = labels_.begin(); one != labels_.end();) {
    const auto* view = run(one.key());
    if (view == nullptr || view->row.created == 0 || view->row.totalSteps == 0) {
      ++one;
      continue;
    }
    if (!one->tags.isEmpty()) bridge_.setTags(one.key(), one->tags);
    if (!one->note.isEmpty()) bridge_.setNote(one.key(), one->note);
    one = labels_.erase(one);
  }
}

void Session::askEstimate(const Network& network) { bridge_.estimate(network, settings_); }

void Session::create(const QString& folder, const DatasetSpec& data) {
  Q_EMIT leaving();
  bridge_.createFromSpec(folder, data);
}

void Session::changeProject(const Project& project) {
  if (!project_) return;
  project_->project = project;
  bridge_.saveProject(project);
}

QString Session::freeProjectFolder(const QString& name) {
  const QDir base(QDir::homePath() + "/Neuroloom");
  for (int number = 1;; ++number) {
    const QString folder =
        base.filePath(number == 1 ? name + ".loom" : QString("%1-%2.loom").arg(name).arg(number));
    if (!QDir(folder).exists()) return folder;
  }
}

} // namespace loom
