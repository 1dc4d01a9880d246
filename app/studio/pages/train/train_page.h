// SPDX-License-Identifier: GPL-3.0-or-later
// Train: the set-up of the next run, and the runs that were started. This file is the tool bar, who shows
// what, and the commands; set-up, live view and list are widgets of their own.
#pragma once
#include "app/studio/board/board.h"
#include "app/studio/frame/page.h"

class QPushButton;
class QStackedWidget;

namespace loom {

class Chip;
class MessageBar;
class PageToolBar;
class RunList;
class RunLive;
class RunSetup;
class RunWaiting;
class Text;

class TrainPage : public Page {
  Q_OBJECT

 public:
  TrainPage(PageContext& context, Session* session); // without one in shots: data by hand
  void opened(const PageTarget& target) override;
  Board& board();
  RunLive& live() { return *live_; }
  RunSetup& setup() { return *setup_; }
  const QString& run() const { return run_; }
  void showRun(const QString& run);
  void showSetup();

 private:
  void bind();
  void refresh();
  void refreshBar();
  void startRun();
  void resumeRun();
  const RunView* shown() const;
  void command(RunControl::Verb verb, double value = 0);

  Session* session_;
  QString run_, seen_; // shown, and known to the session
  bool wantNewest_ = false;
  bool setupWanted_ = false; // a person asked for the set-up: no earlier run stands in its place
  PageToolBar* bar_;
  Chip* state_;
  Text* place_;
  QPushButton *pause_, *stop_, *checkpoint_, *resume_, *evaluate_, *newRun_;
  QStackedWidget* stack_;
  MessageBar* message_;
  RunSetup* setup_;
  RunLive* live_;
  RunWaiting* waiting_;
  RunList* list_;
  QWidget* listLine_;
};

} // namespace loom
