// SPDX-License-Identifier: Apache-2.0
// Starting programs and watching them.
#include "core/base/os/process.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace loom::os {
namespace {

int exitCodeOf(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

std::optional<int> reapWith(int process, int options) {
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(process, &status, options);
  while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  return ended < 0 ? 1 : exitCodeOf(status);
}

void report(int pipe, int value) {
  while (::write(pipe, &value, sizeof value) < 0 && errno == EINTR) {
  }
}

// After fork only calls that a signal handler may make are safe: another thread may have held any lock.
[[noreturn]] void becomeProgram(const Program& program, int log, int nowhere, int reports) {
  ::setsid();
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const bool ready = ::dup2(nowhere, 0) >= 0 && ::dup2(log, 1) >= 0 && ::dup2(log, 2) >= 0 &&
                     (program.folder == nullptr || ::chdir(program.folder) == 0);
  // A lock that another part of this process holds must not live on in the child.
  ::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  if (ready) ::execve(program.path, program.arguments, program.environment);
  report(reports, -errno);
  ::_exit(127);
}

// While it lives, a write to a pipe without a reader fails with EPIPE instead of ending the process; for this
// thread.
class BrokenPipeGuard {
 public:
  BrokenPipeGuard() {
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pendingBefore_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  BrokenPipeGuard(const BrokenPipeGuard&) = delete;
  BrokenPipeGuard& operator=(const BrokenPipeGuard&) = delete;
  ~BrokenPipeGuard() {
    if (!pendingBefore_) {
      sigset_t pipe;
      sigemptyset(&pipe);
      sigaddset(&pipe, SIGPIPE);
      const timespec now{};
      while (sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_{};
  bool pendingBefore_ = false;
};

} // namespace

int openPipe(Pipe& into) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  into.read = File(ends[0]);
  into.write = File(ends[1]);
  return 0;
}

int spawn(const Program& program, const File& input, const File& output, const File& errors, int& process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input.handle(), 0);
  posix_spawn_file_actions_adddup2(&actions, output.handle(), 1);
  posix_spawn_file_actions_adddup2(&actions, errors.handle(), 2);
  // A lock that another part of this process holds must not live on in the child.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  if (program.folder != nullptr) posix_spawn_file_actions_addchdir_np(&actions, program.folder);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigfillset(&defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0); // so that a kill reaches its children too
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int code =
      ::posix_spawn(&process, program.path, &actions, &attributes, program.arguments, program.environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return code;
}

Detached spawnDetached(const Program& program, const File& log) {
  File nowhere;
  if (const int code = nowhere.open("/dev/null", Access::read); code != 0) return {0, code, false};
  Pipe reports;
  if (const int code = openPipe(reports); code != 0) return {0, code, false};
  // The one in between ends at once, so that the program belongs to init and needs no one to reap it.
  const pid_t between = ::fork();
  if (between < 0) return {0, errno, false};
  if (between == 0) {
    const pid_t process = ::_Fork();
    if (process == 0) becomeProgram(program, log.handle(), nowhere.handle(), reports.write.handle());
    report(reports.write.handle(), process > 0 ? process : -errno);
    ::_exit(0);
  }
  (void)reports.write.close();
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  // The pipe closes when exec has succeeded; the two numbers may come in either order.
  int process = 0, problem = 0;
  for (int value = 0;;) {
    const auto [bytes, code] = reports.read.read({reinterpret_cast<char*>(&value), sizeof value});
    if (code != 0 || bytes != sizeof value) break;
    (value > 0 ? process : problem) = value;
  }
  if (problem != 0) return {0, -problem, true};
  if (process == 0) return {0, EAGAIN, true};
  return {process, 0, true};
}

std::optional<int> reap(int process) { return reapWith(process, WNOHANG); }
int reapWaiting(int process) { return reapWith(process, 0).value_or(1); }
void killGroup(int process) { ::kill(-process, SIGKILL); }

// The header that declares glibc 2.36's own function lacks C linkage.
File exitSignal(int process) { return File(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))); }

void neverWait(const File& pipe) { ::fcntl(pipe.handle(), F_SETFL, O_NONBLOCK); }

Transfer writeToPipe(const File& pipe, std::string_view bytes) {
  const BrokenPipeGuard guard;
  return pipe.write(bytes);
}

void waitForAny(std::span<const Awaited> files, std::chrono::milliseconds longest) {
  std::array<pollfd, 8> waits{};
  const std::size_t count = std::min(files.size(), waits.size());
  for (std::size_t i = 0; i < count; ++i)
    waits[i] = {files[i].file->handle(), static_cast<short>(files[i].toWrite ? POLLOUT : POLLIN), 0};
  ::poll(waits.data(), count, static_cast<int>(longest.count()));
}

} // namespace loom::os
