// SPDX-License-Identifier: GPL-3.0-or-later
// The runs of the open project: the history that follows their journals, the rows that the window shows,
// starts, commands, labels and series. Lives on the worker's thread.
#pragma once
#include "app/studio/bridge/questions.h"
#include "app/studio/bridge/run_access.h"
#include "app/studio/bridge/run_starts.h"
#include "app/studio/bridge/vanished_runs.h"
#include <QDeadlineTimer>
#include <QTimer>
#include <functional>
#include <map>

namespace loom {

class RunsDesk {
 public:
  // `inPlace`: whether the project's folder is where it was. All three outlive the desk.
  RunsDesk(Hub& hub, std::filesystem::path project, std::shared_ptr<RunAccess> access,
           std::unique_ptr<Store> store, std::function<bool()> inPlace);
  ~RunsDesk();
  void begin(); // tells the rows for the first time, then follows the journals
  bool ownsHistory() const { return store_ != nullptr && store_->owner(); }

  void answer(const StartRun& question, const Reply<RunAsked>& reply);
  void answer(const ResumeRun& question, const Reply<Done>& reply);
  void answer(const ControlRun& question, const Reply<Done>& reply);
  void answer(const StartAgain& question, const Reply<Done>& reply);
  void answer(const DecideHeldRuns& question, const Reply<Done>& reply);
  void answer(const SeriesOf& question, const Reply<QVector<Bucket>>& reply);
  void answer(const EventsOf& question, const Reply<QVector<StoredEvent>>& reply);
  void answer(const NetworkOfRun& question, const Reply<Network>& reply);
  void answer(const KeptEvaluation& question, const Reply<std::optional<Evaluation>>& reply);
  void answer(const LabelRun& question, const Reply<Done>& reply);
  void answer(const RebuildHistory& question, const Reply<HistoryReport>& reply);

 private:
  void follow();                                          // takes journals in, tells what changed
  bool takeIn(std::vector<std::string>& changed);         // false: nothing more can be done now
  bool lookAtTrainers(std::vector<std::string>& changed); // true: one lives
  void readRuns(const std::vector<std::string>& changed); // these alone; empty: all
  void tellRuns();
  void forgetDeleted(const std::vector<std::string>& changed);
  void lookAtReach();                       // tells when the runs can no longer be reached, or can be again
  std::optional<Error> whyUnreachableNow(); // the same, and the reason
  Status start(TrainRequest request);
  void tellQueue(); // after a person changed it
  void setStore(std::unique_ptr<Store> store);
  void trouble(const Error& error);     // of the history; nobody asked
  void troubleOnce(const Error& error); // the same message once while the project is open
  std::vector<RunView>::iterator row(const std::string& run);

  Hub& hub_;
  const std::filesystem::path project_;
  const std::shared_ptr<RunAccess> access_;
  std::unique_ptr<Store> store_;
  std::function<bool()> inPlace_;
  std::vector<RunView> rows_;                    // as the store has them, newest first
  std::map<std::string, std::int64_t> versions_; // how often each run's journal had something new
  RunStarts starts_;
  VanishedRuns vanished_;
  std::vector<std::string> told_;    // problems that were told
  std::optional<Error> unreachable_; // why the runs cannot be reached, as it was told
  QDeadlineTimer nextReachLook_;     // has expired at first
  QTimer timer_;
};

} // namespace loom
