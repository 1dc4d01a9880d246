// SPDX-License-Identifier: Apache-2.0
#include "core/data/csv_preview.h"
#include "core/data/csv_columns.h"
#include "core/data/source_file.h"
#include <algorithm>

namespace loom {
namespace {

constexpr std::size_t mostValues = 12, ranges = 10;

std::vector<std::int64_t> barsOf(const CsvTable& table, std::size_t index, const Column& column) {
  std::vector<std::int64_t> bars;
  if (!column.values.empty() && column.values.size() <= mostValues) {
    for (const auto& [value, count] : column.values) bars.push_back(count);
    return bars;
  }
  if (!column.numeric || !(column.maximum > column.minimum)) return bars;
  bars.resize(ranges);
  const double width = (column.maximum - column.minimum) / static_cast<double>(ranges);
  for (std::size_t row = 0; row < table.rows; ++row)
    if (const auto value = parseNumber(table.cell(row, index))) {
      const double at = (*value - column.minimum) / width;
      if (at >= 0) ++bars[std::min(ranges - 1, static_cast<std::size_t>(at))];
    }
  return bars;
}

} // namespace

Result<TablePreview> previewTable(const DatasetSpec& spec, const std::filesystem::path& project,
                                  std::size_t rows) {
  const auto file = resolvePath(project, spec.path("file"));
  auto text = readSource(file, maxCsvBytes, say("Give the path of a CSV table"));
  if (!text) return text.error();
  auto table = parseCsv(std::move(*text), file);
  if (!table) return table.error();
  const TableOptions options = tableOptions(spec);
  TablePreview preview;
  preview.total = static_cast<std::int64_t>(table->rows);
  preview.separator = table->delimiter == '\t' ? "tab" : table->delimiter == ';' ? "semicolon" : "comma";
  preview.header = table->header;
  for (std::size_t row = 0; row < std::min(rows, table->rows); ++row) {
    auto& cells = preview.rows.emplace_back();
    for (std::size_t column = 0; column < table->columns; ++column) {
      const auto cell = trimmed(table->cell(row, column));
      cells.emplace_back(isMissing(cell) ? std::string_view() : cell);
    }
  }
  for (std::size_t index = 0; index < table->columns; ++index) {
    std::optional<ColumnType> type;
    if (const auto chosen = options.columnTypes.find(table->names[index]);
        chosen != options.columnTypes.end())
      type = chosen->second;
    const Column column = examineColumn({&*table}, index, type);
    preview.columns.push_back({column.name,
                               column.type,
                               column.missing,
                               column.distinct,
                               column.minimum,
                               column.maximum,
                               column.mean,
                               {}});
    preview.bars.push_back(barsOf(*table, index, column));
  }
  return preview;
}

} // namespace loom
