// SPDX-License-Identifier: GPL-3.0-or-later
// Runs whose folder was deleted while they trained. Their trainer ends by itself; it is waited for, so that
// one message says everything.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/run_access.h"
#include <QDeadlineTimer>
#include <map>

namespace loom {

class VanishedRuns {
 public:
  VanishedRuns(Hub& hub, RunAccess& access) : hub_(hub), access_(access) {}
  // Of a run that the history says is under way: whether its trainer lives now. True: that changed.
  bool seen(const std::string& run, bool alive);
  // Its folder is gone. `process`: its trainer, when this window started it.
  void add(const RunView& view, std::optional<RunLock::Holder> process);
  void report(); // those whose trainer has ended, or was waited for long enough
  bool any() const { return !gone_.empty(); }

 private:
  struct Trainer {
    bool alive = false;
    std::optional<RunLock::Holder> process;
    QDeadlineTimer recent{0}; // not expired: it was alive a moment ago
  };
  struct Gone {
    RunView view;
    RunLock::Holder trainer;
    QDeadlineTimer until;
  };
  Hub& hub_;
  RunAccess& access_;
  std::map<std::string, Trainer> trainers_;
  std::vector<Gone> gone_;
};

} // namespace loom
