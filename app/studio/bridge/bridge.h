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

struct SeriesAnswer {
  quint64 ticket = 0;
  QString slot; // whose question it was
  QString run, key;
  std::int64_t first = 0, last = 0; // the range asked for
  QVector<Bucket> buckets;
};

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
  QuestionBoard& questions() { return questions_; }

  // The former interface, until every page asks typed questions.
  // Projects. Answers: projectOpened or failed("open").
  void openProject(const QString& folder);
  void createFromTemplate(const QString& folder, const QString& templateId);
  void createFromSpec(const QString& folder, const DatasetSpec& spec); // projectOpened or failed("create")
  void closeProject();
  void saveProject(const Project& project);  // projectSaved
  void saveNetwork(const Network& network);  // networkSaved(name)
  void saveRecovery(const Network& network); // unsaved edits, for after a crash
  void discardRecovery(const QString& network);
  void inspectData(const QString& fileOrFolder, const QString& target);                // dataInspected
  void exportTorch(const Network& network, const QString& folder, const QString& run); // exported
  void samples(const QString& run, const QVector<int>& numbers,
               int size);                    // samplesReady: pictures of the data set
  void dataOverview();                       // dataReady: the data of the open project
  void dataFacts();                          // factsReady: what networks must know of that data
  void previewData(const DatasetSpec& spec); // dataPreviewed, failed("preview"); the last question alone

  // Engine, asked of `loom`. Answers: estimated, evaluated, predicted, devicesReady, or failed with the verb.
  void estimate(const Network& network, const TrainSettings& settings);
  void evaluate(const QString& run, const QString& split);
  void readEvaluation(const QString& run,
                      const QString& split); // evaluated, or notEvaluated: no process is started
  void predict(const QString& run, const QStringList& files);
  void devices();

  // Runs. runsChanged comes by itself whenever a journal grew (at most ten times a second).
  void start(const TrainRequest& request); // runStarted(run) or failed("start")
  void control(const QString& run, RunControl::Verb verb, double value = 0); // controlled
  void resume(const QString& run, std::int64_t epochs);                      // runStarted
  quint64 series(const QString& run, const QString& key, std::int64_t first, std::int64_t last, int pixels,
                 const QString& slot); // seriesReady
  void events(const QString& run);     // eventsReady
  void runNetwork(const QString& run); // runNetworkReady: what it trained, as it was drawn then
  void setTags(const QString& run, const QStringList& tags);
  void setNote(const QString& run, const QString& text);
  void setName(const QString& run, const QString& name);
  void setArchived(const QString& run, bool archived);
  void rebuildHistory(); // historyRebuilt

 Q_SIGNALS:
  void projectOpened(const loom::ProjectView& view);
  void projectClosed();
  // Its folder was moved (to `now`, when that is known) or deleted while it was open: nothing is written
  // until it is there again (projectFound), closed, or opened elsewhere.
  void projectGone(const loom::Error& error, const QString& now);
  void projectFound();
  void recoveryFound(const loom::Network& network); // after projectOpened, when unsaved edits were kept
  // Recent projects with a run that trains now: told at the start and while no project is open.
  void livingProjectsFound(const QVector<loom::LivingProject>& projects);
  // After StartRun or ResumeRun was answered: its trainer ended before it wrote anything.
  void startFailed(const QString& run, const loom::Error& error);
  // Its folder was deleted: it is in no list any more. `error` says what became of its trainer.
  void runVanished(const QString& run, const loom::Error& error);
  void runsChanged(const QVector<loom::RunView>& runs); // newest first, all of the project
  void loadChanged(const loom::MachineLoad& load);      // every two seconds
  // Something that nobody asked for failed: a journal cannot be read, a network of the project is damaged.
  void troubled(const loom::Error& error);

  // Of the former interface.
  void projectSaved();
  void networkSaved(const QString& name);
  void dataInspected(const loom::DataReport& report);
  void exported(const QStringList& files);
  void samplesReady(const QString& run, const QVector<int>& numbers, const QVector<QImage>& pictures,
                    const QStringList& captions);
  void dataReady(const loom::DataView& view);
  void factsReady(const loom::DataFacts& facts);
  void dataPreviewed(const loom::DataView& view);
  void estimated(const loom::EstimateView& estimate);
  void evaluated(const QString& run, const loom::Evaluation& evaluation);
  void notEvaluated(const QString& run, const QString& split);
  void predicted(const QString& run, const QStringList& files,
                 const QVector<QVector<QPair<QString, double>>>& scores);
  void devicesReady(const QStringList& ids, const QStringList& names, const QStringList& notes);
  void runStarted(const QString& run);
  void seriesReady(const loom::SeriesAnswer& answer);
  void eventsReady(const QString& run, const QVector<loom::StoredEvent>& events);
  void runNetworkReady(const QString& run, const loom::Network& network);
  void historyRebuilt(bool good, const QStringList& findings);
  void failed(const QString& what, const loom::Error& error);

 private:
  friend class BridgeWorker;
  void opened(quint64 number, const ProjectView& view);
  void closed();
  void send(AnyQuestion question);
  static Error noProject(const char* place);
  template<class Q, class Good>
  void askOld(const char* what, Q question, Good good, const QString& slot = {});

  QuestionBoard questions_; // destroyed last: answers on their way lead to it
  quint64 open_ = 0;        // number of the project that the window has open; 0: none
  QThread thread_;
  std::unique_ptr<BridgeWorker> worker_;
};

} // namespace loom
