// SPDX-License-Identifier: Apache-2.0
// A CSV file cut into cells (RFC 4180: quotes, doubled quotes, line ends within quotes, LF, CRLF or CR; a
// byte order mark is skipped). Delimiter (, ; or tab) and header are detected. Every row has as many
// fields as the first one.
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

struct CsvTable {
  std::filesystem::path file;
  std::string text; // cells point into it; quotes are already taken away
  struct Cell {
    std::uint32_t offset = 0, length = 0;
  };
  std::vector<Cell> cells;          // rows × columns, without the header
  std::vector<std::uint32_t> lines; // line of the file on which each row begins, from 1
  std::vector<std::string> names; // of the columns: unique, never empty ("column_1" where there is no header)
  std::size_t rows = 0, columns = 0;
  char delimiter = ',';
  bool header = false;
  bool decimalComma = false; // numbers were written as 3,5 and read as 3.5

  std::string_view cell(std::size_t row, std::size_t column) const {
    const Cell& place = cells[row * columns + column];
    return std::string_view(text).substr(place.offset, place.length);
  }
  std::string place(std::size_t row) const; // "table.csv, line 17"
};

// At most 4 GiB of text and 100,000 columns. `header` empty: detected. Kind input, with file and line.
Result<CsvTable> parseCsv(std::string text, const std::filesystem::path& file,
                          std::optional<bool> header = std::nullopt);

inline constexpr std::size_t maxCsvBytes = 0xFFFFFFF0u;
inline constexpr std::size_t maxCsvColumns = 100'000;

std::string_view trimmed(std::string_view text);
bool isMissing(std::string_view cell); // "", NA, NaN, null, ? (in any case, with spaces around)
// The whole cell; ±Inf where it does not fit a double.
std::optional<double> parseNumber(std::string_view cell);

} // namespace loom
