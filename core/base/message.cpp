// SPDX-License-Identifier: Apache-2.0
#include "core/base/message.h"
#include "core/base/characters.h"
#include "core/base/format.h"
#include <cstdlib>
#include <fmt/format.h>

namespace loom {
namespace {

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
  for (std::uint32_t before = 0; !text.empty();) {
    const Character first = firstCharacter(text);
    const bool hidden = first.length != 0 && isHidden(first.point, before);
    if (first.length == 0)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    else if (hidden)
      shown += escapeOf(first.point);
    else
      shown += text.substr(0, first.length);
    before = hidden ? 0 : first.point;
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
