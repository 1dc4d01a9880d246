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
  const QString& run() const { return open_.run; }
  void showRun(const QString& run);
  void showSetup();

 private:
  QWidget* buildBar();
  QWidget* buildBody();
  void bind();
  void bindSession();
  void forget(); // everything of the project
  void showStartError(const QString& run, const Error& error);
  void refresh();
  bool leaveDeleted(); // true: the run was deleted while it was shown, and another page is
  void refreshBar();
  void refreshButtons(const RunView* view); // null: none is shown
  void startRun();
  void resumeRun();
  const RunView* shown() const;
  void command(RunControl::Verb verb, double value = 0);

  Session* session_;
  struct OpenProject {  // what belongs to the open project
    QString run, seen;  // shown, and known to the session
    bool begun = false; // `seen`: it had trained
    bool inBin = false; // `seen`: it was in the bin already when it was opened
    bool wantNewest = false;
    bool setupWanted = false; // a person asked for the set-up: no earlier run is shown instead
  };
  OpenProject open_;
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
