// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/train_page.h"
#include "app/studio/model/reach_bar.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/train/run_list.h"
#include "app/studio/pages/train/run_live.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/pages/train/run_side.h"
#include "app/studio/theme/icons.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace loom {

TrainPage::TrainPage(PageContext& context, Session* session) : Page(context), session_(session) {
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  column->addWidget(buildBar());
  column->addWidget(new ReachBar(session_));
  message_ = new MessageBar;
  message_->setObjectName("trainMessage");
  message_->hide();
  column->addWidget(message_);
  column->addWidget(buildBody(), 1);
  bind();
  if (session_ != nullptr) bindSession();
  showSetup();
}

QWidget* TrainPage::buildBar() {
  bar_ = new PageToolBar("Train");
  state_ = new Chip;
  bar_->addWidget(state_);
  place_ = new Text({}, Type::small, Token::text2);
  bar_->addWidget(place_);
  pause_ = makeButton("Pause", "pause");
  stop_ = makeButton("Stop", "stop");
  checkpoint_ = makeButton("Checkpoint now", "checkpoint");
  resume_ = makeButton("Resume", "resume");
  evaluate_ = makeButton("Evaluate", "evaluate");
  newRun_ = makeButton("New run", "plus", ButtonRole::ghost);
  setTip(pause_, "Pauses or resumes the run", "F6");
  setTip(stop_, "Saves a checkpoint and ends", "Shift F5");
  setTip(checkpoint_, "Saves the weights as they are now", "F7");
  setTip(resume_, "Resumes from the last checkpoint");
  const char* names[] = {"runPause", "runStop", "runCheckpoint", "runResume", "runEvaluate", "runNew"};
  QPushButton* buttons[] = {pause_, stop_, checkpoint_, resume_, evaluate_, newRun_};
  for (int index = 0; index < 6; ++index) {
    buttons[index]->setObjectName(names[index]);
    // New run stands away from where Run appears: a second click must not start anything.
    if (buttons[index] == newRun_)
      bar_->addWidget(newRun_);
    else
      bar_->addRight(buttons[index]);
  }
  bar_->setPrimary("Run", "run", "F5");
  bar_->primary()->setObjectName("runStart");
  setTip(bar_->primary(), "Trains with these settings", "F5");
  return bar_;
}

QWidget* TrainPage::buildBody() {
  auto* body = new QWidget;
  auto* across = rowOf(body, 0, 0);
  list_ = new RunList;
  listLine_ = new HairLine(Qt::Vertical);
  stack_ = new QStackedWidget;
  setup_ = new RunSetup(session_);
  live_ = new RunLive(session_);
  waiting_ = new RunWaiting;
  for (QWidget* one :
       {static_cast<QWidget*>(setup_), static_cast<QWidget*>(live_), static_cast<QWidget*>(waiting_)})
    stack_->addWidget(one);
  across->addWidget(list_);
  across->addWidget(listLine_);
  across->addWidget(stack_, 1);
  list_->hide();
  listLine_->hide();
  return body;
}

Board& TrainPage::board() { return live_->board(); }

void TrainPage::bind() {
  connect(bar_->primary(), &QPushButton::clicked, this, &TrainPage::startRun);
  connect(newRun_, &QPushButton::clicked, this, [this] {
    open_.setupWanted = true;
    showSetup();
  });
  connect(resume_, &QPushButton::clicked, this, &TrainPage::resumeRun);
  connect(evaluate_, &QPushButton::clicked, this,
          [this] { Q_EMIT context().pageRequested(to::Evaluate{open_.run}); });
  connect(pause_, &QPushButton::clicked, this, [this] {
    if (const auto* view = shown())
      command(view->row.state == RunState::paused ? RunControl::Verb::resume : RunControl::Verb::pause);
  });
  connect(stop_, &QPushButton::clicked, this, [this] { command(RunControl::Verb::stop); });
  connect(checkpoint_, &QPushButton::clicked, this, [this] { command(RunControl::Verb::checkpoint); });
  connect(live_, &RunLive::rateWanted, this,
          [this](double rate) { command(RunControl::Verb::learningRate, rate); });
  connect(live_, &RunLive::resumeWanted, this, &TrainPage::resumeRun);
  connect(list_, &RunList::chosen, this, &TrainPage::showRun);
  connect(setup_, &RunSetup::problemChanged, this, &TrainPage::refreshBar);
  connect(setup_, &RunSetup::runLinked, this, &TrainPage::showRun);
  connect(setup_, &RunSetup::designWanted, this, [this] { Q_EMIT context().pageRequested(to::Design{}); });
}

