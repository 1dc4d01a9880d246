// SPDX-License-Identifier: Apache-2.0
// Starts, finds and reattaches trainers. The local launcher starts `loom train` detached, so that it outlives
// the window, and hands out cores: the sum of the threads of living runs stays within the cores, the next one
// waits or gets fewer.
#pragma once
#include "core/run/request.h"
#include <memory>

namespace loom {

struct LaunchedRun {
  std::string run;
  int threads = 0;
  bool waiting = false;
  std::string waitsFor;           // "2 of 2 cores are in use"
  int process = 0;                // of a local trainer that was started; 0: none yet
  std::uint64_t processStart = 0; // as processStartTime() has it: another value means that it ended
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual std::string name() const = 0;
  virtual Result<LaunchedRun> start(const TrainRequest& request) = 0;
  virtual Result<std::vector<std::string>>
  living(const std::filesystem::path& project) = 0; // run ids whose lock is held
  virtual Status poll() = 0;                        // starts what waits when cores are free
  virtual std::vector<LaunchedRun>
  known() const = 0; // what waits here, in order, then what was started and still lives
  virtual Status cancel(const std::filesystem::path& project, const std::string& run) = 0;
};
struct LauncherRow {
  std::string_view name, label;
  std::unique_ptr<Launcher> (*make)(const std::filesystem::path& loomProgram);
};
const std::vector<LauncherRow>& launchers();

} // namespace loom
