// SPDX-License-Identifier: Apache-2.0
#include "core/base/safetensors.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/size.h"
#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

namespace loom {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's byte order is taken as ours");

constexpr std::uint64_t maxHeader = 100'000'000;

struct DTypeRow {
  FileDType dtype;
  const char* name;
  std::size_t bytes;
};
constexpr DTypeRow dtypes[] = {{FileDType::f32, "F32", 4},
                               {FileDType::f64, "F64", 8},
                               {FileDType::i32, "I32", 4},
                               {FileDType::i64, "I64", 8},
                               {FileDType::u8, "U8", 1}};

const DTypeRow& rowOf(FileDType dtype) {
  return *std::find_if(std::begin(dtypes), std::end(dtypes),
                       [&](const DTypeRow& row) { return row.dtype == dtype; });
}

// One tensor as the header announces it; `begin` and `end` count from the header's end.
struct Entry {
  std::string name;
  FileDType dtype = FileDType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  std::vector<Entry> entries; // in order of their bytes
  std::map<std::string, std::string> metadata;
};

Error damaged(Place place, Message cause) {
  return {ErrorKind::input, std::move(place), std::move(cause),
          say("The file is damaged or not a safetensors file: take another copy of it")};
}

Result<Entry> parseEntry(const std::string& name, const Json& value, const Place& place) {
  const JsonReader reader(value, say("{}: tensor '{}'", place.message(), name));
  Entry entry;
  entry.name = name;
  const auto dtype = reader.text("dtype");
  if (!dtype) return dtype.error();
  const auto row =
      std::find_if(std::begin(dtypes), std::end(dtypes), [&](const DTypeRow& r) { return r.name == *dtype; });
  if (row == std::end(dtypes))
    return Error{ErrorKind::input, reader.place(),
                 say("the type '{}' is not supported", dtype->substr(0, 20)),
                 say("Store the tensor as F32, F64, I32, I64 or U8")};
  entry.dtype = row->dtype;

  const auto shape = reader.array("shape");
  if (!shape) return shape.error();
  for (const Json& dim : **shape) {
    if (!dim.is_number_unsigned() || dim.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
      return damaged(reader.place(), say("a dimension is not a whole number from 0"));
    entry.shape.push_back(dim.get<std::int64_t>());
  }
  const auto offsets = reader.array("data_offsets");
  if (!offsets) return offsets.error();
  const Json& pair = **offsets;
  if (pair.size() != 2 || !pair[0].is_number_unsigned() || !pair[1].is_number_unsigned())
    return damaged(reader.place(), say("data_offsets are not two whole numbers from 0"));
  entry.begin = pair[0].get<std::uint64_t>();
  entry.end = pair[1].get<std::uint64_t>();

  const auto count = elementCount(entry.shape);
  const auto bytes = count ? checkedMultiply(*count, static_cast<std::int64_t>(row->bytes)) : std::nullopt;
  if (!bytes) return damaged(reader.place(), say("the shape is too large for any file"));
  if (entry.end < entry.begin || entry.end - entry.begin != static_cast<std::uint64_t>(*bytes))
    return damaged(reader.place(), say("the shape needs {} bytes, data_offsets give {} to {}", *bytes,
                                       entry.begin, entry.end));
  return entry;
}

// `dataBytes` is what the file holds behind the header; every byte of it must belong to exactly one tensor.
Result<Header> parseHeader(std::string_view text, std::uint64_t dataBytes, const Place& place) {
  if (!text.starts_with('{')) return damaged(place, say("the header does not begin with '{{'"));
  const auto json = parseJson(text, Place(say("{} (header)", place.message())));
  if (!json) return json.error();
  Header header;
  header.entries.reserve(json->size());
  for (auto member = json->begin(); member != json->end(); ++member) {
    if (member.key() == "__metadata__") {
      if (!member->is_object()) return damaged(place, say("__metadata__ is not an object"));
      for (auto item = member->begin(); item != member->end(); ++item) {
        if (!item->is_string()) return damaged(place, say("__metadata__ '{}' is not a text", item.key()));
        header.metadata[item.key()] = item->get<std::string>();
      }
      continue;
    }
    auto entry = parseEntry(member.key(), *member, place);
    if (!entry) return entry.error();
    header.entries.push_back(std::move(*entry));
  }
  // An empty tensor may lie between two others, not inside one.
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t covered = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != covered)
      return damaged(
          place,
          entry.begin < covered
              ? say("tensor '{}' begins at byte {}, but the one before ends at {}: bytes overlap", entry.name,
                    entry.begin, covered)
              : say("tensor '{}' begins at byte {}, but the one before ends at {}: bytes belong to no tensor",
                    entry.name, entry.begin, covered));
    covered = entry.end;
  }
  if (covered != dataBytes)
    return damaged(
        place, covered > dataBytes
                   ? say("the tensors need {} bytes, the file contains {}: it is cut off", covered, dataBytes)
                   : say("the tensors need {} bytes, the file contains {}: it is followed by bytes "
                         "of no tensor",
                         covered, dataBytes));
  return header;
}

