// SPDX-License-Identifier: Apache-2.0
// Trains on this computer at a lower priority, at once and beside whatever trains there: an integer and a
// choice, and a trainer that is really started.
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/trainer_process.h"
#include "core/run/project.h"
#include "extended_rows.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

class NiceLauncher : public Launcher {
 public:
  NiceLauncher(fs::path program, const Params& params)
      : program_(std::move(program)), niceness_(params.getInt("niceness")),
        keepsOutput_(params.getString("output") == "console") {}
  std::string name() const override { return "nice"; }

  Result<LaunchedRun> start(const TrainRequest& request) override {
    TrainRequest own = request;
    own.project = fs::absolute(own.project).lexically_normal();
    if (runOf(own).empty()) own.run = newUuid();
    if (auto good = checkRunId(runOf(own)); !good) return good.error();
    if (auto frozen = freeze(own); !frozen) return frozen.error();
    // The lease is made under the lock, so that every launcher finds the run from its first moment.
    const auto lock = lockQueue(queueFolder());
    if (!lock) return lock.error();
    std::optional<Error> damaged;
    auto leases = readLeases(queueFolder(), damaged);
    if (!leases) return leases.error();
    const auto process = startTrainer({"nice", "-n", std::to_string(niceness_), program_.string()}, own,
                                      keepsOutput_ ? fs::path() : fs::path("/dev/null"));
    if (!process) return process.error();
    Lease lease;
    lease.run = runOf(own);
    lease.project = own.project;
    lease.cores = coresOf(own.settings.threads);
    lease.process = *process;
    lease.start = processStartTime(*process);
    lease.boot = bootId();
    leases->push_back(lease);
    if (auto written = writeLeases(queueFolder(), *leases); !written) return written.error();
    return launchedRun(lease);
  }

  LaunchState state(const fs::path& project, const std::string& run) override {
    for (const LaunchedRun& one : known(project))
      if (one.run == run) return LaunchState::running;
    return RunLock::held(runFolder(project, run)) ? LaunchState::running : LaunchState::ended;
  }
  Status cancel(const fs::path& project, const std::string& run) override { return sendStop(project, run); }
  Status poll() override { return {}; } // nothing waits here
  std::vector<LaunchedRun> known(const fs::path& project) override {
    std::vector<LaunchedRun> all;
    for (const Lease& lease : leasesNow(queueFolder()))
      if (lease.project == fs::absolute(project).lexically_normal()) all.push_back(launchedRun(lease));
    return all;
  }
  Status release(const std::string&) override { return {}; } // nothing is held here
  std::unique_ptr<RunSite> site(const fs::path& project) override { return ownSite(project); }

 private:
  fs::path program_;
  std::int64_t niceness_;
  bool keepsOutput_;
};

} // namespace

LauncherRow niceLauncherRow() {
  LauncherRow row;
  row.name = "nice";
  row.label = "This computer, at lower priority";
  row.fields = {integerField("niceness", "Niceness", 10, 0, 19, "How far other programs go first."),
                choiceField("output", "Output", "console", {"console", "none"},
                            "Where the trainer's output is written.")};
  row.make = [](const fs::path& program, const Params& params) -> Result<std::unique_ptr<Launcher>> {
    return std::unique_ptr<Launcher>(std::make_unique<NiceLauncher>(program, params));
  };
  return row;
}

} // namespace loom
