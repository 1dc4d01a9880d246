// SPDX-License-Identifier: Apache-2.0
// Reads C++ sources well enough to count what ARCHITECTURE.md reports: functions with their lengths, and
// which files include each other. It matches braces in text without comments, literals and preprocessor
// lines. It is not a compiler, so tst_house checks it on examples first.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

namespace loom::house {

// Comments, the inside of literals and preprocessor lines become spaces; line breaks stay.
std::string withoutWords(const std::string& source);

struct Function {
  std::string name;        // as it is written: "Session::run", "operator==", "lambda"
  int first = 0, last = 0; // lines, from 1: the first of the declaration, the one of the closing brace
  int lines() const { return last - first + 1; }
};
// Every function with a body, members in a class included. A lambda counts only where no function is around
// it.
std::vector<Function> functionsIn(const std::string& source);

// Groups of two or more units that include each other, directly or through others; sorted. A unit is a header
// with its source.
using Includes = std::map<std::string, std::set<std::string>>;
std::vector<std::vector<std::string>> circlesIn(const Includes& includes);

} // namespace loom::house
