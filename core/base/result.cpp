// SPDX-License-Identifier: Apache-2.0
#include "core/base/result.h"
#include <string_view>

namespace loom {
namespace {

// Texts come with or without their full stop; the line has exactly one after each sentence.
void appendSentence(std::string& line, std::string_view text) {
  if (text.empty()) return;
  if (!line.empty()) line += line.back() == ':' || line.back() == '.' || line.back() == '?' ? " " : ". ";
  line += text;
  if (line.back() != '.' && line.back() != '?') line += '.';
}

} // namespace

std::string Error::message() const {
  std::string line = place.text();
  if (!line.empty()) line += ':';
  appendSentence(line, cause.text());
  appendSentence(line, fix.text());
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  return line;
}

} // namespace loom
