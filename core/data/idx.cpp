// SPDX-License-Identifier: Apache-2.0
#include "core/data/idx.h"
#include "core/base/size.h"
#include "core/data/source_file.h"
#include <cstring>
#include <fstream>

namespace loom {

namespace fs = std::filesystem;

namespace {

// Deflate cannot pack better than this; a header that promises more is a lie, found out before memory is
// taken.
constexpr std::int64_t mostDeflateGives = 1100;
constexpr std::int64_t mostInflatedBytes = std::int64_t{64} << 30;
constexpr std::size_t longestHeader = 4 + 4 * 4;
Message getAgain() { return say("Get the file again, or give the right one"); }

std::string dimsText(const std::vector<std::int64_t>& dims) {
  std::string text;
  for (const std::int64_t dim : dims) text += (text.empty() ? "" : "×") + std::to_string(dim);
  return text;
}

Error sizeError(const fs::path& file, const IdxHeader& header, std::size_t found) {
  const std::int64_t wanted = header.bytes();
  if (static_cast<std::int64_t>(found) < wanted)
    return inputError(file,
                      say("The header promises {} bytes ({} with the header), the file has {}: it is cut off",
                          dimsText(header.dims), wanted, found),
                      getAgain());
  return inputError(
      file,
      say("The header promises {} bytes ({} with the header), the file has {}: there is more than that",
          dimsText(header.dims), wanted, found),
      getAgain());
}

// The first unpacked bytes of a file, which stand in its first block; fewer where there are no more.
std::string firstBytes(const fs::path& file, std::size_t count) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) return {};
  std::ifstream stream(file, std::ios::binary);
  std::string start(512, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  if (!isGzip(start)) return start;
  auto unpacked = gunzipStart(start, count, file);
  return unpacked ? std::move(*unpacked) : std::string();
}

} // namespace

Result<IdxHeader> parseIdxHeader(std::string_view bytes, const fs::path& file) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::int64_t>(static_cast<unsigned char>(bytes[i]));
  };
  if (bytes.size() < 4)
    return inputError(file, say("An IDX file begins with 4 bytes, this one has {}", bytes.size()),
                      getAgain());
  if (byte(0) != 0 || byte(1) != 0)
    return inputError(file, say("This is not an IDX file: it does not begin with two zero bytes"),
                      say("Give an IDX file (MNIST's format), gzipped or not"));
  if (byte(2) != 0x08)
    return inputError(file, say("It contains numbers of type {}; only unsigned bytes (8) are read", byte(2)),
                      say("Save the data as unsigned bytes"));
  IdxHeader header;
  const std::int64_t rank = byte(3);
  if (rank < 1 || rank > 4)
    return inputError(file, say("It has {} dimensions; 1 to 4 are read", rank), getAgain());
  header.headerBytes = 4 + 4 * static_cast<std::size_t>(rank);
  if (bytes.size() < header.headerBytes)
    return inputError(
        file,
        say("The header takes {} bytes, the file has {}: it is cut off", header.headerBytes, bytes.size()),
        getAgain());
  for (std::size_t d = 0; d < static_cast<std::size_t>(rank); ++d) {
    std::int64_t dim = 0;
    for (std::size_t i = 0; i < 4; ++i) dim = dim << 8 | byte(4 + 4 * d + i);
    if (dim == 0)
      return inputError(file, say("Dimension {} is 0: there is no data in it", d + 1), getAgain());
    header.dims.push_back(dim);
  }
  const auto elements = elementCount(header.dims);
  if (!elements || *elements > mostInflatedBytes)
    return inputError(file, say("The header promises {} bytes: no file is that long", dimsText(header.dims)),
                      getAgain());
  header.elements = *elements;
  return header;
}

Result<IdxHeader> idxHeaderOf(std::string_view stored, const fs::path& file) {
  if (!isGzip(stored)) {
    auto header = parseIdxHeader(stored, file);
    if (!header) return header;
    if (static_cast<std::int64_t>(stored.size()) != header->bytes())
      return sizeError(file, *header, stored.size());
    return header;
  }
  auto start = gunzipStart(stored, longestHeader, file);
  if (!start) return start.error();
  auto header = parseIdxHeader(*start, file);
  if (!header) return header;
  if (header->bytes() / mostDeflateGives > static_cast<std::int64_t>(stored.size()))
    return inputError(file,
                      say("The header promises {} bytes, which cannot come out of {} packed bytes: it is cut "
                          "off or damaged",
                          dimsText(header->dims), stored.size()),
                      getAgain());
  if (Status status = checkMemory(header->bytes(), file); !status) return status.error();
  return header;
}

Status unpackIdx(std::string_view stored, const IdxHeader& header, std::span<std::uint8_t> out,
                 const fs::path& file) {
  if (!isGzip(stored)) {
    std::memcpy(out.data(), stored.data(), out.size());
    return {};
  }
  const auto made = gunzip(stored, out, file);
  if (!made) return made.error();
  if (*made != out.size()) return sizeError(file, header, *made);
  return {};
}

Result<IdxFile> parseIdx(std::string stored, const fs::path& file) {
  auto header = idxHeaderOf(stored, file);
  if (!header) return header.error();
  IdxFile idx{std::move(*header), {}};
  if (!isGzip(stored)) {
    idx.content = std::move(stored);
    return idx;
  }
  idx.content.resize(static_cast<std::size_t>(idx.header.bytes()));
  if (Status status =
          unpackIdx(stored, idx.header,
                    {reinterpret_cast<std::uint8_t*>(idx.content.data()), idx.content.size()}, file);
      !status)
    return status.error();
  return idx;
}

bool looksLikeIdx(const fs::path& file) {
  const std::string start = firstBytes(file, 4);
  return start.size() >= 4 && start[0] == 0 && start[1] == 0 && start[2] == 0x08 && start[3] >= 1 &&
         start[3] <= 4;
}

} // namespace loom
