// SPDX-License-Identifier: Apache-2.0
// What the tests of the data room share: a folder that goes away, files, IDX bytes.
#pragma once
#include "core/data/dataset.h"
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <zlib.h>

namespace loom::test {

inline const std::filesystem::path fashion = "/usr/share/datasets/fashion-mnist";

class Folder {
 public:
  std::filesystem::path path(const std::string& name = {}) const {
    return std::filesystem::path(dir_.path().toStdString()) / name;
  }
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    const auto file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

 private:
  QTemporaryDir dir_;
};

inline std::string idxBytes(const std::vector<std::uint32_t>& dims, const std::string& numbers,
                            char type = 8) {
  std::string bytes{'\0', '\0', type, static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 0xFF);
  return bytes + numbers;
}

inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "" when the result is an error with what a person needs: the file, this word in it, and something to do;
// else what is wrong. For QCOMPARE.
template<class R> std::string wrongError(const R& result, const std::string& file, const std::string& word) {
  if (result.ok()) return "no error";
  const std::string text = result.error().message();
  return holds(text, file) && holds(text, word) && !result.error().fix.empty() ? "" : text;
}
template<class R> std::string errorText(const R& result) {
  return result.ok() ? "" : result.error().message();
}

} // namespace loom::test
