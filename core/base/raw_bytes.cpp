// SPDX-License-Identifier: Apache-2.0
#include "core/base/raw_bytes.h"
#include "core/base/os/machine.h"
#include <cstdlib>
#include <new>

namespace loom {
namespace {

constexpr std::size_t hugePage = std::size_t{1} << 21, worthHugePages = 2 * hugePage;

} // namespace

std::uint8_t* RawAllocator::allocate(std::size_t count) {
  if (count < worthHugePages) return static_cast<std::uint8_t*>(::operator new(count));
  if (count > static_cast<std::size_t>(PTRDIFF_MAX) - hugePage) throw std::bad_alloc();
  const std::size_t whole = (count + hugePage - 1) / hugePage * hugePage;
  void* memory = std::aligned_alloc(hugePage, whole);
  if (memory == nullptr) throw std::bad_alloc();
  os::preferLargePages(memory, count); // where there are none, small ones do
  return static_cast<std::uint8_t*>(memory);
}

void RawAllocator::deallocate(std::uint8_t* memory, std::size_t count) noexcept {
  if (count < worthHugePages)
    ::operator delete(memory);
  else
    std::free(memory);
}

} // namespace loom
