// SPDX-License-Identifier: GPL-3.0-or-later
// Where a picture is made: a window without a project, settings in memory, and the steps that lead to what is
// shown.
#pragma once
#include <QSize>
#include <QString>
#include <QWidget>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

class QTimer;

namespace loom {

class MainWindow;
class Settings;
class Shell;

// What a shot is made in. `window()` makes a window without bridge and with settings in memory, once per
// shot.
class ShotStage {
 public:
  explicit ShotStage(bool dark);
  ~ShotStage();
  MainWindow& window();
  Settings& settings() { return *settings_; }
  bool dark() const { return dark_; }
  void keep(std::shared_ptr<void> owner) {
    kept_ = std::move(owner);
  } // what the widget lives in, until the picture is taken

  // What is to be done before the picture is taken, from the event loop and in this order. A step waits for a
  // time, or until `ready` says so: it is asked whenever the stage is nudged, and is no longer waited for
  // after twenty seconds.
  void after(int milliseconds, std::function<void()> step);
  void until(std::function<bool()> ready, std::function<void()> step);
  void nudge();

 private:
  friend class ShotRun;
  struct Step {
    int milliseconds;
    std::function<bool()> ready;
    std::function<void()> work;
  };
  void perform(std::function<void()> done); // all steps, then `done`
  void next();
  std::deque<Step> steps_;
  std::function<void()> done_;
  bool dark_;
  std::unique_ptr<Settings> settings_;
  QTimer* timer_;
  std::unique_ptr<Shell> shell_;
  std::shared_ptr<void> kept_;
};

struct Shot {
  QString name;                                   // the file: design-light.png
  std::function<QWidget*(ShotStage& stage)> make; // the widget stays its maker's or the stage's
  QSize size = {1440, 900};
  int textSize = 13;
};

} // namespace loom
