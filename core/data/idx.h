// SPDX-License-Identifier: Apache-2.0
// IDX, the file of MNIST and its kin: two zero bytes, a type (0x08: unsigned byte, the only one read here),
// the number of dimensions, each of them as 32 bits big-endian, then the numbers. Plain or gzipped, told
// apart by the content. Source: the format's description on the MNIST page by LeCun, Cortes and Burges.
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

struct IdxHeader {
  std::vector<std::int64_t> dims; // 1 to 4
  std::int64_t elements = 0;
  std::size_t headerBytes = 0;
};
struct IdxFile {
  IdxHeader header;
  std::string content; // with the header, unpacked
  std::string_view numbers() const { return std::string_view(content).substr(header.headerBytes); }
};

// The header alone, of unpacked bytes. Errors name the file, the bytes wanted and found, and the fix.
Result<IdxHeader> parseIdxHeader(std::string_view bytes, const std::filesystem::path& file);
// `stored` are the file's bytes as they lie on the disk. Nothing is unpacked that the header and the packed
// size do not allow.
Result<IdxFile> parseIdx(std::string stored, const std::filesystem::path& file);
bool looksLikeIdx(const std::filesystem::path& file); // by its first bytes
// How many numbers the header promises, where the file can hold them; 0: not known. To take memory for
// several files at once; nothing else may rely on it.
std::int64_t promisedElements(const std::filesystem::path& file);

} // namespace loom
