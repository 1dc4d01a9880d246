// SPDX-License-Identifier: Apache-2.0
// IDX, the file of MNIST and its kin: two zero bytes, a type (0x08: unsigned byte, the only one read here),
// the number of dimensions, each of them as 32 bits big-endian, then the numbers. Plain or gzipped, told
// apart by the content. Source: the format's description on the MNIST page by LeCun, Cortes and Burges.
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

struct IdxHeader {
  std::vector<std::int64_t> dims; // 1 to 4
  std::int64_t elements = 0;
  std::size_t headerBytes = 0;
  std::int64_t bytes() const { return elements + static_cast<std::int64_t>(headerBytes); } // of the whole
};
struct IdxFile {
  IdxHeader header;
  std::string content; // with the header, unpacked
  std::string_view numbers() const { return std::string_view(content).substr(header.headerBytes); }
};

// The header alone, of unpacked bytes. Errors name the file, the bytes wanted and found, and the fix.
Result<IdxHeader> parseIdxHeader(std::string_view bytes, const std::filesystem::path& file);
// The same of a file's bytes as they lie on the disk, gzipped or not: refused when they cannot hold what the
// header promises (a plain file must be as long; a packed one is asked when it is unpacked) or this machine
// cannot.
Result<IdxHeader> idxHeaderOf(std::string_view stored, const std::filesystem::path& file);
// The content with its header into `out`, which has header.bytes().
Status unpackIdx(std::string_view stored, const IdxHeader& header, std::span<std::uint8_t> out,
                 const std::filesystem::path& file);
// Both.
Result<IdxFile> parseIdx(std::string stored, const std::filesystem::path& file);
bool looksLikeIdx(const std::filesystem::path& file); // by its first bytes

} // namespace loom
