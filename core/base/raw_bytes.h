// SPDX-License-Identifier: Apache-2.0
// Bytes that nobody fills before they are written, for what is read or unpacked in tens of megabytes: filling
// them with zeros, and taking them from the system in pages of 4 KiB, would cost a third of the unpacking.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loom {

// Leaves a new element as it lies in memory; large blocks are asked for in pages of 2 MiB.
struct RawAllocator {
  using value_type = std::uint8_t;
  template<class Other> struct rebind { // no template: the library has to be told
    using other = RawAllocator;
  };
  std::uint8_t* allocate(std::size_t count); // throws std::bad_alloc
  void deallocate(std::uint8_t* memory, std::size_t count) noexcept;
  template<class Byte> void construct(Byte* at) noexcept { ::new (static_cast<void*>(at)) Byte; }
  template<class Byte, class Value> void construct(Byte* at, Value&& value) noexcept {
    ::new (static_cast<void*>(at)) Byte(static_cast<Byte>(value));
  }
  bool operator==(const RawAllocator&) const = default;
};

using RawBytes = std::vector<std::uint8_t, RawAllocator>;

} // namespace loom
