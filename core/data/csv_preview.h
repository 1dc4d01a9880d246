// SPDX-License-Identifier: Apache-2.0
// A table as a person looks at it before and after it became a data set: its first rows as they stand in the
// file, and each column's distribution.
#pragma once
#include "core/data/dataset.h"

namespace loom {

struct TablePreview {
  std::vector<std::vector<std::string>> rows; // the first ones; a missing cell is empty
  std::int64_t total = 0;                     // rows of the file
  std::vector<ColumnReport> columns;
  // Counts a column: of its values in order where there are at most a dozen, else of ten equal ranges from
  // minimum to maximum; empty for text.
  std::vector<std::vector<std::int64_t>> bars;
  std::string separator; // "comma", "semicolon", "tab"
  bool header = false;
};

// Reads the table of a spec whose format is a table, with the types that a person chose. Kind input, with
// file and line.
Result<TablePreview> previewTable(const DatasetSpec& spec, const std::filesystem::path& project,
                                  std::size_t rows);

} // namespace loom
