// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/base/characters.h"
#include "core/base/error_message.h"
#include "core/base/message_json.h"
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>

namespace loom {
namespace {

// One character of UTF-8 and how many bytes it takes; a wrong byte stands for itself.
std::uint32_t characterAt(std::string_view text, std::size_t at, std::size_t& length) {
  const Character first = firstCharacter(text.substr(at));
  length = std::max<std::size_t>(first.length, 1);
  return first.point;
}

// Places on a terminal: East Asian letters and pictures take two, combining marks none.
std::size_t places(std::uint32_t c) {
  if (c >= 0x300 && c < 0x370) return 0;
  const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) ||
                    (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                    (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) ||
                    (c >= 0x1F300 && c < 0x1FB00) || (c >= 0x20000 && c < 0x30000);
  return wide ? 2 : 1;
}

bool inJson = false; // set once, before a verb begins

std::string_view kindName(ErrorKind kind) {
  switch (kind) {
  case ErrorKind::other:
    return "other";
  case ErrorKind::usage:
    return "usage";
  case ErrorKind::input:
    return "input";
  case ErrorKind::device:
    return "device";
  case ErrorKind::diverged:
    return "diverged";
  case ErrorKind::memory:
    return "memory";
  case ErrorKind::stopped:
    return "stopped";
  case ErrorKind::remote:
    return "remote";
  case ErrorKind::deviceLost:
    return "device_lost";
  case ErrorKind::interrupted:
    return "interrupted";
  }
  return "other";
}

bool dumbTerminal() {
  const char* kind = std::getenv("TERM");
  return kind != nullptr && std::string_view(kind) == "dumb";
}

} // namespace

std::string plain(std::string_view text) { return visibleText(text); }

std::string shortened(std::string_view name, std::size_t most) {
  const std::string text = plain(name);
  std::size_t used = 0, length = 1;
  for (std::size_t at = 0; at < text.size(); at += length) {
    const std::size_t one = places(characterAt(text, at, length));
    if (used + one > most) {
      // Take away as much as the sign of the cut needs.
      std::string kept;
      std::size_t room = most > 0 ? most - 1 : 0;
      for (std::size_t i = 0, step = 1; i < at; i += step) {
        const std::size_t width = places(characterAt(text, i, step));
        if (width > room) break;
        room -= width;
        kept += text.substr(i, step);
      }
      return kept + "…";
    }
    used += one;
  }
  return text;
}

std::string shellWord(std::string_view text) {
  // What a person cannot see or a terminal takes for a command is written as digits.
  if (plain(text) != text) {
    std::string escaped = "$'";
    std::size_t length = 1;
    for (std::size_t at = 0; at < text.size(); at += length) {
      (void)characterAt(text, at, length);
      const std::string_view one = text.substr(at, length);
      if (one == "'" || one == "\\")
        escaped += '\\' + std::string(one);
      else if (plain(one) == one)
        escaped += one;
      else
        for (const unsigned char byte : one) escaped += fmt::format("\\{:03o}", byte);
    }
    return escaped + "'";
  }
  const bool bare =
      !text.empty() && text.front() != '~' && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c >= 0x80 || std::isalnum(c) != 0 ||
               std::string_view("/._-+,:@%=~").find(static_cast<char>(c)) != std::string_view::npos;
      });
  if (bare) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shellPath(const std::filesystem::path& path) {
  const std::string text = path.string();
  return shellWord(text.starts_with('-') ? "./" + text : text);
}

static std::size_t width(std::string_view text) {
  std::size_t count = 0, length = 1;
  for (std::size_t at = 0; at < text.size(); at += length) count += places(characterAt(text, at, length));
  return count;
}

bool moves(os::Stream stream) { return os::isTerminal(stream) && !dumbTerminal(); }

bool coloured(os::Stream stream) {
  const char* without = std::getenv("NO_COLOR");
  return moves(stream) && (without == nullptr || *without == '\0');
}

int columnsOf(os::Stream stream) {
  const int columns = os::terminalColumns(stream);
  return columns > 0 ? columns : 80;
}

static std::string painted(const char* code, const char* word) {
  return coloured(os::Stream::error) ? std::string(code) + word + "\033[0m" : std::string(word);
}

void answerInJson(bool json) { inJson = json; }

int report(const Error& error) {
  if (inJson) printJson({{"error", errorJson(error)}});
  return reportText(error);
}

int reportText(const Error& error) {
  std::cerr << painted("\033[1;31m", "loom:") << " " << plain(error.message()) << "\n";
  return static_cast<int>(error.kind);
}

void warn(const Message& text) {
  std::cerr << painted("\033[33m", "warning:") << " " << plain(text.text()) << "\n";
}

std::string jsonLine(const Json& json) {
  const std::string written = compactJson(json);
  std::string line;
  std::uint32_t before = 0;
  for (std::string_view rest = written; !rest.empty();) {
    const Character first = firstCharacter(rest);
    const std::size_t length = std::max<std::size_t>(first.length, 1);
    const std::uint32_t c = first.point;
    const bool hidden = c >= 0x7F && isHidden(c, before);
    if (!hidden)
      line += rest.substr(0, length);
    else if (c < 0x10000)
      line += fmt::format("\\u{:04x}", c);
    else
      line += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + (c & 0x3FF));
    before = hidden ? 0 : c;
    rest.remove_prefix(length);
  }
  return line;
}

void warnOf(const std::vector<Error>& problems) {
  for (const Error& problem : problems) warn(toMessage(problem));
}

Json errorJson(const Error& error) {
  Json json = toJson(error);
  json["kind"] = kindName(error.kind);
  json["exit_code"] = static_cast<int>(error.kind);
  return json;
}

Json errorList(const std::vector<Error>& errors) {
  Json list = Json::array();
  for (const Error& error : errors) list.push_back(errorJson(error));
  return list;
}

void printJson(const Json& json) { std::cout << jsonLine(json) << std::endl; }

std::string counted(std::int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

void printTable(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size());
  std::vector<std::vector<std::string>> cells(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t column = 0; column < rows[r].size(); ++column) {
      cells[r].push_back(plain(rows[r][column]));
      if (column < widths.size()) widths[column] = std::max(widths[column], width(cells[r].back()));
    }
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::size_t wanted = column < widths.size() ? widths[column] : 0;
      const std::string space(wanted - std::min(wanted, width(row[column])), ' ');
      line += column < right.size() && right[column] ? space + row[column] : row[column] + space;
      if (column + 1 < row.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << "\n";
  }
}

} // namespace loom
