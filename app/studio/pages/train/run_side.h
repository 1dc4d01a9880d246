// SPDX-License-Identifier: GPL-3.0-or-later
// The dock beside the live charts: values at the crosshair, earlier runs to lay over, and what happened.
#pragma once
#include "app/studio/board/board.h"
#include <QWidget>

class QScrollArea;
class QVBoxLayout;

namespace loom {

class DockTitle;

class RunSide : public QWidget {
  Q_OBJECT
 public:
  RunSide(Session* session, Board* board, QWidget* parent = nullptr);
  void setRun(const QString& run);
  void setEvents(const QVector<StoredEvent>& events, const RunRow& row);
  const QStringList& laidOver() const { return over_; }

 Q_SIGNALS:
  void laidOverChanged();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void showValues();
  void takeStored(QVector<Board::Value>& values) const; // the last stored points
  void offerRuns();
  Session* session_;
  Board* board_;
  QString run_;
  QVector<std::pair<std::string, std::string>> offered_; // runs to lay over, by id and name
  QStringList over_;
  std::optional<double> x_;
  DockTitle* crossTitle_;
  QWidget *values_, *runs_, *events_;
  qsizetype shownEvents_ = -1;
};

} // namespace loom
