// SPDX-License-Identifier: GPL-3.0-or-later
// The studio as one object: bridge, window and session, tied together as a person meets them. main() makes
// one, tests make one, so that both run the same wiring. GUI thread.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/shell/shell.h"
#include <functional>
#include <vector>

namespace loom {

class Studio : public QObject {
  Q_OBJECT
 public:
  // `settings` outlives the studio. `loomProgram`: the command line beside it.
  Studio(Settings& settings, std::filesystem::path loomProgram, bool systemDark);

  Bridge& bridge() { return bridge_; }
  MainWindow& window() { return shell_.window(); }
  Session& session() { return session_; }
  void open(const QString& project); // what the command line named

 private:
  void startPages();
  void tellGone(const Error& error, const QString& now);
  void tellBrokenOff(const QString& run);
  void tellSameWaits(const QString& run, const std::function<void()>& another);
  void withdraw();     // what is no longer so
  void askAboutHeld(); // runs that waited when the computer was restarted
  Bridge bridge_;
  Session session_;
  Shell shell_;
  bool away_ = false; // the project's folder is not there, and the window says so
  struct AboutRuns {  // told above the pages; withdrawn as soon as it does not hold any more
    QString words;
    std::function<bool()> holds;
  };
  std::vector<AboutRuns> aboutRuns_;
  bool askedHeld_ = false; // once for each opened project
};

} // namespace loom
