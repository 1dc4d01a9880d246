// SPDX-License-Identifier: Apache-2.0
// The files of a data set as bytes: read once, hashed as they lie on the disk, unpacked with a limit. What a
// file's header promises is compared with what is there before memory is taken for it.
#pragma once
#include "core/base/hash.h"
#include "core/base/raw_bytes.h"
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

// One file of a data set and the part it plays ("train images", "cat/3.png"); the hash covers both.
struct SourceFile {
  std::string role;
  std::filesystem::path path;
};

// Kind input when the file is missing, a folder, no regular file, or larger than maxBytes; `fix` says
// what to give instead: say("Give the path of a CSV table").
Result<std::string> readSource(const std::filesystem::path& file, std::size_t maxBytes, Message fix);
// For what is large.
Result<RawBytes> readRawSource(const std::filesystem::path& file, std::size_t maxBytes, Message fix);

// Adds one file to the hash of a data set: its role, its length, its bytes.
void addSource(ContentHash& hash, std::string_view role, std::string_view bytes);

bool isGzip(std::string_view bytes);
// Unpacks all members of the file into `out`: how many bytes came, fewer than there is room for when the data
// ends sooner. More than that, or damage, is an Error naming the file. Nothing is allocated for the content,
// so the caller has made sure that the packed bytes can give what it made room for.
Result<std::size_t> gunzip(std::string_view bytes, std::span<std::uint8_t> out,
                           const std::filesystem::path& file);
// The first `count` unpacked bytes; fewer when there are no more.
Result<std::string> gunzipStart(std::string_view bytes, std::size_t count, const std::filesystem::path& file);

// What this machine can hold; a data set that wants more is refused before it is read (kind memory).
Status checkMemory(std::int64_t bytes, const std::filesystem::path& place);
inline constexpr std::size_t maxSourceBytes = std::size_t{16} << 30;

Error inputError(const std::filesystem::path& place, Message cause, Message fix);
// Relative paths of a spec are meant from the project's folder.
std::filesystem::path resolvePath(const std::filesystem::path& project, const std::filesystem::path& path);
// 'text', shortened to 40 characters, control characters shown as "?"
std::string inQuotes(std::string_view text);

} // namespace loom
