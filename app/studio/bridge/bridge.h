// SPDX-License-Identifier: GPL-3.0-or-later
// The only connection between the window and the thread behind it, which owns the history, every file and
// every process. The window asks typed questions (questions.h) and gets each answer where it asked; signals
// are for what happens by itself. All functions return at once; all are called on, and all signals and
// answers arrive on, the GUI thread.
#pragma once
#include "app/studio/bridge/question.h"
#include "app/studio/bridge/questions.h"
#include "app/studio/bridge/views.h"
#include <QObject>
#include <QString>
#include <QThread>
#include <QVector>
#include <memory>

namespace loom {

class BridgeWorker;

class Bridge : public QObject {
  Q_OBJECT

 public:
  // `loomProgram`: the command line beside the studio; tests give their own, and their own clock for the
  // deadlines.
  explicit Bridge(std::filesystem::path loomProgram, QObject* parent = nullptr, QuestionBoard::Now now = {});
  ~Bridge() override; // releases the history; runs continue

  // `answered` is called with a Result<Q::Answer>, once, unless nobody can want it any more: see question.h.
  // A question of the open project that is asked while none is open is answered with an Error.
  template<class Q, class F> Ticket ask(Q question, QObject* context, F answered, const Asking& how = {}) {
    const bool ofProject = Q::traits.scope != Scope::machine;
    auto [ticket, reply] = questions_.put<typename Q::Answer>(context, ofProject ? open_ : 0, Q::traits, how,
                                                              std::move(answered));
    if (ofProject && open_ == 0)
      reply(noProject(Q::traits.name));
    else
      send(Asked<Q>{std::move(question), open_, reply});
    return ticket;
  }
  void cancel(Ticket ticket) { questions_.cancel(ticket); }
  void setRecentProjects(const QStringList& folders); // those that livingProjectsFound looks at
  QuestionBoard& questions() { return questions_; }

 Q_SIGNALS:
  void projectOpened(const loom::ProjectView& view);
  void projectClosed();
  // Its folder was moved (to `now`, when that is known) or deleted while it was open: nothing is written
  // until it is there again (projectFound), closed, or opened elsewhere.
  void projectGone(const loom::Error& error, const QString& now);
  void projectFound();
  void recoveryFound(const loom::Network& network); // after projectOpened, when unsaved edits were kept
  // Recent projects with a run that trains now, while no project is open.
  void livingProjectsFound(const QVector<loom::LivingProject>& projects);
  // After StartRun or ResumeRun was answered: its trainer ended before it wrote anything.
  void startFailed(const QString& run, const loom::Error& error);
  // Its folder was deleted: it is in no list any more. `error` says what became of its trainer.
  void runVanished(const QString& run, const loom::Error& error);
  void runsChanged(const QVector<loom::RunView>& runs); // newest first, all of the project
  // Why the runs of the open project cannot be reached; nothing: they can be again.
  void reachChanged(const std::optional<loom::Error>& why);
  void loadChanged(const loom::MachineLoad& load); // every two seconds
  // Something that nobody asked for failed: a journal cannot be read, a network of the project is damaged.
  void troubled(const loom::Error& error);

 private:
  friend class BridgeWorker;
  void opened(quint64 number, const ProjectView& view);
  void closed();
  void send(AnyQuestion question);
  static Error noProject(const char* place);

  QuestionBoard questions_; // destroyed last: answers on their way lead to it
  quint64 open_ = 0;        // number of the project that the window has open; 0: none
  QThread thread_;
  std::unique_ptr<BridgeWorker> worker_;
};

} // namespace loom
