// SPDX-License-Identifier: Apache-2.0
#include "core/data/csv_columns.h"
#include "core/data/source_file.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace loom {

// gather() gives 0 for what is missing: the mean where columns were brought to mean 0, else a plain 0.
Message missingValues(std::int64_t count, const std::string& column, ColumnType type,
                      std::string_view normalisation) {
  const Count missing{count};
  const bool plain = normalisation == "none";
  if (type == ColumnType::category && plain)
    return sayCount("{} missing value in '{}' counts as none of its categories.",
                    "{} missing values in '{}' count as none of its categories.", missing, column);
  if (type == ColumnType::category)
    return sayCount("{} missing value in '{}' counts as each of its categories by its share.",
                    "{} missing values in '{}' count as each of its categories by its share.", missing,
                    column);
  if (plain)
    return sayCount("{} missing value in '{}' counts as 0.", "{} missing values in '{}' count as 0.", missing,
                    column);
  return sayCount("{} missing value in '{}' counts as the column's mean.",
                  "{} missing values in '{}' count as the column's mean.", missing, column);
}

std::string categoryText(std::string_view cell, bool numeric) {
  cell = trimmed(cell);
  const auto number = numeric ? parseNumber(cell) : std::nullopt;
  if (!number) return std::string(cell);
  char buffer[40];
  const double value = *number == 0 ? 0.0 : *number; // -0 is 0
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return code == std::errc() ? std::string(buffer, end) : std::string(cell);
}

namespace {

struct Numbers {
  bool all = true, whole = true, ascending = true;
  double minimum = INFINITY, maximum = -INFINITY, sum = 0;
  std::int64_t count = 0;

  void take(std::string_view cell) {
    const auto value = all ? parseNumber(cell) : std::nullopt;
    if (!value) {
      all = false;
      return;
    }
    if (*value != std::floor(*value)) whole = false;
    if (count > 0 && *value <= last_) ascending = false;
    last_ = *value;
    minimum = std::min(minimum, *value);
    maximum = std::max(maximum, *value);
    sum += *value;
    ++count;
  }

 private:
  double last_ = 0;
};

// from_chars would take these; parseNumber does not.
bool saysInfinite(std::string_view cell) {
  cell = trimmed(cell);
  if (!cell.empty() && (cell.front() == '-' || cell.front() == '+')) cell.remove_prefix(1);
  std::string word(cell.substr(0, 9));
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word == "inf" || word == "infinity";
}

// Few different words, coming again: a category. Nearly every row another one: text.
bool isCategory(std::int64_t distinct, std::int64_t present) {
  if (distinct > maxCategories) return false;
  return distinct * 2 <= present || (distinct <= 12 && distinct < present);
}

void sortValues(Column& column) {
  auto& values = column.values;
  if (column.numeric)
    std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
      return parseNumber(a.first).value_or(0) < parseNumber(b.first).value_or(0);
    });
  else
    std::sort(values.begin(), values.end());
}

} // namespace

