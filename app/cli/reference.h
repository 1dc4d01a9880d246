// SPDX-License-Identifier: Apache-2.0
// Verbs that print a table of the program: one row a line on a terminal, every member with --json, and the
// reference manual with --markdown.
#pragma once
#include "app/cli/verb.h"

namespace loom {

struct Reference {
  std::vector<std::vector<std::string>> rows; // the first is the head
  Json list = Json::array();
};
void defineReference(CLI::App& app, Action& action, Reference (*read)(), std::string (*markdown)());

} // namespace loom
