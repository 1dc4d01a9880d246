// SPDX-License-Identifier: GPL-3.0-or-later
// A run that was started, as it goes or as it went: figures, cloth, live charts, crosshair values, events,
// and its error in words where it happened.
#pragma once
#include "app/studio/board/board.h"
#include <QWidget>

class QLineEdit;
class QPushButton;

namespace loom {

class Cloth;
class MessageBar;
class RunSide;
class Text;

class RunLive : public QWidget {
  Q_OBJECT
 public:
  explicit RunLive(Session* session, QWidget* parent = nullptr);
  void setRun(const QString& run);
  const QString& run() const { return run_; }
  void refresh();
  void setProblem(const Error& error); // of a command to this run
  Board& board() { return *board_; }
  RunSide& side() { return *side_; }

 Q_SIGNALS:
  void rateWanted(double rate);
  void resumeWanted();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildHead();
  void fitFacts();
  void showNothing(); // no run, or one that has not begun
  void askEvents();
  void showMarks(const QVector<StoredEvent>& events, const RunRow& row);
  void showSchedule(const RunRow& row);
  void showMessage(const RunView& view);
  Session* session_;
  QString run_;
  struct Said { // in the message above the figures
    QString words;
    bool resume = false;
    bool operator==(const Said&) const = default;
  };
  std::optional<Said> said_; // nothing: another message, or none yet
  struct Applied {           // the last rate that a person gave, and the step behind which it holds
    double rate;
    std::int64_t step;
  };
  std::optional<Applied> applied_;
  double rateNow(const MetricSummary& measured) const;
  std::int64_t eventsVersion_ = -1;
  MessageBar* message_;
  Board* board_;
  RunSide* side_;
  Cloth* cloth_;
  struct Fact {
    QWidget* box;
    Text *label, *value, *second;
  };
  Fact epoch_, loss_, validation_, test_, speed_, left_;
  Text *steps_, *kept_;
  QLineEdit* rate_;
  QPushButton* apply_;
  QWidget* rateBox_;
  QWidget* facts_;
};

} // namespace loom
