// SPDX-License-Identifier: Apache-2.0
#include "core/data/csv_text.h"
#include "core/data/source_file.h"
#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <unordered_set>

namespace loom {

namespace fs = std::filesystem;

std::string CsvTable::place(std::size_t row) const {
  return file.string() + ", line " + std::to_string(lines[row]);
}

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

static bool equalsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool isMissing(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() > 4) return false;
  constexpr std::string_view words[] = {"", "?", "na", "nan", "null"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return equalsIgnoringCase(cell, word); });
}

std::optional<double> parseNumber(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() > 1 && cell.front() == '+' && cell[1] != '-') cell.remove_prefix(1);
  // from_chars also takes "inf" and "nan"; here a number begins with a digit or a point.
  const std::size_t first = !cell.empty() && cell.front() == '-' ? 1 : 0;
  if (first >= cell.size() || !((cell[first] >= '0' && cell[first] <= '9') || cell[first] == '.'))
    return std::nullopt;
  double value = 0;
  const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || code == std::errc::invalid_argument) return std::nullopt;
  if (code == std::errc::result_out_of_range) {
    if (cell.find("e-") != std::string_view::npos || cell.find("E-") != std::string_view::npos) return 0.0;
    return first ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return value;
}

namespace {

// Place of the first byte that is no UTF-8 (or a zero byte), or npos.
std::size_t firstWrongByte(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0) return i;
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = c >= 0xF0 && c < 0xF5 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c >= 0xF5 || i + length > text.size()) return i;
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second >= 0xA0) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second >= 0x90))
      return i;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return i;
    i += length;
  }
  return std::string_view::npos;
}

Status checkText(std::string& text, const fs::path& file) {
  if (text.size() > maxCsvBytes)
    return inputError(file, say("It has {}; a table may have 4 GB", Bytes{text.size()}),
                      say("Take a part of the table"));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return inputError(file, say("It is written in UTF-16"), say("Save it as \"CSV UTF-8\""));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  // A file of an old Macintosh ends its lines with CR alone, those within quotes too.
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
  const std::size_t wrong = firstWrongByte(text);
  if (wrong == std::string::npos) return {};
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(wrong), '\n');
  const Message place = say("{}, line {}", file, line);
  if (text[wrong] == '\0')
    return Error{ErrorKind::input, place, say("The file contains a zero byte: it is not a text"),
                 say("Choose a CSV table")};
  return Error{ErrorKind::input, place, say("The file contains bytes that are not UTF-8"),
               say("Save the table as UTF-8")};
}

// The state machine. Cells are compacted in place: what stands between quotes only ever gets shorter.
class Cutter {
 public:
  Cutter(std::string& text, char delimiter, const fs::path& file)
      : text_(text), delimiter_(delimiter), file_(file) {}

  // False at the end of the file. Appends the cells of one record; blank lines are skipped.
  Result<bool> record(std::vector<CsvTable::Cell>& cells) {
    while (at_ < text_.size() &&
           (text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n'))) {
      at_ += text_[at_] == '\r' ? 2 : 1;
      ++line_;
    }
    if (at_ >= text_.size()) return false;
    recordLine_ = line_;
    const std::size_t first = cells.size();
    for (;;) {
      if (cells.size() - first >= maxCsvColumns)
        return Error{ErrorKind::input, place(recordLine_),
                     say("The line has more than {} fields", Count{maxCsvColumns}),
                     say("Check the delimiter and the quotes of the file")};
      auto more = field(cells);
      if (!more) return more.error();
      if (!*more) return true;
    }
  }
  std::uint32_t recordLine() const { return recordLine_; }

 private:
  std::string place(std::size_t line) const { return file_.string() + ", line " + std::to_string(line); }

  // True when the record goes on after this field.
  Result<bool> field(std::vector<CsvTable::Cell>& cells) {
    if (at_ < text_.size() && text_[at_] == '"') return quotedField(cells);
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') ++at_;
    std::size_t end = at_;
    if (end > begin && text_[end - 1] == '\r' && (at_ == text_.size() || text_[at_] == '\n')) --end;
    cells.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
    return afterField();
  }

  Result<bool> quotedField(std::vector<CsvTable::Cell>& cells) {
    const std::uint32_t opened = line_;
    const std::size_t begin = at_++;
    std::size_t out = begin;
    for (;;) {
      if (at_ >= text_.size())
        return Error{ErrorKind::input, place(opened), say("A quote is opened and never closed"),
                     say("Close it, or double a quote that is part of the text")};
      const char c = text_[at_++];
      if (c == '"') {
        if (at_ >= text_.size() || text_[at_] != '"') break;
        ++at_;
      } else if (c == '\n') {
        ++line_;
      }
      text_[out++] = c;
    }
    cells.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(out - begin)});
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ < text_.size() && text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'))
      ++at_;
    if (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n')
      return Error{ErrorKind::input, place(line_), say("Text follows a closing quote"),
                   say("Double a quote that is part of the text")};
    return afterField();
  }

  bool afterField() {
    if (at_ >= text_.size()) return false;
    const bool more = text_[at_++] == delimiter_;
    if (!more) ++line_;
    return more;
  }

  std::string& text_;
  char delimiter_;
  const fs::path& file_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1, recordLine_ = 1;
};

