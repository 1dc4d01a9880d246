// SPDX-License-Identifier: GPL-3.0-or-later
// The other end of the staircase: lives on the bridge's thread, owns the Store, the launcher and the followed
// journals. Questions that take seconds (estimate, evaluate, predict, reading a data set) run on a pool of
// two, so that the live charts do not wait for them. Answers are posted to the GUI thread through `tell`.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "core/base/held_folder.h"
#include "core/run/journal.h"
#include <QDeadlineTimer>
#include <QHash>
#include <QMutex>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace loom {

inline constexpr int followInterval = 100, idleInterval = 1000; // ms between two looks at the journals

bool anyAlive(JournalSource& journals); // a trainer holds the lock of one of these runs

class BridgeWorker : public QObject {
  Q_OBJECT

 public:
  BridgeWorker(Bridge& bridge, std::filesystem::path loomProgram);

  void begin();     // on the worker's thread: timers
  void end();       // on the worker's thread: lets go of everything
  void interrupt(); // any thread: the query and the processes under way end, none begins

  void openProject(const QString& folder);
  void createFromTemplate(const QString& folder, const QString& templateId);
  void createFromData(const QString& folder, const QString& data, const QString& target);
  void createFromSpec(const QString& folder, const DatasetSpec& spec);
  void closeProject();
  void saveProject(const Project& project);
  void saveNetwork(const Network& network);
  void saveRecovery(const Network& network);
  void discardRecovery(const QString& network);
  void inspectData(const QString& fileOrFolder, const QString& target);
  void exportTorch(const Network& network, const QString& folder, const QString& run);
  void recentProjects();
  void samples(const QString& run, const QVector<int>& numbers, int size);
  void dataOverview();
  void dataFacts();
  void previewData(const DatasetSpec& spec);
  void estimate(const Network& network, const TrainSettings& settings);
  void evaluate(const QString& run, const QString& split);
  void readEvaluation(const QString& run, const QString& split);
  void predict(const QString& run, const QStringList& files);
  void devices();
  void start(TrainRequest request);
  void control(const QString& run, RunControl::Verb verb, double value);
  void resume(const QString& run, std::int64_t epochs);
  void series(quint64 ticket, const QString& run, const QString& key, std::int64_t first, std::int64_t last,
              int pixels, const QString& slot);
  void events(const QString& run);
  void runNetwork(const QString& run);
  void setTags(const QString& run, const QStringList& tags);
  void setNote(const QString& run, const QString& text);
  void setName(const QString& run, const QString& name);
  void setArchived(const QString& run, bool archived);
  void rebuildHistory();

  void expect(const QString& slot, quint64 ticket); // any thread: older tickets of this slot are stale

 private:
  void opened(Project project);
  void follow();                                          // takes journals in, tells what changed
  void readRuns(const std::vector<std::string>& changed); // these alone; empty: all
  void tellRuns();
  void watchStarts();
  void again(const QString& run); // its labels changed
  void failOnce(const Error& error);
  void measureLoad();
  void findLiving();
  bool ready(const char* what); // a project is open and where it was, or `failed` is told
  bool inPlace();               // its folder is where it was; tells when that changed
  Error goneError() const;
  void forgetVanished(const std::vector<std::string>& changed); // runs whose folder was deleted
  void tellVanished();
  void fail(const QString& what, const Error& error);
  void after(const QString& what, const Status& status, const std::function<void()>& done = {});
  bool stale(const QString& slot, quint64 ticket);
  void onPool(std::function<void()> work);
  template<class Signal> void tell(Signal signal) {
    QMetaObject::invokeMethod(
        &bridge_, [signal = std::move(signal)]() mutable { signal(); }, Qt::QueuedConnection);
  }
  // Runs `loom` with these arguments and hands its JSON over; on the pool.
  void ask(const QString& what, std::vector<std::string> arguments, std::function<void(const Json&)> answer);
  Result<std::shared_ptr<const Dataset>> dataset(const DatasetSpec& spec,
                                                 const std::filesystem::path& project);
  Result<DataView> lookAt(const DatasetSpec& spec, const std::filesystem::path& project); // on the pool
  std::filesystem::path recoveryFile(const std::string& network, bool beside) const;
  void adoptRecovery();
  void offerRecovery(const Network& network);
  std::string keepForeign(const Network& network);
  void sawNetwork(const std::string& name);
  void remember(const Project& project);

  Bridge& bridge_;
  std::filesystem::path loomProgram_;
  std::optional<Project> project_;
  std::map<std::string, std::string> seen_; // content hash of each network's file as read or written here
  std::set<std::string> offered_; // networks whose recovery is offered and neither taken nor dropped
  std::unique_ptr<Store> store_;
  std::unique_ptr<JournalSource> journals_;
  std::unique_ptr<Launcher> launcher_;
  std::vector<RunView> rows_;                 // as the store has them, newest first
  std::vector<RunView> starts_;               // asked for here, not in the store yet
  std::vector<LaunchedRun> launched_;         // what the launcher knows: waiting, or a process
  QHash<QString, std::uint64_t> consoleFrom_; // where a start's own lines begin in console.log
  QStringList told_;                          // problems that were told once
  QHash<QString, std::int64_t> versions_;     // records taken in, per run
  QHash<QString, bool> alive_;                // whether a run's lock was held when last looked at
  struct Trainer {
    RunLock::Holder process;
    QDeadlineTimer recent; // not expired: it was seen alive a moment ago
  };
  QHash<QString, Trainer> trainers_;
  struct Vanished {
    RunView view;
    RunLock::Holder trainer;
    QDeadlineTimer until; // then it is spoken of as going on
  };
  std::vector<Vanished> vanished_; // deleted while they trained, and not told yet
  HeldFolder place_;               // of the project
  bool away_ = false;              // it is not there, and that was told
  std::unique_ptr<QTimer> followTimer_, loadTimer_;
  QThreadPool pool_;
  std::atomic<quint64> estimateTicket_{0};
  std::atomic<bool> givenUp_{false}; // the bridge goes: no answer is wanted any more
  std::atomic<quint64> previewTicket_{0};
  int looks_ = 0; // of measureLoad while no project is open
  std::uint64_t idleBefore_ = 0, totalBefore_ = 0;

  QMutex slotsMutex_;
  QHash<QString, quint64> latest_;
  QMutex datasetMutex_;
  std::string datasetKey_;
  std::shared_ptr<const Dataset> dataset_;
  QMutex storeMutex_;
  Store* interruptible_ = nullptr;
};

} // namespace loom
