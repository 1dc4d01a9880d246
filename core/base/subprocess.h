// SPDX-License-Identifier: Apache-2.0
// Other programs are started with an argument vector, never through a shell.
#pragma once
#include "core/base/os/process.h"
#include "core/base/result.h"
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace loom {

struct Command {
  std::vector<std::string> arguments;             // [0] is the program (a path, or looked up in PATH)
  std::filesystem::path folder;                   // empty: the current one
  std::map<std::string, std::string> environment; // added to ours
  std::string input;                              // given on stdin, then closed
  // Once true, runCommand kills the process group and returns an Error.
  const std::atomic<bool>* givenUp = nullptr;
};

struct Finished {
  int exitCode = 0;   // 128 + signal when killed
  std::string output; // stdout, at most 64 MiB
  std::string errors; // stderr, at most 1 MiB
};

// Runs to the end; after `timeout` the process group is killed and an Error returned. Thread safe.
Result<Finished> runCommand(const Command& command, std::chrono::milliseconds timeout);
// The same, handing every line of stdout over as it comes; returning false ends the process.
Result<Finished> runCommand(const Command& command, std::chrono::milliseconds timeout,
                            const std::function<bool(std::string_view line)>& onLine);
// Starts a process that outlives us: own session, stdin from /dev/null, stdout and stderr appended to `log`.
// Returns its process id. It is not our child (double fork), so nothing needs to reap it.
Result<int> startDetached(const Command& command, const std::filesystem::path& log);

using os::bootId, os::hostName, os::ownProgram, os::processStartTime;

} // namespace loom
