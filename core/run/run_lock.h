// SPDX-License-Identifier: Apache-2.0
// runs/<uuid>/lock: held by the living trainer of a run (flock), so that two trainers never write one run.
// The file contains host, boot id, process id and process start time of its holder. Thread safe.
#pragma once
#include "core/base/os/file.h"
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace loom {

// Whether somebody trains a run, as far as it can be found out. `unknown` means that the place of the run
// cannot be asked: nothing is known to have failed.
struct Liveness {
  enum class State { running, ended, unknown };
  State state = State::ended;
  std::string host;        // of the trainer, when it runs; empty: not known
  int process = 0;         // of the trainer; 0 when it is not a process of this computer
  std::uint64_t start = 0; // of that process, as processStartTime() gives it
  std::int64_t since = 0;  // unknown: microseconds since 1970
  Message why;             // unknown

  bool running() const { return state == State::running; }
  bool ended() const { return state == State::ended; }
  bool unknown() const { return state == State::unknown; }
};

class RunLock {
 public:
  // Kind other when a living trainer holds it.
  static Result<RunLock> take(const std::filesystem::path& runFolder);
  RunLock(RunLock&&) noexcept = default;
  RunLock& operator=(RunLock&& other) noexcept { // swaps, so that the lock that is left is emptied
    std::swap(file_, other.file_);
    return *this;
  }
  ~RunLock();
  static bool held(const std::filesystem::path& runFolder);
  // The same with the holder. A lock that exists and cannot be read is unknown, not ended.
  static Liveness look(const std::filesystem::path& runFolder);
  struct Holder {
    int process = 0;
    std::uint64_t start = 0; // as processStartTime() gives it
  };
  // The holder, when it is a process of this computer; otherwise nothing.
  static std::optional<Holder> holder(const std::filesystem::path& runFolder);

 private:
  RunLock() = default;
  os::File file_;
};

} // namespace loom
