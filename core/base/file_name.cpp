// SPDX-License-Identifier: Apache-2.0
#include "core/base/file_name.h"
#include "core/base/characters.h"
#include "core/base/hash.h"
#include <algorithm>
#include <iterator>

namespace loom {
namespace {

constexpr std::size_t hashDigits = 16;

// Separators of paths and streams, and what shells and other systems do not take as part of a name.
bool hasMeaning(std::uint32_t point) {
  return point < 0x80 &&
         std::string_view("/\\:*?\"<>|").find(static_cast<char>(point)) != std::string_view::npos;
}

std::string allowedCharacters(std::string_view name) {
  std::string kept;
  for (std::uint32_t before = 0; !name.empty();) {
    const Character first = firstCharacter(name);
    const bool whole = first.length != 0 && !isHidden(first.point, before) && !hasMeaning(first.point);
    kept += whole ? name.substr(0, first.length) : std::string_view("_");
    before = whole ? first.point : 0;
    name.remove_prefix(std::max<std::size_t>(first.length, 1));
  }
  return kept;
}

// CON, NUL, COM1 … with any extension are devices where a disk may be carried to.
bool isDevice(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (!stem.empty() && stem.back() == ' ') stem.pop_back();
  for (char& c : stem)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  static constexpr std::string_view devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"};
  if (std::find(std::begin(devices), std::end(devices), stem) != std::end(devices)) return true;
  if (!stem.starts_with("COM") && !stem.starts_with("LPT")) return false;
  const std::string_view number = std::string_view(stem).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "¹" || number == "²" ||
         number == "³";
}

void cutTo(std::string& name, std::size_t most) {
  if (name.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xc0) == 0x80) --most;
  name.resize(most);
}

void guardEnds(std::string& name) {
  if (name.empty()) return;
  if (name.front() == '.' || name.front() == '-' || name.front() == ' ' || name.front() == '~')
    name.front() = '_';
  if (name.back() == '.' || name.back() == ' ') name.back() = '_';
}

// Whether a name ends as one that was changed does: "-" and 16 digits of a hash.
bool endsInHash(std::string_view name) {
  if (name.size() <= hashDigits || name[name.size() - hashDigits - 1] != '-') return false;
  return name.substr(name.size() - hashDigits).find_first_not_of("0123456789abcdef") ==
         std::string_view::npos;
}

} // namespace

std::string fileNameOf(std::string_view name, std::string_view extension, FileNames kind) {
  const std::size_t room = longestFileName - std::min(extension.size(), longestFileName / 2);
  std::string file = allowedCharacters(name);
  cutTo(file, room);
  guardEnds(file);
  if (file.empty()) file = "unnamed";
  if (isDevice(file + std::string(extension))) {
    file.insert(0, "_");
    cutTo(file, room);
  }
  // Otherwise a name that looks like a changed one could be chosen to meet it.
  if (kind == FileNames::distinct && (file != name || endsInHash(name))) {
    cutTo(file, room - hashDigits - 1);
    file += "-" + contentHash(name).substr(0, hashDigits);
  }
  return file + std::string(extension);
}

} // namespace loom
