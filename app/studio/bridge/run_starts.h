// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that are asked for and not in the history yet: waiting in the queue, whoever queued them, or started
// here and not heard of. A trainer that ends before its journal begins is reported with what its console
// says.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/run_access.h"
#include <map>
#include <set>

namespace loom {

class RunStarts {
 public:
  RunStarts(Hub& hub, std::filesystem::path project, RunAccess& access)
      : hub_(hub), project_(std::move(project)), access_(access) {}
  // `version`: of this run in `versions`, see watch().
  Status start(const TrainRequest& request, std::int64_t version);
  // True: this run was waiting and is not any more.
  bool takeBack(const std::string& run, Status& status);
  Status decideHeld(bool start);          // starts or removes what waited when the computer was restarted
  Status release(const std::string& run); // tries again what could not start
  // Id of a run that waits and is the same training as this new one would be.
  std::optional<std::string> sameWaits(TrainRequest request);
  Status poll(); // looks after what waits
  void look();   // asks the launcher again: another window or a terminal may have queued something
  // Compares with the history's rows and with how often each run's journal had something new; reports what
  // failed.
  void watch(const std::vector<RunView>& stored, const std::map<std::string, std::int64_t>& versions);
  void forget(const std::string& run);
  bool any() const { return !launched_.empty() || !waiting_.empty(); }
  const std::vector<RunView>& views() const { return waiting_; } // newest first
  std::optional<RunLock::Holder> process(const std::string& run) const;

 private:
  void adopt();                           // what waits and was not asked for here
  void describe();                        // what waits: its place and what was asked for
  bool wasTakenBack(const RunView& view); // by another window or a terminal, while it waited
  // False: its trainer could not begin although nothing delayed it; this is reported and it leaves the queue.
  bool follow(RunView& view, const LaunchedRun& launched);
  void rememberConsole(const std::string& run);
  // `otherwise`: where the console says nothing.
  Error errorOf(const std::string& run, std::uint64_t consoleFrom, Message otherwise);
  Hub& hub_;
  const std::filesystem::path project_;
  RunAccess& access_;
  const Queue queue_ = Queue::ofThisComputer();
  std::vector<RunView> waiting_;
  std::vector<LaunchedRun> launched_;                // what the launcher knows: waiting, or a process
  std::map<std::string, std::uint64_t> consoleFrom_; // where a start's own lines begin
  std::set<std::string> fresh_;                      // asked for here, and nothing has delayed them yet
};

} // namespace loom
