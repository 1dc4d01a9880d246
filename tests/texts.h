// SPDX-License-Identifier: Apache-2.0
// Reads the texts for people out of C++ sources: the templates of say() and sayCount(), and literals in an
// Error that were not created by them. It reads tokens and is not a compiler, so tst_texts checks it on
// examples first.
#pragma once
#include <string>
#include <vector>

namespace loom::texts {

// A word (identifier or number), a literal's text with its escapes resolved, or one sign.
struct Token {
  enum class Kind { word, text, sign } kind = Kind::sign;
  std::string value;
  int line = 0;
};
// Comments and preprocessor lines are left out; adjacent literals are one token.
std::vector<Token> tokensIn(const std::string& source);

struct Template {
  std::string text;
  int line = 0;
};
// In the order of the source; both templates of sayCount(). `unread`: lines of calls whose template is not a
// literal.
std::vector<Template> templatesIn(const std::string& source, std::vector<int>* unread = nullptr);

struct Finding {
  int line = 0;
  std::string what;
};
// Literals that become the cause or the fix of an Error without say(), texts that are formatted within an
// Error, and texts of ours that are given out as foreign() ones. An Error is recognised by its kind,
// "{ErrorKind::… , place, cause, fix}"; assignments to .cause and .fix count too. Arguments
// of other functions are names and do not count.
std::vector<Finding> unsaidIn(const std::string& source);

// As Message::id() gives it for a template.
std::string idOf(const std::string& text);

} // namespace loom::texts
