// SPDX-License-Identifier: GPL-3.0-or-later
// The open project as the pages share it: the last answers of the bridge, kept, so that a page made later
// starts with what is known; and the translation of what pages ask for (open, new, run) into questions to the
// bridge. GUI thread.
#pragma once
#include "app/studio/bridge/bridge.h"
#include <QHash>
#include <QSet>
#include <optional>

namespace loom {

class Session : public QObject {
  Q_OBJECT

 public:
  // `bridge` outlives the session. One a window.
  explicit Session(Bridge& bridge, QObject* parent = nullptr);

  Bridge& bridge() const { return bridge_; }
  const std::optional<ProjectView>& project() const { return project_; }
  const QVector<RunView>& runs() const { return runs_; }
  const RunView* run(const QString& id) const;
  const RunView* liveRun() const;                             // the newest that trains, is paused or waits
  const TrainSettings& settings() const { return settings_; } // of the next run
  void setSettings(const TrainSettings& settings);
  const std::optional<DataFacts>& facts() const { return facts_; } // of the project's data, once it is read
  const std::optional<EstimateView>& estimate() const { return estimate_; }
  const MachineLoad& load() const { return load_; }
  // Projects with a training that goes on; known while no project is open.
  const QVector<LivingProject>& living() const { return living_; }

  // Each leaves what is open now. Without a folder the new project gets a free one.
  void openProject(const QString& folder);
  void newProject(const QString& templateId, const QString& folder);
  void closeProject();

  // The newest run, when its trainer ended without a word: it waits to be resumed. Null: another one is
  // newer.
  const RunView* brokenOff() const;
  QVector<const RunView*> underWay() const; // trains, is paused, waits or starts; newest first
  // The project's network as it is edited now; null for an unknown name. The session owns it for all pages:
  // Design gives each edit to draw(), everything else reads it here.
  const Network* network(const QString& name) const;
  const QString& drawn() const { return drawn_; } // the network that Design shows
  void draw(const Network& network, bool unsaved);
  void saveNetwork(const QString& name);

  // Starts a run of this network as it is drawn now, with the settings of the set-up page: saves it first
  // when it has edits that are not. Tags and note are set as soon as the history knows the run.
  struct Wanted {
    QString name;
    QStringList tags;
    QString note;
  };
  void startRun(const QString& network) { startRun(network, Wanted{}); }
  void startRun(const QString& network, const Wanted& wanted);
  void askEstimate(const Network& network);
  void create(const QString& folder, const DatasetSpec& data); // a project from a person's own data
  void changeProject(const Project& project);                  // saves it; `project()` has it at once
  // The folder for a new project that does not ask anybody: ~/Neuroloom/<name>.loom, numbered when it is
  // taken.
  static QString freeProjectFolder(const QString& name);

 Q_SIGNALS:
  // Another project will be asked for, or the window closes: what is unsaved must be kept now.
  void leaving();
  void projectOpened();
  void projectClosed();
  void factsChanged();
  void runsChanged();
  void loadChanged();
  void livingChanged();
  void networkDrawn(const QString& name);            // another one, or an edit of it
  void networkSaved(const loom::Network& asWritten); // it may have been edited since
  void settingsChanged();
  void estimated();
  void estimateFailed(const loom::Error& error);
  void runStarted(const QString& run);
  void runBrokeOff(const QString& run); // while this window was open: its trainer was killed
  // What went wrong with `what`, for the page where it was asked; also shown by the window when no page takes
  // it.
  void failed(const QString& what, const loom::Error& error);

 private:
  void writeLabels();
  void forgetNetworks();
  Bridge& bridge_;
  std::optional<ProjectView> project_;
  QVector<RunView> runs_;
  TrainSettings settings_;
  QHash<QString, TrainSettings> lastSettings_; // by project: what was set for its next run in this session
  QString drawn_;
  QSet<QString> unsaved_;           // networks with edits that are in no file
  QHash<QString, Network> writing_; // by name
  QList<Wanted> starting_;          // asked for, without an id yet
  QHash<QString, Wanted> labels_;   // by run: not written yet
  std::optional<DataFacts> facts_;
  std::optional<EstimateView> estimate_;
  MachineLoad load_;
  QVector<LivingProject> living_;
};

} // namespace loom
