// SPDX-License-Identifier: GPL-3.0-or-later
// What the desks behind the bridge share: the way back to the window, a pool of two threads for what takes
// seconds (so that live charts do not wait for it), and the command line next to the studio. Outlives every
// desk. Work on the pool holds values only: its desk may be gone before it ends.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "core/launch/launcher.h"
#include <QMetaObject>
#include <QMutex>
#include <QThreadPool>
#include <atomic>
#include <filesystem>
#include <functional>

namespace loom {

class Hub {
 public:
  Hub(Bridge& bridge, std::filesystem::path loomProgram);
  // Calls `signal(Bridge&)` on the GUI thread. Thread safe.
  template<class Signal> void tell(Signal signal) {
    QMetaObject::invokeMethod(
        &bridge_, [&bridge = bridge_, signal = std::move(signal)]() mutable { signal(bridge); },
        Qt::QueuedConnection);
  }
  void onPool(std::function<void()> work) { pool_.start(std::move(work)); }
  const std::filesystem::path& loomProgram() const { return loomProgram_; }
  Launcher& launcher() { return *launcher_; } // over all projects; the worker's thread
  bool stopping() const { return stopping_; } // the window closes: nothing is waited for

  // The store whose query interrupt() ends; null before it is closed.
  void setQueried(Store* store);
  void interrupt();                           // any thread
  QMutex& queries() { return queriesMutex_; } // held by what must not meet an interrupt()
  void waitForPool();

 private:
  Bridge& bridge_;
  std::filesystem::path loomProgram_;
  std::unique_ptr<Launcher> launcher_;
  QThreadPool pool_;
  std::atomic<bool> stopping_{false};
  QMutex queriesMutex_;
  Store* queried_ = nullptr;
};

} // namespace loom
