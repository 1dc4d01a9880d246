// SPDX-License-Identifier: Apache-2.0
// Checksums: crc32c guards a journal record, XXH3-128 names the content of a file or a data set.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace loom {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0); // Castagnoli, as in iSCSI (RFC 3720)
// The same by table, on any machine.
std::uint32_t crc32cPortable(std::string_view bytes, std::uint32_t seed = 0);
std::string hex32(std::uint32_t value); // eight lower-case digits

class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(ContentHash&&) noexcept;
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  std::string hex() const; // 32 lower-case digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};
std::string contentHash(std::string_view bytes);

} // namespace loom