Column examineColumn(const std::vector<const CsvTable*>& tables, std::size_t column,
                     std::optional<ColumnType> type) {
  Column result;
  result.name = tables.front()->names[column];
  Numbers numbers;
  bool words = false; // that are no infinite numbers
  for (const CsvTable* table : tables)
    for (std::size_t r = 0; r < table->rows; ++r) {
      ++result.rows;
      const std::string_view cell = table->cell(r, column);
      if (isMissing(cell)) {
        ++result.missing;
        continue;
      }
      numbers.take(cell);
      if (numbers.all || words) continue;
      if (!saysInfinite(cell))
        words = !parseNumber(cell);
      else if (!result.infinite)
        result.infinite.emplace(table, r);
    }
  if (words) result.infinite.reset();
  const std::int64_t present = result.rows - result.missing;
  result.numeric = numbers.all && present > 0;
  result.whole = result.numeric && numbers.whole;
  result.ascending = result.numeric && numbers.ascending;
  if (result.numeric) {
    result.minimum = numbers.minimum;
    result.maximum = numbers.maximum;
    result.mean = numbers.sum / static_cast<double>(numbers.count);
  }

  std::unordered_map<std::string_view, std::int64_t> cells;
  for (const CsvTable* table : tables)
    for (std::size_t r = 0; r < table->rows && static_cast<std::int64_t>(cells.size()) <= maxDistinct; ++r) {
      const std::string_view cell = trimmed(table->cell(r, column));
      if (!isMissing(cell)) ++cells[cell];
    }
  result.distinct = static_cast<std::int64_t>(cells.size());
  if (result.distinct <= maxDistinct) {
    std::map<std::string, std::int64_t> merged;
    for (const auto& [cell, count] : cells) merged[categoryText(cell, result.numeric)] += count;
    result.values.assign(merged.begin(), merged.end());
    result.distinct = static_cast<std::int64_t>(result.values.size());
    sortValues(result);
  }
  result.chosen = type.has_value();
  if (type)
    result.type = *type;
  else if (result.numeric || present == 0)
    result.type = ColumnType::number;
  else
    result.type = isCategory(result.distinct, present) ? ColumnType::category : ColumnType::text;
  return result;
}

Status refuseInfinite(const Column& column, std::size_t index) {
  if (!column.infinite || (column.chosen && column.type != ColumnType::number)) return {};
  const auto& [table, row] = *column.infinite;
  return Error{
      ErrorKind::input, table->place(row),
      say("{} in column '{}' is not a finite number", inQuotes(table->cell(row, index)), column.name),
      say("Correct the cell, or leave the column out")};
}

Message uselessBecause(const CsvTable& table, const Column& column, std::size_t index) {
  const std::string& name = column.name;
  if (column.missing == column.rows) {
    const auto word = trimmed(table.cell(0, index));
    if (word.empty()) return say("'{}' is empty.", name);
    return say("'{}' has no value ({} in line {} and no number or word below).", name, inQuotes(word),
               table.lines[0]);
  }
  if (column.distinct < 2)
    return say("'{}' has one value only, {}.", name,
               inQuotes(column.values.empty() ? std::string() : column.values[0].first));
  if (column.type == ColumnType::text) return say("'{}' is text, another one in most rows.", name);
  return {};
}

static std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

static std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string namesByLikeness(std::vector<std::string> names, const std::string& name) {
  static constexpr std::size_t most = 12, longest = 64, compared = 10'000;
  const auto lower = [](const std::string& text) { return lowered(text.substr(0, longest)); };
  const std::string wanted = lower(name);
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < names.size(); ++i)
    order.emplace_back(i < compared ? editDistance(wanted, lower(names[i])) : longest * 2, i);
  std::sort(order.begin(), order.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i)
    text += (i ? ", " : "") + names[order[i].second];
  if (names.size() > most) text += ", and " + std::to_string(names.size() - most) + " more";
  return text;
}

// The name that differs by so few letters that it was probably meant; empty when none does.
static std::string likely(const std::vector<std::string>& names, const std::string& name) {
  static constexpr std::size_t longest = 64;
  if (name.empty() || name.size() > longest) return {};
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string best;
  for (const auto& one : names) {
    if (one.size() > longest) continue;
    const auto far = editDistance(lowered(name), lowered(one));
    if (far < least) {
      least = far;
      best = one;
    }
  }
  return best;
}

Result<std::size_t> findColumn(const CsvTable& table, const std::string& name, Message missing) {
  const auto found = std::find(table.names.begin(), table.names.end(), name);
  if (found != table.names.end()) return static_cast<std::size_t>(found - table.names.begin());
  const std::string near = likely(table.names, name), all = namesByLikeness(table.names, name);
  return Error{ErrorKind::input, table.file, std::move(missing),
               near.empty() ? say("Choose one of its columns: {}", all)
                            : say("Did you mean '{}'? Choose one of its columns: {}", near, all)};
}

} // namespace loom
