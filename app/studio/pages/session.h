// SPDX-License-Identifier: GPL-3.0-or-later
// The open project as the pages share it: the last answers of the bridge, kept, so that a page made later
// starts with what is known; and the translation of what pages ask for (open, new, run) into questions to the
// bridge. GUI thread.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/frame/page.h"
#include <optional>

namespace loom {

class Session : public QObject {
  Q_OBJECT

 public:
  // Both outlive the session. One a window; pages find it with sessionOf(context).
  Session(Bridge& bridge, PageContext& context, QObject* parent = nullptr);

  Bridge& bridge() const { return bridge_; }
  const std::optional<ProjectView>& project() const { return project_; }
  const QVector<RunView>& runs() const { return runs_; }
  const RunView* run(const QString& id) const;
  const RunView* liveRun() const;                             // the newest that trains, is paused or waits
  const TrainSettings& settings() const { return settings_; } // of the next run
  void setSettings(const TrainSettings& settings);
  const std::optional<EstimateView>& estimate() const { return estimate_; }
  const MachineLoad& load() const { return load_; }

  QVector<const RunView*> underWay() const; // trains, is paused, waits or starts; newest first
  // The project's network as it is edited now; null for an unknown name.
  const Network* network(const QString& name) const;

  // Starts a run of this network with the settings of the set-up page: saves it first. Tags and note are set
  // as soon as the history knows the run.
  struct Wanted {
    QString name;
    QStringList tags;
    QString note;
  };
  void startRun(const Network& network) { startRun(network, Wanted{}); }
  void startRun(const Network& network, const Wanted& wanted);
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
  void runsChanged();
  void settingsChanged();
  void estimated();
  void estimateFailed(const loom::Error& error);
  void runStarted(const QString& run);
  // What went wrong with `what`, for the page where it was asked; also shown by the window when no page takes
  // it.
  void failed(const QString& what, const loom::Error& error);

 private:
  void updateStrip();
  void writeLabels();
  Bridge& bridge_;
  PageContext& context_;
  std::optional<ProjectView> project_;
  QVector<RunView> runs_;
  TrainSettings settings_;
  QList<Wanted> starting_;        // asked for, without an id yet
  QHash<QString, Wanted> labels_; // by run: not written yet
  std::optional<EstimateView> estimate_;
  MachineLoad load_;
};

// The session of this window; null in shots and tests that give their data by hand.
Session* sessionOf(const PageContext& context);

} // namespace loom
