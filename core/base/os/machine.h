// SPDX-License-Identifier: Apache-2.0
// What this machine is and has. How many cores this process may use is usableCores() in core/base/parallel.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace loom::os {

struct Memory {                // bytes; 0 when unknown
  std::uint64_t total = 0;     // of the machine
  std::uint64_t unused = 0;    // used by nothing at all
  std::uint64_t available = 0; // what programs can have: unused, and what only caches use
};
Memory memory();

std::string systemName();    // "Linux 6.1.0, x86_64"; empty when unknown
std::string processorName(); // "AMD EPYC 7B13"; empty when unknown

// Time that all processors together have spent since the machine started, in units of the system.
struct ProcessorTimes {
  std::uint64_t total = 0, idle = 0; // 0: unknown
};
ProcessorTimes processorTimes();

// Asks that this memory consists of large pages; the system may decline. `begin` is at a page's begin.
void preferLargePages(void* begin, std::size_t bytes);

// Fills it from the operating system's source of randomness; false when there is none.
bool randomBytes(std::span<unsigned char> into);

} // namespace loom::os
