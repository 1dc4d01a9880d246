// SPDX-License-Identifier: Apache-2.0
// What starting a program needs of the operating system: descriptors that close themselves, pipes, an
// argument and environment vector made before the fork (nothing may be allocated after it). Inside core/base
// only.
#pragma once
#include "core/base/result.h"
#include "core/base/subprocess.h"
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace loom {

// Owns one file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }
  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }
  void reset(int descriptor = -1);

 private:
  int descriptor_;
};

struct Pipe {
  Descriptor read, write;
  static std::optional<Pipe> open(); // both ends closed on exec; nullopt with errno set
};

// The full path of the program and the vectors that exec wants. The pointers stay valid as long as this
// lives.
struct PreparedCommand {
  static Result<PreparedCommand> from(const Command& command);
  std::vector<char*> arguments() const;
  std::vector<char*> environment() const;

  std::string program;
  std::vector<std::string> argumentTexts, environmentTexts;
};

// While it lives, a write to a pipe without a reader fails with EPIPE instead of ending the process; for this
// thread.
class BrokenPipeGuard {
 public:
  BrokenPipeGuard();
  BrokenPipeGuard(const BrokenPipeGuard&) = delete;
  BrokenPipeGuard& operator=(const BrokenPipeGuard&) = delete;
  ~BrokenPipeGuard();

 private:
  sigset_t before_{};
  bool pendingBefore_ = false;
};

} // namespace loom
