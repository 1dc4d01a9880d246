// SPDX-License-Identifier: Apache-2.0
#include "core/base/message.h"
#include "core/base/format.h"
#include <cstdlib>
#include <fmt/format.h>

namespace loom {
namespace {

// The length of the UTF-8 character at the beginning of `text` and its code point; 0: not UTF-8.
struct Character {
  std::size_t length = 0;
  std::uint32_t point = 0;
};

Character firstCharacter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead >= 0xf5 || text.size() < length) return {};
  std::uint32_t point = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
  return {length, point};
}

bool hidden(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) // control characters
         || point == 0x061c || point == 0x200e ||
         point == 0x200f    // marks, embeddings and isolates of direction
         || point == 0x200b // no width; joiners belong to some scripts
         || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x2069) || point == 0xfeff;
}

std::string escaped(std::uint32_t point) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  return point < 0x100 ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
}

std::string withThousands(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, ",");
  return digits;
}

struct ToText {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(Count count) const { return withThousands(count.value); }
  std::string operator()(Bytes bytes) const { return formatBytes(bytes.value); }
  std::string operator()(Seconds seconds) const { return formatSeconds(seconds.value); }
  std::string operator()(const std::string& name) const { return visibleText(name); }
  std::string operator()(const Foreign& text) const { // on one line
    std::string line = text.value;
    for (char& c : line)
      if (c == '\n' || c == '\r' || c == '\t') c = ' ';
    return visibleText(line);
  }
  std::string operator()(const std::vector<std::string>& names) const {
    std::string all;
    for (const auto& one : names) all += (all.empty() ? "" : ", ") + visibleText(one);
    return all;
  }
  std::string operator()(const std::vector<Message>& inner) const {
    std::string all;
    for (const auto& one : inner) all += (all.empty() ? "" : " ") + one.text();
    return all;
  }
};

} // namespace

std::string visibleText(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Character first = firstCharacter(text);
    if (first.length == 0)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    else if (hidden(first.point))
      shown += escaped(first.point);
    else
      shown += text.substr(0, first.length);
    text.remove_prefix(first.length == 0 ? 1 : first.length);
  }
  return shown;
}

Message foreign(std::string_view text) {
  return text.empty() ? Message() : Message("{}", {Foreign{std::string(text)}});
}

Place::Place(const std::string& name) : message_(name.empty() ? Message() : Message("{}", {name})) {}

std::string Message::text() const {
  std::string text;
  text.reserve(template_.size() + 16 * arguments_.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < template_.size(); ++i) {
    const char c = template_[i];
    if (c == '{' && template_[i + 1] == '}' && next < arguments_.size()) {
      text += std::visit(ToText(), arguments_[next++]);
      ++i;
      continue;
    }
    if (c == '{' || c == '}') ++i; // doubled
    text += c;
  }
  return text;
}

// FNV-1a, 32 bits.
std::string Message::id() const {
  if (template_.empty()) return {};
  std::uint32_t hash = 2166136261u;
  for (const char c : template_) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return fmt::format("{:08x}", hash);
}

} // namespace loom
