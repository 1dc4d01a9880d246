// SPDX-License-Identifier: Apache-2.0
#include "core/data/csv_inspect.h"
#include "core/base/format.h"
#include "core/data/csv_columns.h"
#include "core/data/formats.h"
#include <algorithm>

namespace loom {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mostWholeClasses = 30;

ColumnReport reportOf(const Column& column) {
  ColumnReport report{column.name,    column.type,    column.missing, column.distinct,
                      column.minimum, column.maximum, column.mean,    {}};
  auto values = column.values;
  std::stable_sort(values.begin(), values.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  values.resize(std::min<std::size_t>(values.size(), 5));
  report.mostCommon = std::move(values);
  return report;
}

// A running number tells a sample's place in the file and nothing else.
bool isRunningNumber(const Column& column) {
  std::string name = column.name;
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const bool named = name == "id" || name == "index" || name == "no" || name == "nr" || name == "row" ||
                     name.starts_with("unnamed") || name == "column_1";
  return named && column.whole && column.ascending && column.missing == 0 && column.rows > 2;
}

// Few whole numbers that come again and again are classes; other numbers are quantities.
bool looksLikeClasses(const Column& column) {
  if (!column.numeric) return true;
  const std::int64_t present = column.rows - column.missing;
  return column.whole && column.distinct <= mostWholeClasses && column.distinct * 5 <= present;
}

Result<std::size_t> chooseTarget(const CsvTable& table, const std::vector<Column>& columns,
                                 const std::string& wanted, DataReport& report) {
  if (!wanted.empty()) {
    auto found = findColumn(table, wanted, say("There is no column '{}' for the target", wanted));
    if (found) report.reasons.push_back("Target '" + wanted + "': as asked for.");
    return found;
  }
  for (std::size_t c = columns.size(); c-- > 0;) {
    const Column& column = columns[c];
    if (column.type == ColumnType::text || column.distinct < 2 || isRunningNumber(column)) continue;
    report.reasons.push_back("Target '" + column.name + "': the last column that " +
                             std::string(c + 1 == columns.size() ? "there is." : "can be told or counted."));
    return c;
  }
  if (columns.size() == 1)
    return inputError(table.file,
                      say("Its only column cannot be a target: {}", uselessBecause(table, columns[0], 0)),
                      say("Give a table with a column to predict and one or more to predict it from"));
  return inputError(table.file, say("No column can be a target: all are text, empty or have one value only"),
                    say("Give a table with a column of classes or numbers"));
}

void chooseTask(const Column& target, DataReport& report) {
  const bool classes = looksLikeClasses(target);
  report.proposed.task = classes ? Task::classification : Task::regression;
  if (!classes)
    report.reasons.push_back("Task regression: '" + target.name + "' holds numbers, " +
                             (target.distinct > maxDistinct ? "more than " : "") +
                             formatCount(std::min(target.distinct, maxDistinct)) + " different ones.");
  else
    report.reasons.push_back("Task classification: '" + target.name + "' has " +
                             formatCount(target.distinct) + " different " +
                             (target.numeric ? "whole numbers." : "values."));
}

// At most a dozen names, then how many more there are.
std::string firstNames(const std::vector<std::string>& names) {
  constexpr std::size_t most = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most)
    text += ", and " + formatCount(static_cast<std::int64_t>(names.size() - most)) + " more";
  return text;
}

void chooseColumns(const std::vector<Column>& columns, std::size_t target, DataReport& report) {
  std::vector<std::string> numbers, categories, leftOut;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c == target) continue;
    const Column& column = columns[c];
    if (isRunningNumber(column) || column.missing == column.rows || column.type == ColumnType::text ||
        column.distinct < 2) {
      const char* why = isRunningNumber(column)           ? "it only counts the rows"
                        : column.missing == column.rows   ? "it is empty"
                        : column.type == ColumnType::text ? "it is text, another one in most rows"
                                                          : "it has one value only";
      leftOut.push_back(column.name);
      report.reasons.push_back("Column '" + column.name + "' is left out: " + why + ".");
      continue;
    }
    if (column.missing > 0)
      report.warnings.push_back(formatCount(column.missing) + " of " + formatCount(column.rows) +
                                " values are missing in '" + column.name + "'; they " +
                                std::string(missingCountsAs(column.type, report.proposed.normalisation)) +
                                ".");
    (column.type == ColumnType::number ? numbers : categories).push_back(column.name);
  }
  TableOptions options;
  options.target = columns[target].name;
  options.leftOut = std::move(leftOut);
  setTableOptions(report.proposed, options);
  if (!numbers.empty()) report.reasons.push_back("Numbers: " + firstNames(numbers) + ".");
  if (!categories.empty())
    report.reasons.push_back("Categories, each value a column of 0 and 1: " + firstNames(categories) + ".");
}

} // namespace

Result<DataReport> inspectCsv(const fs::path& file, const std::string& target) {
  auto text = readSource(file, maxCsvBytes, say("Give the path of a CSV table"));
  if (!text) return text.error();
  auto table = parseCsv(std::move(*text), file);
  if (!table) return table.error();
  if (table->rows == 0)
    return inputError(file, say("The table has a header and no rows"), say("Add the data below the header"));

  DataReport report;
  report.proposed.format = "csv";
  report.proposed.name = file.stem().string();
  report.proposed.setPath("file", file);
  const char* delimiter = table->delimiter == '\t'  ? "tabs"
                          : table->delimiter == ';' ? "semicolons"
                                                    : "commas";
  report.reasons.push_back(std::string("Format CSV, separated by ") + delimiter + "; the first line " +
                           (table->header ? "names the columns." : "is data, so columns are numbered."));
  if (table->decimalComma)
    report.reasons.push_back("Numbers are written with a comma (3,5) and read as 3.5.");
  std::vector<Column> columns;
  for (std::size_t c = 0; c < table->columns; ++c)
    columns.push_back(examineColumn({&*table}, c, std::nullopt));
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (Status status = refuseInfinite(columns[c], c); !status) return status.error();
  auto chosen = chooseTarget(*table, columns, target, report);
  if (!chosen) return chosen.error();
  chooseTask(columns[*chosen], report);
  chooseColumns(columns, *chosen, report);
  for (const Column& column : columns) report.columns.push_back(reportOf(column));

  auto data = load(report.proposed, {});
  if (!data) return data.error();
  report.samples = data->samples;
  report.sampleShape = data->sampleShape;
  countClasses(report, *data);
  proposeSplit(report, data->samples, 0);
  report.reasons.push_back(
      "Normalisation: each feature to mean 0 and deviation 1, fitted on the training part.");
  if (columns[*chosen].missing > 0)
    report.warnings.push_back(formatCount(columns[*chosen].missing) +
                              " rows without a target are passed over.");
  return report;
}

} // namespace loom