void TrainPage::bindSession() {
  auto& actions = context().actions;
  actions.bind("run.start", this, [this] { startRun(); });
  actions.bind("run.new", this, [this] { newRun_->click(); });
  actions.bind("run.pause", this, [this] { pause_->click(); });
  actions.bind("run.stop", this, [this] { stop_->click(); });
  actions.bind("run.checkpoint", this, [this] { checkpoint_->click(); });
  actions.bind("run.resume", this, [this] { resumeRun(); });
  connect(session_, &Session::runsChanged, this, [this] {
    if (open_.wantNewest && session_->liveRun() != nullptr) showRun(text(session_->liveRun()->row.id));
    // The history may learn of a living run a moment after the project is open.
    open_.wantNewest = open_.wantNewest && open_.run.isEmpty() && session_->project().has_value() &&
                       session_->project()->living;
    refresh();
  });
  connect(session_, &Session::runStarted, this, &TrainPage::showRun);
  connect(session_, &Session::startFailed, this, &TrainPage::showStartError);
  connect(session_, &Session::projectClosed, this, &TrainPage::forget);
  connect(session_, &Session::projectOpened, this, [this] {
    forget();
    open_.wantNewest = true; // a run that trains since before is what a person wants to see
    session_->askDevices();
  });
}

void TrainPage::forget() {
  open_ = {};
  live_->setRun({});
  showSetup();
}

void TrainPage::showStartError(const QString& run, const Error& error) {
  const auto* view = shown();
  const bool ofShown = run == open_.run;
  if (const auto& why = session_->unreachable(); why && why->message() == error.message()) {
    if (ofShown && (view == nullptr || view->row.totalSteps == 0)) showSetup();
    return; // it is above the page, as long as it is so
  }
  if (ofShown && view != nullptr && view->row.totalSteps > 0)
    return live_->setProblem(error); // a resume that failed: the run itself is still there
  if (!ofShown && stack_->currentWidget() == live_) return live_->setProblem(error);
  if (!ofShown && stack_->currentWidget() != setup_) return;
  if (ofShown) showSetup();
  message_->setError(error);
  message_->show();
}

void TrainPage::opened(const PageTarget& target) {
  const auto& wanted = std::get<to::Train>(target);
  if (!wanted.run.isEmpty())
    showRun(wanted.run);
  else if (wanted.part == to::Train::newest)
    open_.wantNewest = true;
  else if (wanted.part == to::Train::setup)
    newRun_->click();
  else if (open_.run.isEmpty() && session_ != nullptr && session_->liveRun() != nullptr)
    showRun(text(session_->liveRun()->row.id));
  else if (open_.run.isEmpty() && !open_.setupWanted && session_ != nullptr &&
           session_->brokenOff() != nullptr)
    showRun(text(session_->brokenOff()->row.id)); // it waits to be resumed
  if (stack_->currentIndex() == 0) setup_->refresh();
  refresh();
}

void TrainPage::showSetup() {
  open_.run.clear();
  open_.wantNewest = false;
  message_->hide();
  stack_->setCurrentWidget(setup_);
  setup_->refresh();
  refresh();
}

void TrainPage::showRun(const QString& run) {
  if (run.isEmpty()) return;
  open_.run = run;
  open_.seen.clear();
  open_.wantNewest = false;
  message_->hide();
  live_->setRun(run);
  refresh();
  if (isVisible() && stack_->currentWidget() == live_ && !live_->board().charts().empty())
    live_->board().charts().front()->setFocus();
}

const RunView* TrainPage::shown() const { return session_ != nullptr ? session_->run(open_.run) : nullptr; }

void TrainPage::command(RunControl::Verb verb, double value) {
  const auto* view = shown();
  if (view == nullptr || !underWay(*view)) return;
  if (view->waiting && verb != RunControl::Verb::stop) return;
  const bool leaves = view->waiting && view->row.totalSteps == 0; // taken back, it is nowhere any more
  session_->bridge().ask(ControlRun{open_.run, verb, value, view->waiting}, this,
                         [this, run = open_.run](const Result<Done>& sent) {
                           if (!sent && run == open_.run) live_->setProblem(sent.error());
                         });
  if (leaves) showSetup();
}

void TrainPage::startRun() {
  if (session_ == nullptr || !session_->project()) return;
  open_.setupWanted = true;
  if (!setup_->takeAll()) {
    showSetup();
    return;
  }
  session_->startRun(setup_->networkName(),
                     stack_->currentWidget() == setup_ ? setup_->wanted() : Session::Wanted{});
}

void TrainPage::resumeRun() {
  const auto* view = shown();
  if (view == nullptr) return;
  if (releasable(*view))
    session_->startAgain(open_.run);
  else if (resumable(*view))
    session_->resumeRun(open_.run);
}

