// SPDX-License-Identifier: Apache-2.0
#include "core/data/csv_inspect.h"
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
    if (found) report.reasons.push_back(say("Target '{}': as asked for.", wanted));
    return found;
  }
  for (std::size_t c = columns.size(); c-- > 0;) {
    const Column& column = columns[c];
    if (column.type == ColumnType::text || column.distinct < 2 || isRunningNumber(column)) continue;
    report.reasons.push_back(c + 1 == columns.size()
                                 ? say("Target '{}': the last column.", column.name)
                                 : say("Target '{}': the last column of classes or numbers.", column.name));
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
  const Count distinct{std::min(target.distinct, maxDistinct)};
  if (!classes)
    report.reasons.push_back(
        target.distinct > maxDistinct
            ? say("Task regression: '{}' contains more than {} different numbers.", target.name, distinct)
            : say("Task regression: '{}' contains {} different numbers.", target.name, distinct));
  else
    report.reasons.push_back(target.numeric
                                 ? say("Task classification: '{}' contains {} different whole numbers.",
                                       target.name, Count{target.distinct})
                                 : say("Task classification: '{}' contains {} different values.", target.name,
                                       Count{target.distinct}));
}

// At most a dozen names, then how many more there are.
void addFeatures(DataReport& report, std::vector<std::string> names, bool categories) {
  constexpr std::size_t most = 12;
  if (names.empty()) return;
  const Count more{std::ssize(names) - static_cast<std::int64_t>(most)};
  names.resize(std::min(most, names.size()));
  if (categories)
    report.reasons.push_back(
        more.value > 0 ? say("Categories, each value a column of 0 and 1: {}, and {} more.", names, more)
                       : say("Categories, each value a column of 0 and 1: {}.", names));
  else
    report.reasons.push_back(more.value > 0 ? say("Numbers: {}, and {} more.", names, more)
                                            : say("Numbers: {}.", names));
}

// Why a column is left out; empty where it is used.
Message leftOutBecause(const Column& column) {
  if (isRunningNumber(column)) return say("Column '{}' is left out: it only counts the rows.", column.name);
  if (column.missing == column.rows) return say("Column '{}' is left out: it is empty.", column.name);
  if (column.type == ColumnType::text)
    return say("Column '{}' is left out: it is text, another one in most rows.", column.name);
  if (column.distinct < 2) return say("Column '{}' is left out: it has one value only.", column.name);
  return {};
}

Message separation(const CsvTable& table) {
  if (table.delimiter == '\t') return say("Format CSV, separated by tabs.");
  if (table.delimiter == ';') return say("Format CSV, separated by semicolons.");
  return say("Format CSV, separated by commas.");
}

void chooseColumns(const std::vector<Column>& columns, std::size_t target, DataReport& report) {
  std::vector<std::string> numbers, categories, leftOut;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c == target) continue;
    const Column& column = columns[c];
    if (Message reason = leftOutBecause(column); !reason.empty()) {
      leftOut.push_back(column.name);
      report.reasons.push_back(std::move(reason));
      continue;
    }
    if (column.missing > 0)
      report.warnings.push_back(
          missingValues(column.missing, column.name, column.type, report.proposed.normalisation));
    (column.type == ColumnType::number ? numbers : categories).push_back(column.name);
  }
  TableOptions options;
  options.target = columns[target].name;
  options.leftOut = std::move(leftOut);
  setTableOptions(report.proposed, options);
  addFeatures(report, std::move(numbers), false);
  addFeatures(report, std::move(categories), true);
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
  report.reasons.push_back(separation(*table));
  report.reasons.push_back(table->header ? say("The first line names the columns.")
                                         : say("The first line is data, so columns are numbered."));
  if (table->decimalComma)
    report.reasons.push_back(say("Numbers are written with a comma (3,5) and read as 3.5."));
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
      say("Normalisation: each feature to mean 0 and deviation 1, fitted on the training part."));
  if (columns[*chosen].missing > 0)
    report.warnings.push_back(sayCount("{} row without a target is skipped.",
                                       "{} rows without a target are skipped.",
                                       Count{columns[*chosen].missing}));
  return report;
}

} // namespace loom
