// SPDX-License-Identifier: Apache-2.0
// Looks into runs/<uuid>/control/ from a thread of its own, so that a command takes effect within a second
// and no step waits for a slow disk; writes the attempt's heartbeat; notices when the attempt's journal is no
// longer where it was, because the run was deleted or the project moved.
#pragma once
#include "core/base/held_folder.h"
#include "core/run/events.h"
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace loom {

class ControlWatch {
 public:
  // `old`: names of files that are ignored, because they lay there before this attempt began. The attempt's
  // journal is there already.
  ControlWatch(std::filesystem::path runFolder, std::filesystem::path attemptFolder,
               std::set<std::string> old);
  ~ControlWatch();
  // Cheap: asked once a step.
  bool waiting() const { return waiting_.load(std::memory_order_relaxed); }
  // The oldest command that came, or why one cannot be obeyed (its id stands in the Error's place).
  std::optional<Result<RunControl>> take();
  // The attempt's journal was deleted or moved away: what is written into it is found by nobody.
  bool gone() const { return gone_.load(std::memory_order_relaxed); }
  bool lost() const; // the same, looked at now
  // Where the attempt's folder lies now; nothing when it was deleted.
  std::optional<std::filesystem::path> whereNow() const { return folder_.whereNow(); }
  // For the end of a run: looks once more, and no more after that.
  void lookAgain();
  // Sleeps until a command comes, at most so long.
  void sleep(std::chrono::milliseconds limit);

 private:
  void end();
  void work();
  void look();
  void beat() const;

  std::filesystem::path control_, heartbeat_, journal_;
  HeldFolder folder_;          // the attempt's
  os::Identity identity_;      // of the journal; zeros: there is none to watch
  std::set<std::string> seen_; // file names; the watching thread's own while it lives
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<RunControl>> queue_;
  std::atomic<bool> waiting_{false}, gone_{false};
  bool stop_ = false;
  std::thread thread_;
};

// Names of the commands that lie in a run's folder now.
std::set<std::string> commandsThere(const std::filesystem::path& runFolder);

} // namespace loom
