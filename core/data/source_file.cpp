// SPDX-License-Identifier: Apache-2.0
#include "core/data/source_file.h"
#include "core/base/atomic_file.h"
#include "core/base/os/machine.h"
#include <algorithm>
#include <cstring>
#include <memory>
#include <zlib.h>
#ifdef NEUROLOOM_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace loom {

namespace fs = std::filesystem;

Error inputError(const fs::path& place, Message cause, Message fix) {
  return {ErrorKind::input, place, std::move(cause), std::move(fix)};
}

fs::path resolvePath(const fs::path& project, const fs::path& path) {
  return path.empty() || path.is_absolute() ? path : project / path;
}

std::string inQuotes(std::string_view text) {
  constexpr std::size_t most = 40;
  std::string shown = "'";
  const bool cut = text.size() > most;
  std::size_t end = cut ? most : text.size();
  while (cut && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  for (const char c : text.substr(0, end))
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return shown + (cut ? "…'" : "'");
}

static Status checkSource(const fs::path& file, std::size_t maxBytes, Message fix) {
  std::error_code code;
  const fs::file_status status = fs::status(file, code);
  if (!fs::exists(status)) return inputError(file, say("There is no such file"), fix);
  if (fs::is_directory(status)) return inputError(file, say("This is a folder"), fix);
  if (!fs::is_regular_file(status)) return inputError(file, say("This is not a regular file"), fix);
  const std::uintmax_t size = fs::file_size(file, code);
  if (!code && size > maxBytes)
    return inputError(file, say("It has {}; at most {} are read", Bytes{size}, Bytes{maxBytes}),
                      say("Take a part of the data"));
  return code ? Status() : checkMemory(static_cast<std::int64_t>(size), file);
}

Result<std::string> readSource(const fs::path& file, std::size_t maxBytes, Message fix) {
  if (Status status = checkSource(file, maxBytes, std::move(fix)); !status) return status.error();
  return readWholeFile(file, maxBytes);
}

Result<RawBytes> readRawSource(const fs::path& file, std::size_t maxBytes, Message fix) {
  if (Status status = checkSource(file, maxBytes, std::move(fix)); !status) return status.error();
  return readWholeRaw(file, maxBytes);
}

void addSource(ContentHash& hash, std::string_view role, std::string_view bytes) {
  hash.add(std::string(role) + '\n' + std::to_string(bytes.size()) + '\n');
  hash.add(bytes);
}

bool isGzip(std::string_view bytes) { return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

namespace {

// Owns zlib's state.
struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK;
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

Error damagedGzip(const fs::path& file, const Message& reason, std::size_t unpacked) {
  return inputError(file, say("The gzip data is damaged ({}) after {} unpacked bytes", reason, unpacked),
                    say("Get the file again"));
}

} // namespace

#ifdef NEUROLOOM_LIBDEFLATE
// Three times as fast as zlib, and for whole files alone: true when all of `bytes` are members of gzip, whole
// and undamaged, that fill `out` to the last byte. It never reads or writes beyond either.
static bool unpackWhole(std::string_view bytes, std::span<std::uint8_t> out) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> unpacker(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!unpacker) return false;
  while (!bytes.empty()) {
    std::size_t taken = 0, made = 0;
    if (libdeflate_gzip_decompress_ex(unpacker.get(), bytes.data(), bytes.size(), out.data(), out.size(),
                                      &taken, &made) != LIBDEFLATE_SUCCESS)
      return false;
    bytes.remove_prefix(taken);
    out = out.subspan(made);
  }
  return out.empty();
}
#endif

// Unpacks until `out` is full or the data ends: how many bytes came. `more` tells that they were not all.
static Result<std::size_t> unpack(std::string_view bytes, std::span<std::uint8_t> out, const fs::path& file,
                                  bool& more) {
  Inflater inflater;
  if (!inflater.ready)
    return Error{ErrorKind::memory, file.string(), say("No memory to unpack it"),
                 say("Close other programs")};
  z_stream& stream = inflater.stream;
  std::size_t taken = 0, made = 0;
  more = false;
  for (;;) {
    // zlib counts in 32 bits, so both sides are handed over in pieces; one byte more than there is room for
    // shows that something follows.
    constexpr std::size_t most = std::size_t{1} << 26;
    std::uint8_t beyond = 0;
    const bool full = made == out.size();
    const std::size_t in = std::min(bytes.size() - taken, most);
    const std::size_t room = full ? 1 : std::min(out.size() - made, most);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = full ? &beyond : out.data() + made;
    stream.avail_out = static_cast<uInt>(room);
    const int code = inflate(&stream, Z_NO_FLUSH);
    taken += in - stream.avail_in;
    if (full && stream.avail_out == 0) {
      more = true;
      return made;
    }
    if (!full) made += room - stream.avail_out;
    if (code == Z_STREAM_END) {
      if (taken == bytes.size()) return made;
      if (!isGzip(bytes.substr(taken)))
        return damagedGzip(file, say("bytes that are not gzip data follow"), made);
      inflateReset(&stream);
    } else if (code == Z_BUF_ERROR && taken == bytes.size()) {
      return damagedGzip(file, say("it ends too early"), made);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return damagedGzip(file, stream.msg ? foreign(stream.msg) : say("unknown content"), made);
    }
  }
}

Result<std::size_t> gunzip(std::string_view bytes, std::span<std::uint8_t> out, const fs::path& file) {
#ifdef NEUROLOOM_LIBDEFLATE
  if (unpackWhole(bytes, out)) return out.size();
#endif
  // What is not as it should be is gone through byte by byte, to say what is wrong with it.
  bool more = false;
  auto made = unpack(bytes, out, file, more);
  if (made && more)
    return inputError(file, say("It unpacks to more than {} bytes, the most that is read", out.size()),
                      say("Check where the file comes from; its content does not match its name"));
  return made;
}

Result<std::string> gunzipStart(std::string_view bytes, std::size_t count, const fs::path& file) {
  std::string start(count, '\0');
  bool more = false;
  const auto made = unpack(bytes, {reinterpret_cast<std::uint8_t*>(start.data()), count}, file, more);
  if (!made) return made.error();
  start.resize(*made);
  return start;
}

Status checkMemory(std::int64_t bytes, const fs::path& place) {
  const std::int64_t machine = static_cast<std::int64_t>(os::memory().total);
  if (machine <= 0 || bytes <= machine / 10 * 8) return {};
  return Error{ErrorKind::memory, place.string(),
               say("The data takes {} of memory; this machine has {}",
                   Bytes{static_cast<std::uint64_t>(bytes)}, Bytes{static_cast<std::uint64_t>(machine)}),
               say("Take a part of the data or smaller images")};
}

} // namespace loom
