// SPDX-License-Identifier: Apache-2.0
#include "core/base/pipes.h"
#include "core/base/subprocess.h"
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace loom {
namespace {

// Everything that the new processes need, made before the fork: after it only calls that a signal handler may
// make are safe, since another thread may have held any lock.
struct Start {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* folder; // null: stay
  int log, nowhere, report;
};

void tell(int report, int value) {
  while (write(report, &value, sizeof value) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void becomeProgram(const Start& start) {
  setsid();
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const bool ready = dup2(start.nowhere, 0) >= 0 && dup2(start.log, 1) >= 0 && dup2(start.log, 2) >= 0 &&
                     (start.folder == nullptr || chdir(start.folder) == 0);
  // A lock that another part of this process holds must not live on in the child.
  close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  if (ready) execve(start.program, start.arguments, start.environment);
  tell(start.report, -errno);
  _exit(127);
}

} // namespace

Result<int> startDetached(const Command& command, const std::filesystem::path& log) {
  const auto prepared = PreparedCommand::from(command);
  if (!prepared) return prepared.error();
  const auto failed = [&](const std::string& place, const char* what, int code) {
    return Error{ErrorKind::other, place, fmt::format("{}: {}", what, std::strerror(code)),
                 "Check that the folder can be written and that the program may be executed"};
  };
  const Descriptor logFile(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!logFile) return failed(log.string(), "the log cannot be written", errno);
  const Descriptor nowhere(open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto report = Pipe::open();
  if (!nowhere || !report) return failed(command.arguments.front(), "no descriptor could be opened", errno);

  const auto arguments = prepared->arguments(), environment = prepared->environment();
  const Start start{prepared->program.c_str(),
                    arguments.data(),
                    environment.data(),
                    command.folder.empty() ? nullptr : command.folder.c_str(),
                    logFile.get(),
                    nowhere.get(),
                    report->write.get()};
  // The one in between ends at once, so that the program belongs to init and needs no one to reap it.
  const pid_t between = fork();
  if (between < 0) return failed(command.arguments.front(), "no process could be made", errno);
  if (between == 0) {
    const pid_t process = _Fork();
    if (process == 0) becomeProgram(start);
    tell(start.report, process > 0 ? process : -errno);
    _exit(0);
  }
  report->write.reset();
  while (waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }

  // The pipe closes when exec has succeeded; the two numbers may come in either order.
  int process = 0, problem = 0;
  for (int value = 0;;) {
    const ssize_t got = read(report->read.get(), &value, sizeof value);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof value) break;
    (value > 0 ? process : problem) = value;
  }
  if (problem != 0) return failed(command.arguments.front(), "the program cannot be started", -problem);
  if (process == 0) return failed(command.arguments.front(), "the program cannot be started", EAGAIN);
  return process;
}

std::string bootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::string hostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::uint64_t processStartTime(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name in brackets may hold spaces and brackets itself: fields are counted from the last one.
  std::size_t at = line.rfind(')');
  if (at == std::string::npos) return 0;
  // One that has ended and waits to be reaped is gone, however long its parent takes.
  if (const std::size_t state = at + 2; state < line.size() && (line[state] == 'Z' || line[state] == 'X'))
    return 0;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  std::uint64_t ticks = 0;
  if (at != std::string::npos) std::from_chars(line.data() + at + 1, line.data() + line.size(), ticks);
  return ticks;
}

std::filesystem::path ownProgram() {
  std::error_code code;
  return std::filesystem::read_symlink("/proc/self/exe", code);
}

} // namespace loom
