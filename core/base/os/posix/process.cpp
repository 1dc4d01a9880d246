// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/process.h"
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace loom::os {

int processId() { return ::getpid(); }

std::string bootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::string hostName() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::uint64_t processStartTime(int pid) {
  // Field 22 of /proc/<pid>/stat.
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name in brackets may contain spaces and brackets itself: fields are counted from the last one.
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

std::vector<std::string> environment() {
  std::vector<std::string> texts;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) texts.emplace_back(*entry);
  return texts;
}

void setEnvironment(const char* name, const char* value) { ::setenv(name, value, 1); }

void becomeOwnProgram(char** arguments) {
  if (const auto program = ownProgram(); !program.empty()) ::execv(program.c_str(), arguments);
}

void exitNow(int exitCode) { ::_exit(exitCode); }

void killOwnProcess() { std::raise(SIGKILL); }

} // namespace loom::os
