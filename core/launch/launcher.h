// SPDX-License-Identifier: Apache-2.0
// Starts, finds and cancels trainers. A row of launchers() is one way to train: on this computer now, ssh and
// Slurm later. A new one is a file in core/launch and a row in launcher_table.cpp. The local launcher starts `loom train` detached, so that it outlives the window; what has to
// wait for cores or a device waits in the user's queue (queue.h), which outlives the window too.
#pragma once
#include "core/base/fields.h"
#include "core/launch/queue.h"
#include "core/run/site.h"
#include <memory>

namespace loom {

struct LaunchedRun {
  std::string run;
  int threads = 0;
  bool waiting = false;                   // in the queue, whatever the reason
  QueueState queue = QueueState::waiting; // while waiting
  Message waitsFor;                       // "2 of 2 cores are in use"
  std::string entry;                      // of the queue, while waiting
  std::string name, network;              // while waiting: what its run will be called
  std::int64_t epochs = 0, created = 0;   // while waiting; created: microseconds since 1970
  int process = 0;                        // of a local trainer that was started; 0: none yet
  std::uint64_t processStart = 0;         // as processStartTime() gives it: another value means that it ended
};

enum class LaunchState { waiting, running, ended };

// Not thread safe; several of them, in several processes, may be used for one project.
class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual std::string name() const = 0;
  virtual Result<LaunchedRun> start(const TrainRequest& request) = 0;
  virtual LaunchState state(const std::filesystem::path& project, const std::string& run) = 0;
  // Takes a waiting run out of the queue, or sends a running one the command to stop.
  virtual Status cancel(const std::filesystem::path& project, const std::string& run) = 0;
  virtual Status poll() = 0; // looks after what waits
  // The runs of a project: what waits, in order, then what trains on this computer. Whoever queued them.
  virtual std::vector<LaunchedRun> known(const std::filesystem::path& project) = 0;
  // Starts what is held since the computer was restarted.
  virtual Status release(const std::string& entry) = 0;
  // Where its runs of a project are.
  virtual std::unique_ptr<RunSite> site(const std::filesystem::path& project) = 0;
};

struct LauncherRow {
  std::string_view name, label;
  std::vector<Field> fields; // what a person chooses for it: a host, a partition, a priority
  // `params` contains a checked value for every field.
  Result<std::unique_ptr<Launcher>> (*make)(const std::filesystem::path& loomProgram,
                                            const Params& params) = nullptr;
};
const std::vector<LauncherRow>& launchers();            // launcher_table.cpp
const LauncherRow* findLauncher(std::string_view name); // null when there is none
// Fields that `given` lacks have their defaults. Kind usage when there is no such row, or when a value is not
// valid for its field; the place is then "local.<field>".
Result<std::unique_ptr<Launcher>>
makeLauncher(std::string_view name, const std::filesystem::path& loomProgram, const Params& given = {});
inline constexpr std::string_view localLauncher = "local";

// The rows, each in its own file.
LauncherRow localLauncherRow(); // local.cpp

// Shared by launchers whose trainers run on this computer.
LaunchedRun launchedRun(const Lease& lease);
std::unique_ptr<RunSite> ownSite(const std::filesystem::path& project);
// Kind usage when `run` is not the id of a run.
Status sendStop(const std::filesystem::path& project, const std::string& run);

} // namespace loom
