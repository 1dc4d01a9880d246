// SPDX-License-Identifier: Apache-2.0
// Processes: this one, and those that it starts. Starting with checks and messages for people is
// core/base/subprocess.h; here are the calls that it consists of. Codes as in file.h.
#pragma once
#include "core/base/os/file.h"
#include <chrono>
#include <vector>

namespace loom::os {

int processId();
std::string bootId(); // of this machine since it started
std::string hostName();
// Start time of a process in clock ticks since boot, 0 when there is none: with the id, it names a process
// that cannot be mistaken for a later one.
std::uint64_t processStartTime(int pid);
std::filesystem::path ownProgram();
// "NAME=value" for each variable of this process.
std::vector<std::string> environment();
void setEnvironment(const char* name, const char* value);
// Runs the same program in this process's place; returns only when that failed.
void becomeOwnProgram(char** arguments);
[[noreturn]] void exitNow(int exitCode); // without destructors; a signal handler may call it
void killOwnProcess();                   // at once, as a power failure would

struct Pipe {
  File read, write; // closed in programs that are started
};
int openPipe(Pipe& into);

// What a program is started with, made before: nothing may be allocated between fork and exec. The pointers
// are borrowed; `arguments` and `environment` end with null.
struct Program {
  const char* path = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr; // null: the current one
};

// A child in a process group of its own, with default signals, whose standard streams are these. Other open
// files are closed in it. `process` receives its id.
int spawn(const Program& program, const File& input, const File& output, const File& errors, int& process);
// A process that outlives this one: own session, stdin empty, stdout and stderr into `log`. It is not a child
// (double fork), so nothing needs to reap it.
struct Detached {
  int process = 0;   // its id when code is 0
  int code = 0;      // otherwise why it failed
  bool made = false; // failed: a process could be made, but not become the program
};
Detached spawnDetached(const Program& program, const File& log);

// Exit code (128 + signal when killed) of a child that has ended, nothing while it runs. One that somebody
// else has reaped counts as ended with 1.
std::optional<int> reap(int process);
int reapWaiting(int process);
void killGroup(int process); // with all children of its process group
// Becomes readable when the process ends; closed on systems that have no such thing.
File exitSignal(int process);

void neverWait(const File& pipe); // reading and writing return EAGAIN instead
// Like File::write, but EPIPE instead of a signal when nobody reads from the pipe.
Transfer writeToPipe(const File& pipe, std::string_view bytes);

struct Awaited {
  const File* file = nullptr;
  bool toWrite = false; // otherwise to read
};
void waitForAny(std::span<const Awaited> files, std::chrono::milliseconds longest);

} // namespace loom::os
