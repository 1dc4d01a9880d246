// SPDX-License-Identifier: Apache-2.0
#include "core/store/schema.h"
#include "core/store/catalogue.h"
#include "core/store/series_writer.h"
#include <algorithm>
#include <array>
#include <map>

namespace loom {
namespace {

constexpr std::array<std::string_view, 2> laterInCatalogue{"place", "checked"};
constexpr std::array<std::string_view, 1> laterInMetrics{"checked"};

struct Object {
  std::string type, table, sql;
  bool operator==(const Object&) const = default;
};
using Objects = std::map<std::string, Object>;

// At most `most`: the number is the file's own.
Objects objectsOf(const Database& database, std::size_t most) {
  Objects objects;
  Statement all = database.prepare("SELECT type,name,tbl_name,sql FROM sqlite_master");
  for (Rows rows = all.query(); objects.size() < most && rows.next();) {
    Object& object = objects[rows.text(1)];
    if (!object.type.empty()) throwDamaged(database.file(), say("the name '{}' is used twice", rows.text(1)));
    object = {rows.text(0), rows.text(2), normalisedSql(rows.text(3))};
  }
  return objects;
}

bool isWordLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '$' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

// Behind the comment that begins at `at`; `at` itself where there is none.
std::size_t afterComment(std::string_view sql, std::size_t at) {
  const std::string_view rest = sql.substr(at);
  const auto behind = [&](std::string_view end) {
    const std::size_t found = rest.find(end, 2);
    return found == std::string_view::npos ? sql.size() : at + found + end.size();
  };
  if (rest.starts_with("--")) return behind("\n");
  if (rest.starts_with("/*")) return behind("*/");
  return at;
}

// Behind the quoted text that begins at `at`, with its doubled quotes.
std::size_t afterQuoted(std::string_view sql, std::size_t at) {
  const char end = sql[at] == '[' ? ']' : sql[at];
  for (++at; at < sql.size(); ++at) {
    if (sql[at] != end) continue;
    if (end == ']' || at + 1 == sql.size() || sql[at + 1] != end) return at + 1;
    ++at;
  }
  return sql.size();
}

} // namespace

const Schema catalogueSchema{createCatalogue, laterInCatalogue};
const Schema metricsSchema{createMetrics, laterInMetrics};

std::string normalisedSql(std::string_view sql) {
  std::string text;
  bool space = false;
  for (std::size_t at = 0; at < sql.size();) {
    const char letter = sql[at];
    std::size_t end = afterComment(sql, at);
    if (end > at || letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f') {
      space = true;
      at = std::max(end, at + 1);
      continue;
    }
    // Only between two words is a space more than layout.
    if (space && !text.empty() && isWordLetter(text.back()) && isWordLetter(letter)) text += ' ';
    space = false;
    end = letter == '\'' || letter == '"' || letter == '`' || letter == '[' ? afterQuoted(sql, at) : at + 1;
    text += sql.substr(at, end - at);
    at = end;
  }
  return text;
}

std::vector<SchemaFault> schemaFaults(const Database& database, const Schema& schema) {
  const Database made("scratch", Database::Mode::scratch);
  schema.create(made);
  const Objects expected = objectsOf(made, 1000), given = objectsOf(database, expected.size() + 1);
  std::vector<SchemaFault> faults;
  for (const auto& [name, object] : given)
    if (const auto known = expected.find(name); known == expected.end())
      faults.push_back({name, say("it contains '{}', which does not belong to a history", name)});
    else if (known->second != object)
      faults.push_back({name, say("its table '{}' is not as this program creates it", object.table)});
  for (const auto& [name, object] : expected)
    if (!given.contains(name) &&
        std::find(schema.later.begin(), schema.later.end(), object.table) == schema.later.end())
      faults.push_back({name, say("its table '{}' is missing", object.table)});
  return faults;
}

void checkSchema(const Database& database, const Schema& schema) {
  const auto faults = schemaFaults(database, schema);
  if (!faults.empty()) throwDamaged(database.file(), faults.front().cause);
}

} // namespace loom
