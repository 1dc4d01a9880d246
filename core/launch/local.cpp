// SPDX-License-Identifier: Apache-2.0
// The local launcher: every start goes through the queue, and begins at once when its cores are free.
#include "core/launch/launcher.h"
#include "core/run/project.h"
#include <algorithm>

namespace loom {
namespace {

namespace fs = std::filesystem;

fs::path plainPath(const fs::path& path) {
  std::error_code failed;
  return fs::absolute(path, failed).lexically_normal();
}

LaunchedRun waitingRun(const QueuedRun& one) {
  const QueueEntry& entry = one.entry;
  LaunchedRun run;
  run.run = runOf(entry.request);
  run.threads = entry.cores;
  run.waiting = true;
  run.queue = one.state;
  run.waitsFor = one.why;
  run.entry = entry.id;
  run.name = entry.name;
  run.network = entry.request.network;
  run.epochs = entry.request.settings.epochs;
  run.created = entry.created;
  return run;
}

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(fs::path program) : program_(std::move(program)), queue_(Queue::ofThisComputer()) {}
  std::string name() const override { return std::string(localLauncher); }

  Result<LaunchedRun> start(const TrainRequest& request) override {
    auto entry = queue_.add(request);
    if (!entry) return entry.error();
    const auto outcome = queue_.start(program_, entry->id);
    if (!outcome) return outcome.error();
    for (const auto& [id, error] : outcome->failed)
      if (id == entry->id) {
        (void)queue_.remove(id);
        return error;
      }
    if (auto looked = poll(); !looked) return looked.error(); // this one or others may wait
    const std::string run = runOf(entry->request);
    for (LaunchedRun& one : known(entry->request.project))
      if (one.run == run) return std::move(one);
    // It has ended already.
    LaunchedRun ended;
    ended.run = run;
    ended.threads = entry->cores;
    return ended;
  }

  LaunchState state(const fs::path& project, const std::string& run) override {
    for (const LaunchedRun& one : known(project))
      if (one.run == run) return one.waiting ? LaunchState::waiting : LaunchState::running;
    return RunLock::held(runFolder(project, run)) ? LaunchState::running : LaunchState::ended;
  }

  Status cancel(const fs::path& project, const std::string& run) override {
    for (const LaunchedRun& one : known(project))
      if (one.waiting && one.run == run) return queue_.remove(one.entry);
    return sendStop(project, run);
  }

  Status poll() override { return queue_.ensureRunner(program_); }

  std::vector<LaunchedRun> known(const fs::path& project) override {
    const fs::path folder = plainPath(project);
    std::vector<LaunchedRun> all;
    const auto view = queue_.look();
    if (!view) return all;
    const auto lives = [&](const QueuedRun& one) {
      return one.entry.trainer &&
             std::any_of(view->leases.begin(), view->leases.end(),
                         [&](const Lease& lease) { return lease.process == one.entry.trainer->process; });
    };
    for (const QueuedRun& one : view->runs)
      if (one.entry.request.project == folder && !lives(one)) all.push_back(waitingRun(one));
    for (const Lease& lease : view->leases)
      if (lease.project == folder) all.push_back(launchedRun(lease));
    return all;
  }

  Status release(const std::string& entry) override {
    if (auto released = queue_.release(entry); !released) return released.error();
    return poll();
  }

  std::unique_ptr<RunSite> site(const fs::path& project) override { return ownSite(project); }

 private:
  fs::path program_;
  Queue queue_;
};

} // namespace

LauncherRow localLauncherRow() {
  LauncherRow row;
  row.name = localLauncher;
  row.label = "This computer";
  row.make = [](const fs::path& program, const Params&) -> Result<std::unique_ptr<Launcher>> {
    return std::unique_ptr<Launcher>(std::make_unique<LocalLauncher>(program));
  };
  return row;
}

} // namespace loom
