// SPDX-License-Identifier: Apache-2.0
// A name is never a path. Names of networks, runs, classes and columns come from files that anybody may have
// written; this is the one way from such a name to the name of a file.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace loom {

inline constexpr std::size_t longestFileName = 200; // bytes; room for what a temporary file adds

enum class FileNames {
  readable, // two names may give the same file name: "a/b" and "a_b"
  distinct  // a name that had to be changed ends in '-' and 16 digits of its hash
};

// The name of one file, never empty, never a path: no separators, no "." or "..", no leading dot, dash or
// space, no trailing dot or space, no hidden characters (characters.h), none that a shell or another system
// gives a meaning to, no name of a device, at most longestFileName bytes, cut between characters; what is not
// allowed becomes '_'. `extension` (".json") is a literal of this program and stays whole.
std::string fileNameOf(std::string_view name, std::string_view extension = {},
                       FileNames kind = FileNames::readable);

} // namespace loom
