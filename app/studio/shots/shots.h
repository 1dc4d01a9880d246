// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every page state, made by the program itself: `neuroloom --shots DIR`. Each is one row of the
// table in shots.cpp: a name and who makes the widget. They are laid beside the look's own pages.
#pragma once
#include "app/studio/shots/stage.h"
#include <QObject>

namespace loom {

std::vector<Shot> shotTable();

// Renders every shot whose name contains `only`, one after the other from the event loop; pop-ups that are
// open are painted in place.
class ShotRun : public QObject {
  Q_OBJECT

 public:
  ShotRun(QString folder, QList<bool> themes, QString only); // themes: dark or not
  void start();

 Q_SIGNALS:
  void written(const QString& file);
  void finished();

 private:
  void next();
  void take(QWidget* widget);
  QString folder_, only_;
  std::deque<std::pair<Shot, bool>> shots_; // with its theme
  std::unique_ptr<ShotStage> stage_;
};

} // namespace loom
