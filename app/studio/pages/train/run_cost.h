// SPDX-License-Identifier: GPL-3.0-or-later
// The right column of the set-up: time and memory as `loom estimate` measured them, and what was looked at
// before the start, each with its way out.
#pragma once
#include "app/studio/model/session.h"
#include "core/network/validate.h"
#include <QWidget>

class QVBoxLayout;

namespace loom {

class ShareBar;
class Text;

class RunCost : public QWidget {
  Q_OBJECT
 public:
  explicit RunCost(Session* session, QWidget* parent = nullptr);
  // `network`: its name in the session.
  void setNetwork(const QString& network, const Analysis& analysis, const TrainSettings& settings);
  void forget(); // another project
  void setMeasuring();

 Q_SIGNALS:
  void runLinked(const QString& run);
  void designWanted();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrangeFigures();
  void showEstimate();
  void showChecks();
  Session* session_;
  QString network_;
  Analysis analysis_;
  TrainSettings settings_;
  bool measuring_ = false;
  QString failure_;
  Text *time_, *timeNote_, *memory_, *memoryNote_;
  ShareBar* bar_;
  QWidget *figures_, *rows_, *checks_;
};

} // namespace loom
