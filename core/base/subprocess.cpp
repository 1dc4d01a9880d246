// SPDX-License-Identifier: Apache-2.0
#include "core/base/subprocess.h"
#include "core/base/pipes.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t maxOutput = 64u << 20;
constexpr std::size_t maxErrors = 1u << 20;

struct Child {
  int process = -1;
  Descriptor input, output, errors; // our ends
};

Error couldNotStart(const Command& command, int code) {
  const std::string program = command.arguments.empty() ? "" : command.arguments.front();
  return {ErrorKind::device, program, fmt::format("the program cannot be started: {}", std::strerror(code)),
          "Check that it is installed and may be executed"};
}

Error systemFailed(const Command& command, const char* what, int code) {
  return {ErrorKind::other, command.arguments.front(), fmt::format("{}: {}", what, std::strerror(code)),
          "Close other programs, then try again"};
}

// `withErrors`: stderr comes back through a pipe of its own; otherwise it stays ours.
Result<Child> spawn(const Command& command, bool withErrors) {
  const auto prepared = PreparedCommand::from(command);
  if (!prepared) return prepared.error();
  auto in = Pipe::open(), out = Pipe::open(), err = Pipe::open();
  if (!in || !out || !err) return systemFailed(command, "no pipe could be made", errno);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in->read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out->write.get(), 1);
  if (withErrors) posix_spawn_file_actions_adddup2(&actions, err->write.get(), 2);
  // A lock that another part of this process holds must not live on in the child.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  if (!command.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  sigset_t none, defaults;
  sigemptyset(&none);
  sigfillset(&defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0); // so that a kill reaches its children too
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  Child child;
  const int code = posix_spawn(&child.process, prepared->program.c_str(), &actions, &attributes,
                               prepared->arguments().data(), prepared->environment().data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return couldNotStart(command, code);
  child.input = std::move(in->write);
  child.output = std::move(out->read);
  if (withErrors) child.errors = std::move(err->read);
  fcntl(child.input.get(), F_SETFL, O_NONBLOCK);
  fcntl(child.output.get(), F_SETFL, O_NONBLOCK);
  if (withErrors) fcntl(child.errors.get(), F_SETFL, O_NONBLOCK);
  return child;
}

int exitCodeOf(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// The exit code once the child has ended; a child that someone else has reaped counts as ended.
std::optional<int> reap(int process, int options) {
  int status = 0;
  pid_t ended = 0;
  do ended = waitpid(process, &status, options);
  while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  return ended < 0 ? 1 : exitCodeOf(status);
}

// Becomes readable when the process ends. The header that declares glibc 2.36's own function lacks C linkage.
int pidfdOf(int process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

Clock::time_point deadlineAfter(milliseconds timeout) {
  return Clock::now() + std::min(timeout, milliseconds(std::chrono::hours(24 * 365)));
}

int millisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

// One running command: what it still wants to read, what it has written, and whether it has ended.
class Run {
 public:
  Run(const Command& command, Child child, const std::function<bool(std::string_view)>* onLine)
      : command_(command), child_(std::move(child)), onLine_(onLine), exitSignal_(pidfdOf(child_.process)) {
    if (command_.input.empty()) child_.input.reset();
  }
  ~Run() {
    if (!exitCode_) {
      killGroup();
      reap(child_.process, 0);
    }
  }

  Result<Finished> toTheEnd(milliseconds timeout) {
    const auto deadline = deadlineAfter(timeout);
    while (!exitCode_ || child_.output || child_.errors) {
      if (exitCode_ && Clock::now() > drainUntil_) break; // a grandchild keeps the pipe open
      if (command_.givenUp != nullptr && *command_.givenUp)
        return Error{ErrorKind::interrupted, command_.arguments.front(), "it was given up", "Ask again"};
      if (Clock::now() >= deadline) return timedOut(timeout);
      wait(exitCode_ ? std::min(deadline, drainUntil_) : deadline);
      feed();
      if (!take(child_.output, &Run::takeOutput)) return tooMuch();
      take(child_.errors, &Run::takeErrors);
      if (stopped_) {
        killGroup();
        exitCode_ = reap(child_.process, 0);
        break;
      }
      if (!exitCode_ && (exitCode_ = reap(child_.process, WNOHANG)))
        drainUntil_ = Clock::now() + milliseconds(200);
    }
    if (onLine_ && !stopped_ && !finished_.output.empty()) (*onLine_)(finished_.output);
    if (onLine_) finished_.output.clear();
    finished_.exitCode = *exitCode_;
    return std::move(finished_);
  }

 private:
  void killGroup() const { kill(-child_.process, SIGKILL); }

  void wait(Clock::time_point until) const {
    std::array<pollfd, 4> waits{};
    nfds_t count = 0;
    if (child_.input) waits[count++] = {child_.input.get(), POLLOUT, 0};
    if (child_.output) waits[count++] = {child_.output.get(), POLLIN, 0};
    if (child_.errors) waits[count++] = {child_.errors.get(), POLLIN, 0};
    if (exitSignal_ && !exitCode_) waits[count++] = {exitSignal_.get(), POLLIN, 0};
    // An old kernel does not tell of the end: look every 20 ms.
    const int longest = !exitSignal_ ? 20 : command_.givenUp != nullptr ? 50 : 60'000;
    poll(waits.data(), count, std::min(millisecondsUntil(until), longest));
  }

  void feed() {
    if (!child_.input) return;
    const BrokenPipeGuard guard;
    const std::string_view rest = std::string_view(command_.input).substr(fed_);
    const ssize_t written = write(child_.input.get(), rest.data(), rest.size());
    if (written > 0) fed_ += static_cast<std::size_t>(written);
    // A child that does not want to read on is no error.
    const bool broken = written < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || fed_ == command_.input.size()) child_.input.reset();
  }

  // Reads what is there; closes at the end. False when `taker` refuses.
  bool take(Descriptor& from, bool (Run::*taker)(std::string_view)) {
    std::array<char, 65536> buffer;
    for (int rounds = 0; from && rounds < 16; ++rounds) {
      const ssize_t got = read(from.get(), buffer.data(), buffer.size());
      if (got > 0) {
        if (!(this->*taker)({buffer.data(), static_cast<std::size_t>(got)})) return false;
        if (stopped_) return true;
      } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        from.reset();
      } else {
        return true;
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
            fmt::format("the program did not end within {} s and was stopped", timeout.count() / 1000.0),
            "Try again; if it happens again, run the program by hand to see what it waits for"};
  }
  Error tooMuch() const {
    return {ErrorKind::other, command_.arguments.front(),
            "the program wrote more than 64 MiB and was stopped", "Ask it for less"};
  }

  const Command& command_;
  Child child_;
  const std::function<bool(std::string_view)>* onLine_;
  Descriptor exitSignal_;
  Finished finished_;
  std::optional<int> exitCode_;
  Clock::time_point drainUntil_{};
  std::size_t fed_ = 0;
  bool stopped_ = false;
};

Result<Finished> run(const Command& command, milliseconds timeout,
                     const std::function<bool(std::string_view)>* onLine) {
  auto child = spawn(command, true);
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

Result<Conversation> Conversation::start(const Command& command) {
  auto child = spawn(command, false);
  if (!child) return child.error();
  Conversation conversation;
  conversation.process_ = child->process;
  conversation.input_ = child->input.release();
  conversation.output_ = child->output.release();
  return conversation;
}

Conversation::Conversation(Conversation&& other) noexcept
    : process_(std::exchange(other.process_, -1)), input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)), pending_(std::move(other.pending_)) {}