// The delimiter under which the first records agree best on a number of fields greater than one.
char detectDelimiter(const std::string& text, const fs::path& file) {
  constexpr std::size_t looked = 20;
  char best = ',';
  std::size_t bestAgree = 0, bestFields = 1;
  for (const char delimiter : {',', ';', '\t'}) {
    std::string copy = text.substr(0, std::size_t{1} << 18);
    Cutter cutter(copy, delimiter, file);
    std::map<std::size_t, std::size_t> counts;
    for (std::size_t r = 0; r < looked; ++r) {
      std::vector<CsvTable::Cell> cells;
      auto more = cutter.record(cells);
      if (!more || !*more) break;
      ++counts[cells.size()];
    }
    for (const auto& [fields, agree] : counts)
      if (fields > 1 && (agree > bestAgree || (agree == bestAgree && fields > bestFields))) {
        best = delimiter;
        bestAgree = agree;
        bestFields = fields;
      }
  }
  return best;
}

// A first row is a header when a column under it is all numbers and it is none itself; or when none of its
// cells is a number, all differ, and none of them comes again in its column (a table of words only). A column
// may be without a name where every row below has something in it.
bool detectHeader(const CsvTable& table) {
  constexpr std::size_t looked = 1000;
  if (table.rows < 2)
    return table.rows == 1 && [&] {
      for (std::size_t c = 0; c < table.columns; ++c)
        if (isMissing(table.cell(0, c)) || parseNumber(table.cell(0, c))) return false;
      return true;
    }();
  const std::size_t last = std::min(table.rows, looked);
  bool wordsOnly = true, named = false;
  std::unordered_set<std::string_view> seen;
  for (std::size_t c = 0; c < table.columns; ++c) {
    const std::string_view top = table.cell(0, c);
    if (trimmed(top).empty()) {
      for (std::size_t r = 1; r < last && wordsOnly; ++r)
        if (isMissing(table.cell(r, c))) wordsOnly = false;
      continue;
    }
    if (isMissing(top) || parseNumber(top)) {
      wordsOnly = false;
      continue;
    }
    named = true;
    if (!seen.insert(top).second) wordsOnly = false;
    bool numbers = true, any = false;
    for (std::size_t r = 1; r < last && (numbers || wordsOnly); ++r) {
      const std::string_view cell = table.cell(r, c);
      if (cell == top) wordsOnly = false;
      if (isMissing(cell)) continue;
      any = true;
      if (!parseNumber(cell)) numbers = false;
    }
    if (numbers && any) return true;
  }
  return wordsOnly && named;
}

// 3,5 or -12,25: digits, one comma, digits.
bool hasDecimalComma(std::string_view cell) {
  cell = trimmed(cell);
  if (!cell.empty() && (cell.front() == '-' || cell.front() == '+')) cell.remove_prefix(1);
  const auto comma = cell.find(',');
  if (comma == 0 || comma == std::string_view::npos || comma + 1 == cell.size()) return false;
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (i != comma && !(cell[i] >= '0' && cell[i] <= '9')) return false;
  return true;
}

// Spreadsheets in many countries write 3,5 and separate by semicolons. A column of which every cell is such a
// number or a whole one is read so; the commas become points in the text.
void readDecimalCommas(CsvTable& table) {
  if (table.delimiter == ',') return;
  for (std::size_t c = 0; c < table.columns; ++c) {
    bool all = true, any = false;
    for (std::size_t r = 1; r < table.rows && all; ++r) { // the first row may be names
      const std::string_view cell = table.cell(r, c);
      if (hasDecimalComma(cell))
        any = true;
      else
        all = isMissing(cell) || (parseNumber(cell) && cell.find('.') == std::string_view::npos);
    }
    if (!all || !any) continue;
    table.decimalComma = true;
    for (std::size_t r = 0; r < table.rows; ++r)
      if (hasDecimalComma(table.cell(r, c))) {
        const CsvTable::Cell& place = table.cells[r * table.columns + c];
        table.text[table.text.find(',', place.offset)] = '.';
      }
  }
}

void nameColumns(CsvTable& table) {
  std::unordered_set<std::string> taken;
  for (std::size_t c = 0; c < table.columns; ++c) {
    std::string name(table.header ? trimmed(table.cell(0, c)) : std::string_view());
    if (name.empty()) name = "column_" + std::to_string(c + 1);
    std::string unique = name;
    for (int n = 2; !taken.insert(unique).second; ++n) unique = name + "_" + std::to_string(n);
    table.names.push_back(std::move(unique));
  }
}

} // namespace

Result<CsvTable> parseCsv(std::string text, const fs::path& file, std::optional<bool> header) {
  if (Status status = checkText(text, file); !status) return status.error();
  CsvTable table;
  table.file = file;
  table.text = std::move(text);
  table.delimiter = detectDelimiter(table.text, file);
  Cutter cutter(table.text, table.delimiter, file);
  for (;;) {
    const std::size_t before = table.cells.size();
    auto more = cutter.record(table.cells);
    if (!more) return more.error();
    if (!*more) break;
    const std::size_t fields = table.cells.size() - before;
    if (table.rows == 0) table.columns = fields;
    if (fields != table.columns)
      return Error{ErrorKind::input, say("{}, line {}", file, cutter.recordLine()),
                   sayCount("The row has {} field, the first row has {}",
                            "The row has {} fields, the first row has {}", fields, table.columns),
                   fields < table.columns
                       ? say("Add the missing fields; an unknown value is an empty field")
                       : say("Remove the surplus fields, or put a text with delimiters into quotes")};
    table.lines.push_back(cutter.recordLine());
    ++table.rows;
  }
  if (table.rows == 0)
    return inputError(file, say("The file is empty"), say("Give a table with a header and rows"));
  readDecimalCommas(table);
  table.header = header ? *header : detectHeader(table);
  nameColumns(table);
  if (table.header) {
    table.cells.erase(table.cells.begin(), table.cells.begin() + static_cast<std::ptrdiff_t>(table.columns));
    table.lines.erase(table.lines.begin());
    --table.rows;
  }
  return table;
}

} // namespace loom
