// SPDX-License-Identifier: Apache-2.0
// What the columns of a table hold: numbers, categories or text; inferred from all cells, unless a person
// said otherwise.
#pragma once
#include "core/data/csv_text.h"
#include "core/data/table_options.h"

namespace loom {

struct Column {
  std::string name;
  ColumnType type = ColumnType::number;
  bool chosen = false;    // the type was given by a person
  bool numeric = false;   // every cell that is not missing is a number
  bool whole = false;     // … and a whole one
  bool ascending = false; // … and larger than the one before
  // The first cell that says inf, where every other one is a number: no category, and no text.
  std::optional<std::pair<const CsvTable*, std::size_t>> infinite;
  std::int64_t rows = 0, missing = 0;
  std::int64_t distinct = 0; // counted up to maxDistinct
  double minimum = 0, maximum = 0, mean = 0;
  // Distinct ones in order (numbers by value, texts by bytes); empty beyond maxDistinct.
  std::vector<std::pair<std::string, std::int64_t>> values;
};
inline constexpr std::int64_t maxDistinct = 10'000;
inline constexpr std::int64_t maxCategories = 1'000;

// One column over one or two tables (training and test file) with the same columns. `type`: chosen by a
// person.
Column examineColumn(const std::vector<const CsvTable*>& tables, std::size_t column,
                     std::optional<ColumnType> type);

// An Error that names the cell where a column of numbers contains an infinite one.
Status refuseInfinite(const Column& column, std::size_t index);
// Why nothing can be learned from a column: "'t' is empty", "'t' has one value only, 'a'"; empty when
// something can.
Message uselessBecause(const CsvTable& table, const Column& column, std::size_t index);

// Label of a cell for classification: numbers in their shortest form, so that "1" and "1.0" are one class.
std::string categoryText(std::string_view cell, bool numeric);

// The index of a column; an Error with the cause `missing` names those there are, the closest name first.
Result<std::size_t> findColumn(const CsvTable& table, const std::string& name, Message missing);
// The names, those nearest to `name` first, at most 12.
std::string namesByLikeness(std::vector<std::string> names, const std::string& name);

// How many cells of a column have no value, and what these count as.
Message missingValues(std::int64_t count, const std::string& column, ColumnType type,
                      std::string_view normalisation);

} // namespace loom
