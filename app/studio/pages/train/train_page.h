// SPDX-License-Identifier: GPL-3.0-or-later
// Train: the set-up of the next run, with what it will cost, and the run under way, live.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/pages/board.h"

class QComboBox;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace loom {

class Chip;
class Cloth;
class Form;
class MessageBar;
class PageToolBar;
class Text;

class TrainPage : public Page {
  Q_OBJECT

 public:
  explicit TrainPage(PageContext& context);
  void opened(const QVariant& what) override; // "live", "setup", or a run's id
  Board& board() { return *board_; }
  void showRun(const QString& run);
  void showSetup();

 private:
  QWidget* buildLive();
  QWidget* buildSetup();
  void bind();
  void refreshLive();
  void refreshSetup();
  void refreshEvents(const QVector<StoredEvent>& events);
  void takeSettings();
  void startRun();
  const RunView* shown() const;
  void command(RunControl::Verb verb, double value = 0);

  Session* session_;
  QString run_;
  bool wantNewest_ = false;
  PageToolBar* bar_;
  Chip* state_;
  QPushButton *pause_, *stop_, *checkpoint_, *newRun_;
  QStackedWidget* stack_;
  MessageBar* message_;
  // live
  Board* board_;
  Cloth* cloth_;
  struct Fact {
    Text *label, *value, *second;
  };
  Fact epoch_, loss_, accuracy_, speed_, left_;
  Text *steps_, *kept_, *crossTitle_;
  QLineEdit* rate_;
  QPushButton* apply_;
  QWidget *values_, *events_;
  // set-up
  Form* form_;
  QComboBox *network_, *optimizer_, *schedule_, *device_;
  QLineEdit *epochs_, *batch_, *learningRate_, *seed_, *threads_;
  QWidget* cost_;
};

} // namespace loom
