// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/session.h"
#include "core/base/format.h"
#include <QDir>

namespace loom {

Session::Session(Bridge& bridge, PageContext& context, QObject* parent)
    : QObject(parent), bridge_(bridge), context_(context) {
  setObjectName("session");
  connect(&context_, &PageContext::openProjectRequested, this,
          [this](const QString& folder) { bridge_.openProject(folder); });
  connect(&context_, &PageContext::newProjectRequested, this,
          [this](const QString& templateId, const QString& folder) {
            bridge_.createFromTemplate(folder.isEmpty() ? freeProjectFolder(templateId) : folder, templateId);
          });
  connect(&bridge_, &Bridge::projectOpened, this, [this](const ProjectView& view) {
    project_ = view;
    settings_ = view.project.defaults;
    runs_.clear();
    estimate_.reset();
    context_.setProject(QString::fromStdString(view.project.name));
    context_.settings.remember({QString::fromStdString(view.project.name),
                                QString::fromStdString(view.project.folder.string()),
                                QDateTime::currentSecsSinceEpoch()});
    Q_EMIT projectOpened();
    Q_EMIT settingsChanged();
  });
  connect(&bridge_, &Bridge::projectClosed, this, [this] {
    project_.reset();
    runs_.clear();
    context_.setProject({});
    context_.setDocument({});
    updateStrip();
    Q_EMIT projectClosed();
  });
  connect(&bridge_, &Bridge::runsChanged, this, [this](const QVector<RunView>& runs) {
    runs_ = runs;
    updateStrip();
    Q_EMIT runsChanged();
  });
  connect(&bridge_, &Bridge::loadChanged, this, [this](const MachineLoad& load) {
    load_ = load;
    updateStrip();
  });
  connect(&bridge_, &Bridge::estimated, this, [this](const EstimateView& estimate) {
    estimate_ = estimate;
    Q_EMIT estimated();
  });
  connect(&bridge_, &Bridge::runStarted, this, &Session::runStarted);
  connect(&bridge_, &Bridge::failed, this, &Session::failed);
  updateStrip();
}

const RunView* Session::run(const QString& id) const {
  const std::string wanted = id.toStdString();
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const RunView& view) { return view.row.id == wanted; });
  return found == runs_.end() ? nullptr : &*found;
}

const RunView* Session::liveRun() const {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [](const RunView& view) {
    return view.waiting || view.row.state == RunState::running || view.row.state == RunState::paused;
  });
  return found == runs_.end() ? nullptr : &*found;
}

void Session::setSettings(const TrainSettings& settings) {
  settings_ = settings;
  Q_EMIT settingsChanged();
}

void Session::startRun(const Network& network) {
  bridge_.saveNetwork(network);
  TrainRequest request;
  request.network = network.name;
  request.settings = settings_;
  bridge_.start(request);
}

void Session::askEstimate(const Network& network) { bridge_.estimate(network, settings_); }

QString Session::freeProjectFolder(const QString& name) {
  const QDir base(QDir::homePath() + "/Neuroloom");
  for (int number = 1;; ++number) {
    const QString folder =
        base.filePath(number == 1 ? name + ".loom" : QString("%1-%2.loom").arg(name).arg(number));
    if (!QDir(folder).exists()) return folder;
  }
}

void Session::updateStrip() {
  StripState strip;
  strip.cpu = load_.cores > 0 ? load_.cpu : -1;
  strip.memoryUsed = load_.memoryTotal > 0 ? double(load_.memoryUsed) : -1;
  strip.memoryTotal = double(load_.memoryTotal);
  int waiting = 0;
  for (const auto& view : runs_) waiting += view.waiting ? 1 : 0;
  if (waiting > 0) strip.waiting = QString("%1 waiting").arg(waiting);
  const auto* live = liveRun();
  if (live != nullptr && !live->waiting) {
    const RunRow& row = live->row;
    StripRun run;
    run.id = QString::fromStdString(row.id);
    run.name = QString::fromStdString(row.name);
    run.progress.share = row.totalSteps > 0 ? double(row.step) / double(row.totalSteps) : 0;
    run.progress.epochs = static_cast<int>(row.epochs);
    run.progress.state =
        row.state == RunState::paused ? ClothProgress::State::paused : ClothProgress::State::running;
    if (live->stepsPerSecond > 0)
      run.speed = QString::fromStdString(formatNumber(live->stepsPerSecond)) + " steps/s";
    if (live->secondsLeft >= 0)
      run.left = QString::fromStdString(formatDuration(live->secondsLeft)) + " left";
    if (row.state == RunState::paused) run.left = "Paused";
    strip.run = run;
  } else if (project_) {
    strip.message = "No run is active. Press F5 on Design or Train to start one.";
  }
  context_.setStrip(strip);
  context_.setRunLive(live != nullptr);
}

Session* sessionOf(const PageContext& context) {
  return context.parent() != nullptr ? context.parent()->findChild<Session*>("session") : nullptr;
}

} // namespace loom
