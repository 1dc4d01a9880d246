// SPDX-License-Identifier: Apache-2.0
#include "core/base/characters.h"
#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace loom {
namespace {

struct Range {
  std::uint32_t first, last;
};
constexpr Range hiddenRanges[] = {
    {0x00, 0x1f},       // C0
    {0x7f, 0x9f},       // DEL, C1
    {0xad, 0xad},       // soft hyphen
    {0x034f, 0x034f},   // grapheme joiner
    {0x061c, 0x061c},   // mark of direction
    {0x115f, 0x1160},   // empty letters
    {0x17b4, 0x17b5},   // vowels without a shape
    {0x180e, 0x180e},   // vowel separator
    {0x200b, 0x200b},   // space without a width
    {0x200e, 0x200f},   // marks of direction
    {0x2028, 0x202e},   // separators of lines; embeddings and overrides of direction
    {0x2060, 0x206f},   // no width; isolates of direction
    {0x3164, 0x3164},   // empty letter
    {0xfeff, 0xfeff},   // byte order mark
    {0xffa0, 0xffa0},   // empty letter
    {0xfff9, 0xfffb},   // annotations
    {0xfffe, 0xffff},   // no characters
    {0x1d173, 0x1d17a}, // musical controls
    {0xe0000, 0xe0fff}, // tags
};

bool isJoiner(std::uint32_t point) { return point == 0x200c || point == 0x200d; }

// Letters that can be joined, and pictures.
bool canBeJoined(std::uint32_t point) {
  return point >= 0x0600 && !isJoiner(point) && !(point >= 0x1e00 && point < 0x2070);
}

} // namespace

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

bool isHidden(std::uint32_t point, std::uint32_t before) {
  if (point >= 0x20 && point < 0x7f) return false;
  if (isJoiner(point)) return !canBeJoined(before);
  return std::any_of(std::begin(hiddenRanges), std::end(hiddenRanges),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

std::string escapeOf(std::uint32_t point) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  if (point < 0x100) return fmt::format("\\x{:02x}", point);
  return point < 0x10000 ? fmt::format("\\u{:04x}", point) : fmt::format("\\U{:08x}", point);
}

} // namespace loom
