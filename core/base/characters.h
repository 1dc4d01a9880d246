// SPDX-License-Identifier: Apache-2.0
// The characters of a UTF-8 text, and which of them must not reach a terminal, a label or a file name as they
// are: names come from files that anybody may have written.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace loom {

struct Character {
  std::size_t length = 0; // in bytes; 0: the text does not begin with UTF-8
  std::uint32_t point = 0;
};
Character firstCharacter(std::string_view text); // of a text that is not empty

// Control characters (C0, DEL, C1), marks that change the direction of the text, separators of lines and
// characters without a width. A joiner (U+200C, U+200D) belongs to some scripts and to pictures made of
// several; after any other character, and at the beginning (`before` is 0), it is hidden too.
bool isHidden(std::uint32_t point, std::uint32_t before = 0);

std::string escapeOf(std::uint32_t point); // \n, \x1b, \u202e, \U000e0041

} // namespace loom
