// SPDX-License-Identifier: Apache-2.0
// A table as a data set: numbers stay numbers, a category becomes one column of 0 and 1 for each of its
// values, text is left out, the target becomes labels or numbers.
#include "core/base/format.h"
#include "core/base/size.h"
#include "core/data/csv_columns.h"
#include "core/data/csv_inspect.h"
#include "core/data/formats.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace loom {

namespace fs = std::filesystem;

namespace {

constexpr float missingValue = std::numeric_limits<float>::quiet_NaN();

Result<std::vector<SourceFile>> csvFiles(const DatasetSpec& spec, const fs::path& project) {
  if (spec.path("file").empty())
    return inputError(project, say("The table data set names no file"), say("Give the path of a CSV file"));
  std::vector<SourceFile> files{{"table", resolvePath(project, spec.path("file"))}};
  if (const fs::path test = spec.path("test_file"); !test.empty())
    files.push_back({"test table", resolvePath(project, test)});
  return files;
}

// What of the spec decides how a table is read.
struct TableSpec : TableOptions {
  Task task;
  std::string normalisation;
};

using Tables = std::vector<const CsvTable*>;

Result<std::vector<CsvTable>> readTables(const std::vector<SourceFile>& files, std::string& contentHash) {
  std::vector<CsvTable> tables;
  ContentHash hash;
  for (const SourceFile& file : files) {
    auto text = readSource(file.path, maxCsvBytes, say("Give the path of a CSV table"));
    if (!text) return text.error();
    addSource(hash, file.role, *text);
    auto table = parseCsv(std::move(*text), file.path,
                          tables.empty() ? std::nullopt : std::optional(tables[0].header));
    if (!table) return table.error();
    if (table->rows == 0)
      return inputError(file.path, say("The table has a header and no rows"),
                        say("Add the data below the header"));
    if (!tables.empty() && table->names != tables[0].names)
      return inputError(file.path, say("Its columns are not those of {}", files[0].path.filename().string()),
                        say("Give a test table with the same columns in the same order"));
    tables.push_back(std::move(*table));
  }
  contentHash = hash.hex();
  return tables;
}

std::optional<ColumnType> chosenType(const TableSpec& spec, const std::string& name) {
  for (const auto& [column, type] : spec.columnTypes)
    if (column == name) return type;
  return std::nullopt;
}

Error notANumber(const CsvTable& table, std::size_t row, std::size_t column) {
  return {ErrorKind::input, table.place(row),
          say("{} in column '{}' is not a number", inQuotes(table.cell(row, column)), table.names[column]),
          say("Correct the cell, or take the column as a category")};
}

// NaN where missing; an Error where the cell is no number or none that 32 bits hold.
Result<float> numberCell(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::string_view cell = table.cell(row, column);
  if (isMissing(cell)) return missingValue;
  const auto value = parseNumber(cell);
  if (!value) return notANumber(table, row, column);
  const float small = static_cast<float>(*value);
  if (!std::isfinite(small))
    return Error{
        ErrorKind::input, table.place(row),
        say("{} in column '{}' is too large for a 32-bit number", inQuotes(cell), table.names[column]),
        say("Correct the cell, or leave the column out")};
  return small;
}

// Where one column of the table goes among the features.
struct Placement {
  std::size_t column = 0;
  std::int64_t first = 0, width = 1;
  bool category = false, numeric = false;
  std::unordered_map<std::string, std::int64_t> index; // of a category's values
};

// Of each column but the target, for people who wonder.
Error nothingToLearnFrom(const TableSpec& spec, const Tables& tables, std::size_t target) {
  const CsvTable& table = *tables[0];
  const std::string name = "'" + table.names[target] + "'";
  if (table.columns == 1)
    return inputError(
        table.file,
        say("Its only column, {}, is the target, and there is no column to predict it from", name),
        say("Add a column of numbers or categories from which {} can be learned", name));
  constexpr std::size_t most = 6;
  std::vector<Message> reasons;
  std::size_t count = 0;
  for (std::size_t c = 0; c < table.columns; ++c) {
    if (c == target || ++count > most) continue;
    const Column column = examineColumn(tables, c, chosenType(spec, table.names[c]));
    const Message reason = uselessBecause(table, column, c);
    reasons.push_back(reason.empty() ? say("'{}' is left out.", column.name) : reason);
  }
  if (count > most) reasons.push_back(say("And {} more.", count - most));
  return inputError(table.file, say("Nothing is left to learn {} from: {}", name, reasons),
                    say("Use at least one column of numbers or categories that has several values"));
}

Result<std::vector<Placement>> placeFeatures(const TableSpec& spec, const Tables& tables, std::size_t target,
                                             Dataset& data) {
  std::vector<Placement> placements;
  const CsvTable& table = *tables[0];
  for (std::size_t c = 0; c < table.columns; ++c) {
    const std::string& name = table.names[c];
    if (c == target || std::find(spec.leftOut.begin(), spec.leftOut.end(), name) != spec.leftOut.end())
      continue;
    const Column column = examineColumn(tables, c, chosenType(spec, name));
    if (Status status = refuseInfinite(column, c); !status) return status.error();
    if (column.missing == column.rows) {
      data.notes.push_back(say("Column '{}' is empty and left out.", name));
      continue;
    }
    if (column.type == ColumnType::text) {
      data.notes.push_back(say("Column '{}' is text and left out.", name));
      continue;
    }
    if (column.missing > 0)
      data.notes.push_back(missingValues(column.missing, name, column.type, spec.normalisation));
    Placement placement;
    placement.column = c;
    placement.first = static_cast<std::int64_t>(data.featureNames.size());
    placement.category = column.type == ColumnType::category;
    placement.numeric = column.numeric;
    if (!placement.category) {
      data.featureNames.push_back(name);
    } else {
      if (column.distinct > maxCategories)
        return inputError(table.file,
                          say("Column '{}' has {} different values; a category may have {}", name,
                              Count{column.distinct}, Count{maxCategories}),
                          say("Leave the column out"));
      for (const auto& [value, count] : column.values) {
        placement.index.emplace(value, static_cast<std::int64_t>(placement.index.size()));
        data.featureNames.push_back(name + "=" + value);
      }
      placement.width = static_cast<std::int64_t>(placement.index.size());
    }
    placements.push_back(std::move(placement));
  }
  if (placements.empty()) return nothingToLearnFrom(spec, tables, target);
  return placements;
}

Status fillRow(const CsvTable& table, std::size_t row, const std::vector<Placement>& placements, float* out) {
  for (const Placement& placement : placements) {
    const std::string_view cell = table.cell(row, placement.column);
    if (!placement.category) {
      auto value = numberCell(table, row, placement.column);
      if (!value) return value.error();
      out[placement.first] = *value;
      continue;
    }
    const bool missing = isMissing(cell);
    std::fill_n(out + placement.first, placement.width, missing ? missingValue : 0.0f);
    if (!missing) out[placement.first + placement.index.at(categoryText(cell, placement.numeric))] = 1.0f;
  }
  return {};
}

Status readClasses(const TableSpec& spec, const Tables& tables, std::size_t target, Dataset& data) {
  const CsvTable& table = *tables[0];
  const Column column = examineColumn(tables, target, chosenType(spec, spec.target));
  const std::string name = "'" + spec.target + "'";
  if (Status status = refuseInfinite(column, target); !status) return status;
  if (column.type == ColumnType::text || column.distinct > maxCategories) {
    const Count distinct{std::min(column.distinct, maxDistinct)}, rows{column.rows};
    return inputError(
        table.file,
        column.distinct > maxDistinct
            ? say("The target {} has over {} different values in {} rows: these are not classes", name,
                  distinct, rows)
            : say("The target {} has {} different values in {} rows: these are not classes", name, distinct,
                  rows),
        column.numeric ? say("Choose the task regression, or another target column")
                       : say("Choose another target column"));
  }
  if (column.distinct < 2)
    return inputError(table.file,
                      column.values.empty()
                          ? say("The target {} is empty", name)
                          : say("The target {} has one value only, {}. Classification needs at least two",
                                name, inQuotes(column.values[0].first)),
                      say("Choose another target column, or add rows of another class"));
  std::unordered_map<std::string, std::int32_t> index;
  for (const auto& [value, count] : column.values) {
    index.emplace(value, static_cast<std::int32_t>(data.classes.size()));
    data.classes.push_back(value);
  }
  for (const CsvTable* part : tables)
    for (std::size_t r = 0; r < part->rows; ++r) {
      const std::string_view cell = part->cell(r, target);
      if (!isMissing(cell)) data.labels.push_back(index.at(categoryText(cell, column.numeric)));
    }
  return {};
}

Status readTargets(const TableSpec& spec, const Tables& tables, std::size_t target, Dataset& data) {
  data.targetNames = {spec.target};
  for (const CsvTable* part : tables)
    for (std::size_t r = 0; r < part->rows; ++r) {
      auto value = numberCell(*part, r, target);
      if (!value) {
        Error error = value.error();
        error.fix = say("Correct the cell, or choose the task classification or another target column");
        return error;
      }
      if (!std::isnan(*value)) data.targets.push_back(*value);
    }
  return {};
}

Status shapeSamples(const TableSpec& spec, const fs::path& file, Dataset& data) {
  const auto features = static_cast<std::int64_t>(data.featureNames.size());
  data.sampleShape = {features};
  if (spec.reshape.empty()) return {};
  if (elementCount(spec.reshape) != features)
    return inputError(
        file,
        say("Its {} features cannot be taken as an image of {}", Count{features}, formatShape(spec.reshape)),
        say("Change the image size, or use the features as a row"));
  data.sampleShape = spec.reshape;
  return {};
}

Result<Dataset> loadCsv(const DatasetSpec& given, const fs::path& project) {
  auto files = csvFiles(given, project);
  if (!files) return files.error();
  const TableSpec spec{tableOptions(given), given.task, given.normalisation};
  Dataset data;
  auto read = readTables(*files, data.contentHash);
  if (!read) return read.error();
  Tables tables;
  for (const CsvTable& table : *read) tables.push_back(&table);
  const CsvTable& table = *tables[0];
  auto target = findColumn(table, spec.target, say("There is no column '{}' for the target", spec.target));
  if (!target) return target.error();
  for (const std::string& name : spec.leftOut)
    if (auto found = findColumn(table, name, say("There is no column '{}' to leave out", name)); !found)
      return found.error();
  for (const auto& [name, type] : spec.columnTypes)
    if (auto found = findColumn(table, name, say("There is no column '{}' for the chosen type", name));
        !found)
      return found.error();

  auto placements = placeFeatures(spec, tables, *target, data);
  if (!placements) return placements.error();
  if (Status status = shapeSamples(spec, table.file, data); !status) return status.error();
  std::int64_t rows = 0;
  for (const CsvTable* part : tables) rows += static_cast<std::int64_t>(part->rows);
  const auto features = static_cast<std::int64_t>(data.featureNames.size());
  const auto bytes = checkedMultiply(rows, features * static_cast<std::int64_t>(sizeof(float)));
  if (Status status = checkMemory(bytes.value_or(std::numeric_limits<std::int64_t>::max()), table.file);
      !status)
    return status.error();
  data.values.reserve(static_cast<std::size_t>(rows * features));

  std::int64_t unknown = 0;
  for (const CsvTable* part : tables) {
    std::int64_t taken = 0;
    for (std::size_t r = 0; r < part->rows; ++r) {
      if (isMissing(part->cell(r, *target))) {
        ++unknown;
        continue;
      }
      data.values.resize(data.values.size() + static_cast<std::size_t>(features));
      if (Status status = fillRow(*part, r, *placements, data.values.data() + data.values.size() - features);
          !status)
        return status.error();
      ++taken;
    }
    if (taken == 0)
      return inputError(part->file,
                        trimmed(part->cell(0, *target)).empty()
                            ? say("The target '{}' is empty in every row", spec.target)
                            : say("The target '{}' is empty in every row: {} in line {} is not a value",
                                  spec.target, inQuotes(part->cell(0, *target)), part->lines[0]),
                        say("Choose another target column"));
    data.samples += taken;
    if (part != tables[0]) data.fixedTest = taken;
  }
  if (unknown > 0)
    data.notes.push_back(sayCount("{} row without a value in the target '{}' is left out.",
                                  "{} rows without a value in the target '{}' are left out.", Count{unknown},
                                  spec.target));
  const Status status = spec.task == Task::classification ? readClasses(spec, tables, *target, data)
                                                          : readTargets(spec, tables, *target, data);
  if (!status) return status.error();
  return data;
}

bool recognisesCsv(const fs::path& file) {
  std::error_code code;
  return fs::is_regular_file(file, code); // the last that is asked: any text may be a table
}

} // namespace

FormatReader csvFormat() {
  FormatReader reader;
  reader.row = {"csv",
                "Table (CSV)",
                {".csv", ".tsv", ".txt"},
                {{"file", "Table"}, {"test_file", "Test table"}},
                tableFields(),
                true};
  reader.load = loadCsv;
  reader.recognises = recognisesCsv;
  reader.inspect = inspectCsv;
  reader.predictionInput = rowsForPrediction;
  return reader;
}

} // namespace loom