bool TrainPage::leaveDeleted() {
  const auto* view = shown();
  const bool known = !open_.run.isEmpty() && open_.seen == open_.run;
  if (view != nullptr) {
    if (!known) open_.inBin = view->row.archived;
    open_.inBin = open_.inBin && view->row.archived;
    open_.seen = open_.run;
    open_.begun = view->row.totalSteps > 0;
  }
  const bool deleted = view == nullptr ? known : view->row.archived && !open_.inBin;
  if (!deleted) return false;
  const bool another = open_.begun; // what was only asked for leads back to where it was asked
  for (const auto& other : session_->runs())
    if (another && text(other.row.id) != open_.run && !other.row.archived && !other.impossible) {
      showRun(text(other.row.id));
      return true;
    }
  showSetup();
  return true;
}

void TrainPage::refresh() {
  if (leaveDeleted()) return;
  const auto* view = shown();
  if (!open_.run.isEmpty()) {
    const bool before = view == nullptr || ((view->waiting || view->starting) && view->row.totalSteps == 0) ||
                        (view->waiting && underWay(*view));
    QWidget* wanted = before ? static_cast<QWidget*>(waiting_) : live_;
    if (before) {
      RunView unknown;
      unknown.row.id = open_.run.toStdString();
      unknown.starting = true;
      waiting_->setRun(view != nullptr ? *view : unknown,
                       session_ != nullptr ? session_->runs() : QVector<RunView>());
    }
    if (stack_->currentWidget() != wanted) stack_->setCurrentWidget(wanted);
    if (!before) live_->refresh();
  }
  QVector<RunView> going;
  if (session_ != nullptr)
    for (const auto* one : session_->underWay()) going.push_back(*one);
  list_->setRuns(going, open_.run);
  const bool several = going.size() > 1;
  list_->setVisible(several);
  listLine_->setVisible(several);
  refreshBar();
}

void TrainPage::refreshBar() {
  const bool onSetup = stack_->currentWidget() == setup_;
  const auto* view = onSetup ? nullptr : shown();
  bar_->setTitle(onSetup ? QString("New run") : view != nullptr ? text(view->row.name) : QString("Starting"));
  bar_->setSubtitle(onSetup && session_ != nullptr ? setup_->subtitle() : QString());
  state_->setVisible(view != nullptr);
  place_->setVisible(view != nullptr);
  if (view != nullptr) {
    showState(*state_, markOf(*view));
    place_->setText(!view->waiting && view->row.totalSteps > 0 ? placeText(*view) : QString());
  }
  refreshButtons(view);
  newRun_->setVisible(!onSetup);
  bar_->setPrimaryVisible(onSetup);
  bar_->primary()->setEnabled(setup_->problem().isEmpty());
  bar_->setReason(onSetup ? setup_->problem() : QString());
  if (session_ != nullptr)
    setDocument(onSetup ? QString("new run") : view != nullptr ? text(view->row.name) : QString());
}

void TrainPage::refreshButtons(const RunView* view) {
  const bool going = view != nullptr && underWay(*view),
             working = view != nullptr && living(*view) && !view->starting;
  const bool queued = view != nullptr && view->waiting,
             paused = view != nullptr && view->row.state == RunState::paused;
  const bool release = view != nullptr && releasable(*view);
  const bool resume = view != nullptr && (release || resumable(*view));
  const auto say = [](QPushButton* button, const char* words, const char* picture, const char* tip,
                      const char* keys) {
    if (button->text() == words) return;
    button->setText(words);
    button->setIcon(icon(picture));
    setTip(button, tip, keys);
  };
  if (queued)
    say(stop_, "Remove from queue", "close", "It is not started then", "Shift F5");
  else
    say(stop_, "Stop", "stop", "Saves a checkpoint and ends", "Shift F5");
  say(pause_, paused ? "Resume" : "Pause", paused ? "resume" : "pause", "Pauses or resumes the run", "F6");
  const char* startWords = queued && view->held ? "Start" : "Start again";
  if (release)
    say(resume_, startWords, view->held ? "run" : "refresh", "It waits for its cores again, then starts", "");
  else
    say(resume_, "Resume", "resume", "Resumes from the last checkpoint", "");
  pause_->setVisible(working);
  checkpoint_->setVisible(working);
  stop_->setVisible(going && (working || queued));
  resume_->setVisible(resume);
  evaluate_->setVisible(view != nullptr && !going && view->row.checkpoint >= 0);
  if (session_ == nullptr) return;
  auto& actions = context().actions;
  actions.setEnabled("run.pause", this, working, "No run is shown that trains");
  actions.setEnabled("run.stop", this, going, "No run is shown that trains");
  actions.setEnabled("run.checkpoint", this, working, "No run is shown that trains");
  actions.setEnabled("run.resume", this, resume, "The run shown did not stop early");
  actions.setText("run.stop", this, queued ? QString("Remove from queue") : QString());
  actions.setText("run.resume", this, release ? QString::fromLatin1(startWords) : QString());
}

} // namespace loom
