// SPDX-License-Identifier: Apache-2.0
// Trainings that wait for cores or devices of this computer: the user's, over all projects, one file each in
// queueFolder(). A window, a terminal and the runner all see the same files; whoever looks may start what can
// start, under the queue's lock. `loom queue run` (the runner) looks four times a second for as long as
// something waits, so that waiting runs survive the window; where only projects that cannot be reached are
// waited for, it looks when the queue changes and at least every 30 seconds.
//
// In order of the queue, each entry starts as soon as what it uses is free and no earlier entry waits for it.
// After a restart of the computer nothing starts until the user confirms it (release()).
// Functions are safe to call from several processes; a Queue object is for one thread.
#pragma once
#include "core/launch/leases.h"
#include "core/launch/queue_file.h"
#include <functional>

namespace loom {

class ProjectReach; // project_reach.h

struct Resources {
  int cores = 0;
  // Ids of the usable devices; nothing: not known here, then a device counts as present.
  std::optional<std::vector<std::string>> devices;
};

enum class QueueState {
  waiting,  // for cores or devices
  starting, // its trainer was started and has not begun the run yet
  held,     // the computer was restarted: the user is asked first
  // Those below do not delay others.
  unreachable, // until its project can be reached; then it starts by itself
  impossible,  // this computer has too few cores or lacks the device, or the run to resume was deleted
  failed,      // the start failed; it waits again when a person releases it
};
std::string_view toText(QueueState state); // "waiting", "starting", "held", "unreachable", …

struct QueuedRun {
  QueueEntry entry;
  QueueState state = QueueState::waiting;
  Message why;
};

struct QueueView {
  std::vector<QueuedRun> runs; // in order
  std::vector<Lease> leases;   // of living processes
  std::vector<Error> problems; // files that are skipped; none is deleted
  bool waits() const;          // something waits or starts: it is worth looking again
  bool soon() const;           // the same, without what waits for its project
  bool has(QueueState state) const;
};

struct StartedRun {
  std::string run;
  std::filesystem::path project;
  int cores = 0, process = 0;
  std::uint64_t processStart = 0;
};

class Queue {
 public:
  Queue(std::filesystem::path folder, Resources resources);
  static Queue ofThisComputer(); // queueFolder(), all cores, devices not known

  // Freezes the request and puts it at the end. Kind input when its project or network cannot be read.
  Result<QueueEntry> add(TrainRequest request);
  Result<QueueView> look() const; // takes no lock
  // An entry by its id, its run's id, or a unique beginning of one of them; kind usage when there is none.
  Result<QueuedRun> find(const std::string& word) const;
  Status move(const std::string& id, std::size_t place); // 0: the first; beyond the end: the last
  // Also a damaged one, with what its starts made in the project. Kind usage when its trainer is starting.
  Status remove(const std::string& id);
  // Empty: all. What was held or failed waits again; how many these were.
  Result<std::size_t> release(const std::string& id);
  // Starts what can start now with this `loom`, in order. What fails, also before its run has begun, stays in
  // the queue as failed, with the reason. An entry leaves the queue when its run has begun; `watched`,
  // whose trainer the caller watches itself, at once.
  struct Outcome {
    std::vector<StartedRun> started;
    std::vector<std::pair<std::string, Error>> failed; // by the entry's id
  };
  Result<Outcome> start(const std::filesystem::path& program, const std::string& watched = {});

  bool hasRunner() const; // a process looks after the queue
  // Starts one, unless there is one or nothing waits.
  Status ensureRunner(const std::filesystem::path& program);
  // How the runner sleeps, so that a test can do without: for `pause`, or until `changed`.
  using Sleep = std::function<void(std::chrono::milliseconds pause, const std::function<bool()>& changed)>;
  // The runner itself; returns when nothing waits, or at once when there is one. `program` starts trainers.
  Status run(const std::filesystem::path& program, const Sleep& sleep = {});

 private:
  struct Entries;
  Entries read() const;
  void judge(QueuedRun& one, Resources& unused, ProjectReach& reach) const;
  QueueState withoutCores(const QueueEntry& entry, ProjectReach& reach, Message& why) const;
  Message tooFew(const QueueEntry& entry) const;
  bool hasBegun(const QueueEntry& entry, const std::vector<Lease>& leases) const;
  Status settle(QueueEntry& entry);
  Status begin(QueueEntry& entry, std::vector<Lease>& leases, const std::filesystem::path& program,
               bool watched, Outcome& outcome);
  std::filesystem::path fileOf(const std::string& id) const;
  std::filesystem::path runnerLock() const;
  std::filesystem::path folder_;
  Resources resources_;
};

} // namespace loom
