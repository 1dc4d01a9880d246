// SPDX-License-Identifier: Apache-2.0
// Weights on disk: the safetensors format (8 bytes length, JSON header, raw little-endian tensors). Nothing
// in it can execute; every length is checked against the file before memory is taken. Source: the format's
// public description.
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loom {

enum class FileDType { f32, f64, i32, i64, u8 };
std::size_t byteSize(FileDType dtype);

struct FileTensor {
  FileDType dtype = FileDType::f32;
  std::vector<std::int64_t> shape; // outermost first; empty = a scalar
  std::vector<std::byte> data;     // row-major
};

struct Safetensors {
  std::map<std::string, FileTensor> tensors;
  std::map<std::string, std::string> metadata;
};

FileTensor tensorOf(std::vector<std::int64_t> shape, const float* values);
FileTensor tensorOf(std::vector<std::int64_t> shape, const double* values);
FileTensor tensorOf(std::vector<std::int64_t> shape, const std::int32_t* values);
FileTensor tensorOf(std::vector<std::int64_t> shape, const std::int64_t* values);

// Bytes of the whole file; tensors in order of name, data aligned to 8 bytes from the header's end.
std::string serialise(const Safetensors& content);
// Refuses: header over 100 MB, overlapping or missing bytes, sizes that overflow, unknown types, names twice.
Result<Safetensors> parseSafetensors(std::string_view bytes, const Place& place);
Status writeSafetensors(const std::filesystem::path& file, const Safetensors& content); // atomic
Result<Safetensors> readSafetensors(const std::filesystem::path& file);

} // namespace loom
