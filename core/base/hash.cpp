// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <xxhash.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace loom {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Table k holds the effect of a byte that k more bytes follow: eight bytes are folded in one go.
constexpr Tables makeTables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 255];
  return tables;
}
constexpr Tables tables = makeTables();

using Crc = std::uint32_t (*)(std::uint32_t, const unsigned char*, std::size_t);

std::uint32_t crcByTable(std::uint32_t crc, const unsigned char* p, std::size_t count) {
  for (; count >= 8; p += 8, count -= 8) {
    crc ^= static_cast<std::uint32_t>(p[0] | p[1] << 8 | p[2] << 16) | static_cast<std::uint32_t>(p[3]) << 24;
    crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^
          tables[4][crc >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
  }
  for (; count > 0; ++p, --count) crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 255];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crcByInstruction(std::uint32_t crc, const unsigned char* p,
                                                                 std::size_t count) {
  std::uint64_t wide = crc;
  for (; count >= 8; p += 8, count -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (; count > 0; ++p, --count) crc = _mm_crc32_u8(crc, *p);
  return crc;
}
#endif

Crc fastestCrc() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crcByInstruction;
#endif
  return crcByTable;
}

} // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
  static const Crc crc = fastestCrc();
  return ~crc(~seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::uint32_t crc32cPortable(std::string_view bytes, std::uint32_t seed) {
  return ~crcByTable(~seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string hex32(std::uint32_t value) { return fmt::format("{:08x}", value); }

struct ContentHash::State {
  State() : hash(XXH3_createState()) {
    if (hash == nullptr || XXH3_128bits_reset(hash) != XXH_OK) throw std::bad_alloc();
  }
  ~State() { XXH3_freeState(hash); }
  XXH3_state_t* hash;
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {}
ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;

void ContentHash::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
}
void ContentHash::add(std::string_view text) { add(std::as_bytes(std::span(text))); }

std::string ContentHash::hex() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(state_->hash);
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

std::string contentHash(std::string_view bytes) {
  const XXH128_hash_t digest = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

} // namespace loom
