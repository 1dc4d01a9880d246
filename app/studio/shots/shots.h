// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every page state, made by the program itself: `neuroloom --shots DIR`. Each is one row of the
// table in shots.cpp: a name and who makes the widget. They are laid beside the look's own pages.
#pragma once
#include <QSize>
#include <QString>
#include <QWidget>
#include <functional>
#include <memory>
#include <vector>

namespace loom {

class MainWindow;
class Settings;

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

 private:
  bool dark_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<MainWindow> window_;
  std::shared_ptr<void> kept_;
};

struct Shot {
  QString name;                                   // the file: design-light.png
  std::function<QWidget*(ShotStage& stage)> make; // the widget stays its maker's or the stage's
  QSize size = {1440, 900};
  int textSize = 13;
};
std::vector<Shot> shotTable();

// Renders every shot whose name contains `only`; pop-ups that are open are painted in place. Returns the
// files written.
QStringList renderShots(const QString& folder, bool dark, const QString& only = {});

} // namespace loom
