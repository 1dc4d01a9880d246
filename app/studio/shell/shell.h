// SPDX-License-Identifier: GPL-3.0-or-later
// The window with its pages, and what it shows of the session: the strip, the dot on Train, the project's
// name, the runs that the command palette finds. Also what the File and Help menus ask for. GUI thread.
#pragma once
#include "app/studio/frame/main_window.h"
#include "app/studio/model/session.h"

namespace loom {

class Shell : public QObject {
  Q_OBJECT
 public:
  // Both outlive the shell. Without a session, in shots, the pages are given their data by hand.
  Shell(Settings& settings, Session* session, bool systemDark);

  MainWindow& window() { return window_; }

 private:
  void bindActions();
  void follow(); // the session
  void showStrip();
  void showOthers(StripState& strip); // what other projects train
  QVector<BusyProject> otherProjects();
  void openOther(const QString& folder); // asks first while a project is open
  QVector<Found> findRuns(const QString& words);
  Session* session_;
  const std::vector<PageRow> pages_;
  MainWindow window_;
};

} // namespace loom
