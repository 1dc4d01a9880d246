// SPDX-License-Identifier: Apache-2.0
// The options of a table as typed values: for those who read or change them. They are stored in
// DatasetSpec::options.
#pragma once
#include "core/data/dataset.h"

namespace loom {

struct TableOptions {
  std::string target;                            // the column to predict
  std::vector<std::string> leftOut;              // columns not used
  std::map<std::string, ColumnType> columnTypes; // what a person changed; others are inferred
  // {channels, height, width}: the features are an image; empty: a row.
  std::vector<std::int64_t> reshape;
};
TableOptions tableOptions(const DatasetSpec& spec);
void setTableOptions(DatasetSpec& spec, const TableOptions& options);
std::vector<Field> tableFields(); // as a format's row declares them

std::string_view toText(ColumnType type); // "number", "category", "text"

} // namespace loom
