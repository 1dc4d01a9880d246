// SPDX-License-Identifier: GPL-3.0-or-later
// The only staircase between threads. The window asks here and is answered by signals; a worker thread behind
// it owns the Store, the launcher, every file and every process. All functions return at once; all are called
// on, and all signals arrive on, the GUI thread. A question carries a ticket; its answer carries the same
// one, and an answer whose question was asked anew (same `slot`) is dropped on the way.
#pragma once
#include "core/data/dataset.h"
#include "core/launch/launcher.h"
#include "core/run/evaluation.h"
#include "core/run/fit.h"
#include "core/run/project.h"
#include "core/store/store.h"
#include <QImage>
#include <QObject>
#include <QString>
#include <QThread>
#include <QVector>
#include <array>
#include <memory>

namespace loom {

// What a page needs of the open project, by value.
struct DamagedNetwork { // its file is there and cannot be read
  QString name;
  Error error;
};

struct ProjectView {
  Project project;
  QVector<Network> networks;
  QVector<DamagedNetwork> damaged;
  bool writable = true;
  bool living = false; // a run of it trains at this moment
};

struct LivingProject {
  QString name, folder;
};

struct MachineLoad {
  double cpu = 0; // 0..1
  std::uint64_t memoryUsed = 0, memoryTotal = 0;
  int cores = 0;
};

// A live or finished run as the store has it; `waiting` says what a run waits for. A run that was asked for
// and whose trainer has written nothing yet is `starting`: of its row only id, name and network are known.
struct RunView {
  RunRow row;
  bool waiting = false, starting = false;
  QString waitsFor;
  std::int64_t version = 0; // another value: its series or events may have grown
  double stepsPerSecond = 0, samplesPerSecond = 0, secondsLeft = -1; // of a living run
};

struct SeriesAnswer {
  quint64 ticket = 0;
  QString slot; // whose question it was
  QString run, key;
  std::int64_t first = 0, last = 0; // the range asked for
  QVector<Bucket> buckets;
};

struct EstimateView { // of `loom estimate --json`
  std::int64_t parameters = 0, multiplyAdds = 0, memoryBytes = 0, largestBatch = 0, steps = 0;
  double secondsPerStep = 0, seconds = 0;
  bool measured = true; // false: computed from the network's size
  QString device;
  int threads = 0;
};

struct DataColumn {
  ColumnReport report;
  QVector<qint64> bars; // its distribution, see TablePreview
};

// A data set as the Data page shows it: what was read, how it falls into parts, the first pictures or rows.
struct DataView {
  enum Part : char { train, validation, test };
  DatasetSpec spec;
  std::int64_t samples = 0, ownTest = 0; // ownTest: samples that the data itself keeps for the test
  std::vector<std::int64_t> sampleShape;
  QByteArray parts;       // a Part for each sample
  QVector<qint32> labels; // classification: one a sample
  QStringList classes, features, notes;
  std::array<qint64, 3> counts{};             // by Part
  QVector<std::array<qint64, 3>> classCounts; // by class and Part
  Normalisation normalisation;
  QVector<QImage> pictures;    // of the first samples; empty for what is no picture
  QVector<DataColumn> columns; // tables, from here on
  QVector<QStringList> cells;  // the first rows; a missing cell is empty
  std::int64_t rows = 0;
  QString separator;
  bool header = false;
};

class BridgeWorker;

class Bridge : public QObject {
  Q_OBJECT

 public:
  // `loomProgram`: the command line beside the studio; tests give their own.
  explicit Bridge(std::filesystem::path loomProgram, QObject* parent = nullptr);
  ~Bridge() override; // lets go of the history lock; runs go on

  // Projects. Answers: projectOpened or failed("open").
  void openProject(const QString& folder);
  void createFromTemplate(const QString& folder, const QString& templateId);
  void createFromData(const QString& folder, const QString& data, const QString& target);
  void createFromSpec(const QString& folder, const DatasetSpec& spec); // projectOpened or failed("create")
  void closeProject();
  void saveProject(const Project& project);  // projectSaved
  void saveNetwork(const Network& network);  // networkSaved(name)
  void saveRecovery(const Network& network); // unsaved edits, for after a crash
  void discardRecovery(const QString& network);
  void inspectData(const QString& fileOrFolder, const QString& target);                // dataInspected
  void exportTorch(const Network& network, const QString& folder, const QString& run); // exported
  void recentProjects();                                                               // recentProjectsReady
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

 signals:
  void projectOpened(const loom::ProjectView& view);
  void projectClosed();
  // Its folder was moved (to `now`, when that is known) or deleted while it was open: nothing is written
  // until it is there again (projectFound), closed, or opened elsewhere.
  void projectGone(const loom::Error& error, const QString& now);
  void projectFound();
  void projectSaved();
  void networkSaved(const QString& name);
  void recoveryFound(const loom::Network& network); // after projectOpened, when unsaved edits were kept
  void dataInspected(const loom::DataReport& report);
  void exported(const QStringList& files);
  void recentProjectsReady(const QVector<QPair<QString, QString>>& nameAndFolder);
  // Recent projects with a run that trains now: told at the start and while no project is open.
  void livingProjectsFound(const QVector<loom::LivingProject>& projects);
  void samplesReady(const QString& run, const QVector<int>& numbers, const QVector<QImage>& pictures,
                    const QStringList& captions);
  void dataReady(const loom::DataView& view);
  void factsReady(const loom::DataFacts& facts); // nothing when the data cannot be read
  void dataPreviewed(const loom::DataView& view);
  void estimated(const loom::EstimateView& estimate);
  void evaluated(const QString& run, const loom::Evaluation& evaluation);
  void notEvaluated(const QString& run, const QString& split);
  void predicted(const QString& run, const QStringList& files,
                 const QVector<QVector<QPair<QString, double>>>& scores);
  void devicesReady(const QStringList& ids, const QStringList& names, const QStringList& notes);
  void runStarted(const QString& run);
  void startFailed(const QString& run,
                   const loom::Error& error); // its trainer ended before it wrote anything
  // Its folder was deleted: it is in no list any more. `error` says what became of its trainer.
  void runVanished(const QString& run, const loom::Error& error);
  void controlled(const QString& run, const QString& id);
  void runsChanged(const QVector<loom::RunView>& runs); // newest first, all of the project
  void seriesReady(const loom::SeriesAnswer& answer);
  void eventsReady(const QString& run, const QVector<loom::StoredEvent>& events);
  void runNetworkReady(const QString& run, const loom::Network& network); // without nodes: cannot be read
  void historyRebuilt(bool good, const QStringList& findings);
  void loadChanged(const loom::MachineLoad& load); // every two seconds
  // What went wrong: `what` is the verb ("open", "start", "evaluate" …); shown at the place that asked.
  void failed(const QString& what, const loom::Error& error);

 private:
  QThread thread_;
  std::unique_ptr<BridgeWorker> worker_;
  quint64 nextTicket_ = 1;
};

} // namespace loom
