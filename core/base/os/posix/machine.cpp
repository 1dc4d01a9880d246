// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/machine.h"
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace loom::os {
namespace {

// What follows the first colon of the first line that begins with `key`, without spaces around it.
std::string fieldOf(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto first = line.find_first_not_of(" \t", colon + 1);
    return first == std::string::npos ? std::string() : line.substr(first);
  }
  return {};
}

std::uint64_t pagesOf(int name) {
  const long pages = ::sysconf(name), bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes) : 0;
}

} // namespace

Memory memory() {
  Memory memory;
  memory.total = pagesOf(_SC_PHYS_PAGES);
  memory.unused = pagesOf(_SC_AVPHYS_PAGES);
  memory.available = std::strtoull(fieldOf("/proc/meminfo", "MemAvailable").c_str(), nullptr, 10) * 1024;
  return memory;
}

std::string systemName() {
  utsname system{};
  if (::uname(&system) != 0) return {};
  return fmt::format("{} {}, {}", system.sysname, system.release, system.machine);
}

std::string processorName() { return fieldOf("/proc/cpuinfo", "model name"); }

ProcessorTimes processorTimes() {
  // cpu user nice system idle iowait irq softirq steal …
  std::ifstream file("/proc/stat");
  std::string name;
  ProcessorTimes times;
  if (!(file >> name) || name != "cpu") return times;
  std::uint64_t part = 0;
  for (int index = 0; index < 8 && file >> part; ++index) {
    times.total += part;
    if (index == 3 || index == 4) times.idle += part;
  }
  return times;
}

void preferLargePages(void* begin, std::size_t bytes) { ::madvise(begin, bytes, MADV_HUGEPAGE); }

bool randomBytes(std::span<unsigned char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t got = ::getrandom(into.data() + filled, into.size() - filled, 0);
    if (got > 0)
      filled += static_cast<std::size_t>(got);
    else if (errno != EINTR)
      return false;
  }
  return true;
}

} // namespace loom::os