// The header's length, checked against the format's limit and the file.
Result<std::uint64_t> headerLength(const char (&first)[8], std::uint64_t fileBytes, const Place& place) {
  std::uint64_t length = 0;
  std::memcpy(&length, first, 8);
  if (length > maxHeader)
    return damaged(place, say("the header would have {} bytes, at most {} are allowed", length, maxHeader));
  if (length > fileBytes - 8)
    return damaged(place,
                   say("the header would have {} bytes, the file has {}: it is cut off", length, fileBytes));
  return length;
}

Error tooShort(const Place& place) { return damaged(place, say("the file is shorter than 8 bytes")); }

template<class T> FileTensor made(FileDType dtype, std::vector<std::int64_t> shape, const T* values) {
  FileTensor tensor{dtype, std::move(shape), {}};
  const std::int64_t count = elementCount(tensor.shape).value();
  const auto* bytes = reinterpret_cast<const std::byte*>(values);
  tensor.data.assign(bytes, bytes + static_cast<std::size_t>(count) * sizeof(T));
  return tensor;
}

// Length and header, padded with spaces so that the data begins at a multiple of 8.
std::string prologue(const Safetensors& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : content.tensors) {
    const std::uint64_t end = offset + tensor.data.size();
    header[name] = {
        {"dtype", rowOf(tensor.dtype).name}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = compactJson(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + text;
}

} // namespace

std::size_t byteSize(FileDType dtype) { return rowOf(dtype).bytes; }

FileTensor tensorOf(std::vector<std::int64_t> shape, const float* values) {
  return made(FileDType::f32, std::move(shape), values);
}
FileTensor tensorOf(std::vector<std::int64_t> shape, const double* values) {
  return made(FileDType::f64, std::move(shape), values);
}
FileTensor tensorOf(std::vector<std::int64_t> shape, const std::int32_t* values) {
  return made(FileDType::i32, std::move(shape), values);
}
FileTensor tensorOf(std::vector<std::int64_t> shape, const std::int64_t* values) {
  return made(FileDType::i64, std::move(shape), values);
}

std::string serialise(const Safetensors& content) {
  std::string bytes = prologue(content);
  std::size_t total = bytes.size();
  for (const auto& [name, tensor] : content.tensors) total += tensor.data.size();
  bytes.reserve(total);
  for (const auto& [name, tensor] : content.tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  return bytes;
}

Result<Safetensors> parseSafetensors(std::string_view bytes, const Place& place) {
  if (bytes.size() < 8) return tooShort(place);
  char first[8];
  std::memcpy(first, bytes.data(), 8);
  const auto length = headerLength(first, bytes.size(), place);
  if (!length) return length.error();
  const std::string_view data = bytes.substr(8 + *length);
  auto header = parseHeader(bytes.substr(8, *length), data.size(), place);
  if (!header) return header.error();
  Safetensors content;
  content.metadata = std::move(header->metadata);
  for (Entry& entry : header->entries) {
    const auto* begin = reinterpret_cast<const std::byte*>(data.data());
    content.tensors.emplace(
        std::move(entry.name),
        FileTensor{entry.dtype, std::move(entry.shape), {begin + entry.begin, begin + entry.end}});
  }
  return content;
}

Status writeSafetensors(const std::filesystem::path& file, const Safetensors& content) {
  auto writer = AtomicFile::create(file);
  if (!writer) return writer.error();
  if (Status written = writer->write(prologue(content)); !written) return written;
  // Tensor by tensor: a second copy of a large model in memory is spared.
  for (const auto& [name, tensor] : content.tensors)
    if (Status written = writer->write(std::span<const std::byte>(tensor.data)); !written) return written;
  return writer->commit();
}

Result<Safetensors> readSafetensors(const std::filesystem::path& file) {
  const Place place = file;
  const auto unreadable = [&](Message cause) {
    return Error{ErrorKind::input, place, std::move(cause),
                 say("Check the name and that you may read the file")};
  };
  std::error_code code;
  if (!std::filesystem::is_regular_file(file, code))
    return unreadable(say("the file does not exist or is not a regular file"));
  std::ifstream stream(file, std::ios::binary);
  const std::uint64_t size = std::filesystem::file_size(file, code);
  if (code || !stream) return unreadable(say("the file cannot be read"));
  if (size < 8) return tooShort(place);
  char first[8];
  if (!stream.read(first, 8)) return unreadable(say("the file cannot be read"));
  const auto length = headerLength(first, size, place);
  if (!length) return length.error();
  std::string text(*length, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(text.size())))
    return unreadable(say("the file cannot be read"));
  auto header = parseHeader(text, size - 8 - *length, place);
  if (!header) return header.error();
  Safetensors content;
  content.metadata = std::move(header->metadata);
  // The entries cover the file without a hole, in order: one pass reads them all.
  for (Entry& entry : header->entries) {
    FileTensor tensor{entry.dtype, std::move(entry.shape), std::vector<std::byte>(entry.end - entry.begin)};
    if (!stream.read(reinterpret_cast<char*>(tensor.data.data()),
                     static_cast<std::streamsize>(tensor.data.size())))
      return unreadable(say("the file changed or the disk failed while it was read"));
    content.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return content;
}

} // namespace loom
