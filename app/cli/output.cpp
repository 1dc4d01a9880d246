// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include <cstdio>
#include <iostream>
#include <unistd.h>

namespace loom {

int report(const Error& error) {
  std::cerr << "loom: " << error.message() << "\n";
  return static_cast<int>(error.kind);
}

void printJson(const Json& json) { std::cout << compactJson(json) << std::endl; }

bool isTerminal(int descriptor) { return ::isatty(descriptor) == 1; }

// Letters, not bytes: a UTF-8 continuation byte takes no place.
static std::size_t width(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

void printTable(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size());
  for (const auto& row : rows)
    for (std::size_t column = 0; column < row.size() && column < widths.size(); ++column)
      widths[column] = std::max(widths[column], width(row[column]));
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string space(widths[column] - width(row[column]), ' ');
      line += right[column] ? space + row[column] : row[column] + space;
      if (column + 1 < row.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << "\n";
  }
}

} // namespace loom