Conversation& Conversation::operator=(Conversation&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(pending_, other.pending_);
  return *this;
}

Conversation::~Conversation() {
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
  if (process_ <= 0) return;
  for (int waited = 0; waited < 100; ++waited) {
    if (reap(process_, WNOHANG)) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  kill(-process_, SIGKILL);
  reap(process_, 0);
}

namespace {

Error conversationEnded() {
  return {ErrorKind::other, "helper process", "the process has ended", "Start it again"};
}

// Appends what the child has written; false when it has closed its end.
bool readInto(std::string& pending, int descriptor) {
  std::array<char, 65536> buffer;
  while (pending.size() <= maxOutput) {
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got > 0)
      pending.append(buffer.data(), static_cast<std::size_t>(got));
    else if (got == 0)
      return false;
    else if (errno != EINTR)
      return errno == EAGAIN;
  }
  return true;
}

} // namespace

Status Conversation::send(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  const BrokenPipeGuard guard;
  auto deadline = deadlineAfter(std::chrono::seconds(30));
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t written = write(input_, text.data() + sent, text.size() - sent);
    if (written > 0) {
      sent += static_cast<std::size_t>(written);
      deadline = deadlineAfter(std::chrono::seconds(30));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return conversationEnded();
    if (Clock::now() >= deadline)
      return Error{ErrorKind::other, "helper process", "the process takes no request any more",
                   "Start it again"};
    // Both sides may be writing more than a pipe holds: what it says meanwhile is kept.
    pollfd waits[] = {{input_, POLLOUT, 0}, {output_, POLLIN, 0}};
    poll(waits, 2, millisecondsUntil(deadline));
    if ((waits[1].revents & (POLLIN | POLLHUP)) != 0 && !readInto(pending_, output_))
      return conversationEnded();
  }
  return {};
}

Result<std::string> Conversation::receive(milliseconds timeout) {
  const auto deadline = deadlineAfter(timeout);
  bool open = true;
  while (true) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    if (!open) {
      // From here on send() says the same.
      close(std::exchange(input_, -1));
      close(std::exchange(output_, -1));
    }
    if (output_ < 0) return conversationEnded();
    if (pending_.size() > maxOutput)
      return Error{ErrorKind::other, "helper process", "a line of more than 64 MiB came", "Start it again"};
    const int left = millisecondsUntil(deadline);
    pollfd wait{output_, POLLIN, 0};
    if (poll(&wait, 1, left) > 0)
      open = readInto(pending_, output_);
    else if (Clock::now() >= deadline)
      return Error{ErrorKind::other, "helper process",
                   fmt::format("no answer came within {} s", timeout.count() / 1000.0),
                   "Try again or start it again"};
  }
}

} // namespace loom
