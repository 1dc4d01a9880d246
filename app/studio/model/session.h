// SPDX-License-Identifier: GPL-3.0-or-later
// The open project as the pages share it, and what they ask for in words (open, new, run) as questions to the
// bridge. Owns the drawing that Design shows. GUI thread.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/drawing/document.h"
#include "app/studio/model/window_project.h"
#include <functional>

namespace loom {

class Session : public QObject {
  Q_OBJECT

 public:
  using Wanted = RunLabels;
  using Failed = std::function<void(const Error&)>;
  // `bridge` outlives the session. One a window.
  explicit Session(Bridge& bridge, QObject* parent = nullptr);

  Bridge& bridge() const { return bridge_; }
  const std::optional<WindowProject>& project() const { return project_; }
  const QVector<RunView>& runs() const; // none without a project, like the rest of it
  const RunView* run(const QString& id) const;
  // Why the runs of the project cannot be reached: none can be started. Nothing: they can be.
  const std::optional<Error>& unreachable() const;
  const TrainSettings& settings() const; // of the next run
  void setSettings(const TrainSettings& settings);
  const std::optional<DataFacts>& facts() const; // of the project's data, once it is read
  const std::optional<EstimateView>& estimate() const;
  void setEstimate(const EstimateView& estimate); // by hand, for pictures; askEstimate() does it by itself
  const MachineLoad& load() const { return load_; }
  const QVector<DeviceView>& devices() const { return devices_; } // the usable ones; empty until asked
  void askDevices();
  // Projects with a run that trains; known while no project is open.
  const QVector<LivingProject>& living() const { return living_; }

  // Each leaves what is open now. Without a folder the new project gets a free one.
  void openProject(const QString& folder);
  void newProject(const QString& templateId, const QString& folder);
  void closeProject();
  // A project from a person's own data. `failed` is called while `context` exists.
  void create(const QString& folder, const DatasetSpec& data, QObject* context, Failed failed);

  const RunView* liveRun() const; // the first of underWay() that trains or can start
  // The newest run, when its trainer ended unexpectedly: it waits to be resumed. Null: another one is newer.
  const RunView* brokenOff() const;
  // What trains or starts, newest first; then what waits, in the order of the queue; then what is queued and
  // cannot start.
  QVector<const RunView*> underWay() const;

  // The drawing that Design shows: one of the project's networks, or nothing. It is edited here alone.
  Document& document() { return document_; }
  const QString& drawn() const { return drawn_; } // its name
  // As it is edited now; null for an unknown name.
  const Network* network(const QString& name) const;
  void showNetwork(const QString& name);   // empty: none. Unsaved edits of the one before are saved.
  void addNetwork(const Network& network); // to the project, and shows it; saved at once
  void saveNetwork(const QString& name);

  // Starts a run of this network as it is drawn now, with the settings of the set-up page: saves it first
  // when it has edits that are in no file. Its labels are written as soon as the history knows it. When the
  // same training waits already, nothing is started and sameTrainingWaits() is emitted.
  void startRun(const QString& network, const Wanted& wanted = {});
  void resumeRun(const QString& run);
  void startAgain(const QString& run); // of the queue, where it could not start
  void askEstimate(const QString& network);
  void changeProject(const Project& project); // saves it; `project()` has it at once
  // Asks for what has no answer to show; a failure is shown above the pages.
  template<class Q> void carryOut(Q question) {
    bridge_.ask(std::move(question), this, [this](Result<typename Q::Answer> done) {
      if (!done) Q_EMIT troubled(done.error());
    });
  }
  // The folder for a new project that does not ask anybody: ~/Neuroloom/<name>.loom, numbered when it is
  // taken.
  static QString freeProjectFolder(const QString& name);

 Q_SIGNALS:
  // Another project will be asked for, or the window closes: what is unsaved must be kept now.
  void leaving();
  void projectOpened(); // the pages forget everything of an earlier one
  void projectClosed(); // the same
  void projectSaved();  // after changeProject()
  void openFailed(const loom::Error& error);
  void saveFailed(const loom::Error& error); // of a network or the project
  void troubled(const loom::Error& error);   // what no page asked for by itself
  void factsChanged();
  void runsChanged();
  void reachChanged();
  void loadChanged();
  void devicesChanged();
  void livingChanged();
  void networkDrawn(const QString& name); // another one, or an edit of it
  void networkSaved(const QString& name); // it may have been edited since
  void settingsChanged();
  void estimated();
  void estimateFailed(const loom::Error& error);
  void runStarted(const QString& run);
  void startFailed(const QString& run, const loom::Error& error); // at once, or before it wrote anything
  // `another` starts it all the same, with the settings that it was asked for with.
  void sameTrainingWaits(const QString& run, const std::function<void()>& another);
  void runBrokeOff(const QString& run); // while this window was open: its trainer was killed

 private:
  void opened(const ProjectView& view);
  void closed();
  void takeRuns(const QVector<RunView>& runs);
  void askFacts();
  void writeLabels();
  void keepShown(); // the shown network goes back among the others
  void drew();      // an edit, or another drawing
  void edited();
  void ask(const TrainRequest& request, const Wanted& wanted, bool another);
  void startAnswered(const QString& run, const Result<Done>& started);
  void leave();
  std::function<void(Result<Done>)> orOpenFailed();
  Bridge& bridge_;
  std::optional<WindowProject> project_;
  Document document_;
  QString drawn_;
  QHash<QString, TrainSettings> lastSettings_; // by project: what was set for its next run in this session
  MachineLoad load_;
  QVector<DeviceView> devices_;
  QVector<LivingProject> living_;
};

} // namespace loom
