// SPDX-License-Identifier: Apache-2.0
#include "core/base/subprocess.h"
#include "core/base/os/process.h"
#include "core/base/prepared_command.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t maxOutput = 64u << 20;
constexpr std::size_t maxErrors = 1u << 20;

struct Child {
  int process = -1;
  os::File input, output, errors; // our ends
};

Error couldNotStart(const Command& command, int code) {
  const std::string program = command.arguments.empty() ? "" : command.arguments.front();
  return {ErrorKind::device, program, say("the program cannot be started: {}", foreign(std::strerror(code))),
          say("Check that it is installed and may be executed")};
}

Error noPipe(const Command& command, int code) {
  return {ErrorKind::other, command.arguments.front(),
          say("no pipe could be made: {}", foreign(std::strerror(code))),
          say("Close other programs, then try again")};
}

Result<Child> spawn(const Command& command) {
  const auto prepared = PreparedCommand::from(command);
  if (!prepared) return prepared.error();
  os::Pipe in, out, err;
  for (os::Pipe* pipe : {&in, &out, &err})
    if (const int code = os::openPipe(*pipe); code != 0) return noPipe(command, code);
  Child child;
  if (const int code = os::spawn(prepared->program(), in.read, out.write, err.write, child.process);
      code != 0)
    return couldNotStart(command, code);
  child.input = std::move(in.write);
  child.output = std::move(out.read);
  child.errors = std::move(err.read);
  for (const os::File* ours : {&child.input, &child.output, &child.errors}) os::neverWait(*ours);
  return child;
}

Clock::time_point deadlineAfter(milliseconds timeout) {
  return Clock::now() + std::min(timeout, milliseconds(std::chrono::hours(24 * 365)));
}

milliseconds timeUntil(Clock::time_point deadline) {
  return std::clamp(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(0),
                    milliseconds(60'000));
}

// One running command: what it still wants to read, what it has written, and whether it has ended.
class Run {
 public:
  Run(const Command& command, Child child, const std::function<bool(std::string_view)>* onLine)
      : command_(command), child_(std::move(child)), onLine_(onLine),
        exitSignal_(os::exitSignal(child_.process)) {
    if (command_.input.empty()) (void)child_.input.close();
  }
  ~Run() {
    if (!exitCode_) {
      os::killGroup(child_.process);
      os::reapWaiting(child_.process);
    }
  }

  Result<Finished> toTheEnd(milliseconds timeout) {
    const auto deadline = deadlineAfter(timeout);
    while (!exitCode_ || child_.output || child_.errors) {
      if (exitCode_ && Clock::now() > drainUntil_) break; // a grandchild keeps the pipe open
      if (command_.givenUp != nullptr && *command_.givenUp)
        return Error{ErrorKind::interrupted, command_.arguments.front(), say("it was given up"),
                     say("Ask again")};
      if (Clock::now() >= deadline) return timedOut(timeout);
      wait(exitCode_ ? std::min(deadline, drainUntil_) : deadline);
      feed();
      if (!take(child_.output, &Run::takeOutput)) return tooMuch();
      take(child_.errors, &Run::takeErrors);
      if (stopped_) {
        os::killGroup(child_.process);
        exitCode_ = os::reapWaiting(child_.process);
        break;
      }
      if (!exitCode_ && (exitCode_ = os::reap(child_.process)))
        drainUntil_ = Clock::now() + milliseconds(200);
    }
    if (onLine_ && !stopped_ && !finished_.output.empty()) (*onLine_)(finished_.output);
    if (onLine_) finished_.output.clear();
    finished_.exitCode = *exitCode_;
    return std::move(finished_);
  }

 private:
  void wait(Clock::time_point until) const {
    std::array<os::Awaited, 4> awaited;
    std::size_t count = 0;
    if (child_.input) awaited[count++] = {&child_.input, true};
    if (child_.output) awaited[count++] = {&child_.output};
    if (child_.errors) awaited[count++] = {&child_.errors};
    if (exitSignal_ && !exitCode_) awaited[count++] = {&exitSignal_};
    // An old kernel does not tell of the end: look every 20 ms.
    const milliseconds longest(!exitSignal_ ? 20 : command_.givenUp != nullptr ? 50 : 60'000);
    os::waitForAny(std::span(awaited).first(count), std::min(timeUntil(until), longest));
  }

  void feed() {
    if (!child_.input) return;
    const auto [written, code] = os::writeToPipe(child_.input, std::string_view(command_.input).substr(fed_));
    fed_ += written;
    // A child that does not want to read on is no error.
    const bool broken = code != 0 && code != EAGAIN;
    if (broken || fed_ == command_.input.size()) (void)child_.input.close();
  }

  // Reads what is there; closes at the end. False when `taker` refuses.
  bool take(os::File& from, bool (Run::*taker)(std::string_view)) {
    std::array<char, 65536> buffer;
    for (int rounds = 0; from && rounds < 16; ++rounds) {
      const auto [got, code] = from.read(buffer);
      if (got > 0) {
        if (!(this->*taker)({buffer.data(), got})) return false;
        if (stopped_) return true;
      } else if (code == EAGAIN) {
        return true;
      } else {
        (void)from.close();
      }
    }
    return true;
  }

  bool takeOutput(std::string_view bytes) {
    // With a taker of lines `output` holds the beginning of the line that is not complete.
    std::size_t begin = 0;
    const std::size_t searched = finished_.output.size();
    finished_.output += bytes;
    if (onLine_) {
      std::size_t end = finished_.output.find('\n', searched);
      while (end != std::string::npos && !stopped_) {
        stopped_ = !(*onLine_)(std::string_view(finished_.output).substr(begin, end - begin));
        begin = end + 1;
        end = finished_.output.find('\n', begin);
      }
      finished_.output.erase(0, begin);
    }
    return finished_.output.size() <= maxOutput;
  }

  bool takeErrors(std::string_view bytes) {
    finished_.errors += bytes.substr(0, maxErrors - finished_.errors.size());
    return true;
  }

  Error timedOut(milliseconds timeout) const {
    return {ErrorKind::other, command_.arguments.front(),
            say("the program did not end within {} s and was stopped", timeout.count() / 1000.0),
            say("Try again; if it happens again, run the program by hand to see what it waits for")};
  }
  Error tooMuch() const {
    return {ErrorKind::other, command_.arguments.front(),
            say("the program wrote more than 64 MiB and was stopped"), say("Ask it for less")};
  }

  const Command& command_;
  Child child_;
  const std::function<bool(std::string_view)>* onLine_;
  os::File exitSignal_;
  Finished finished_;
  std::optional<int> exitCode_;
  Clock::time_point drainUntil_{};
  std::size_t fed_ = 0;
  bool stopped_ = false;
};

Result<Finished> run(const Command& command, milliseconds timeout,
                     const std::function<bool(std::string_view)>* onLine) {
  auto child = spawn(command);
  if (!child) return child.error();
  return Run(command, std::move(*child), onLine).toTheEnd(timeout);
}

} // namespace

Result<Finished> runCommand(const Command& command, milliseconds timeout) {
  return run(command, timeout, nullptr);
}

Result<Finished> runCommand(const Command& command, milliseconds timeout,
                            const std::function<bool(std::string_view line)>& onLine) {
  return run(command, timeout, &onLine);
}

} // namespace loom
