// SPDX-License-Identifier: Apache-2.0
#include "tests/texts.h"
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace loom::texts {
namespace {

using Kind = Token::Kind;

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void appendUtf8(std::string& text, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) {
    text += static_cast<char>(static_cast<unsigned char>(value));
  };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xE0 | point >> 12);
    } else {
      byte(0xF0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3F));
    }
    byte(0x80 | (point >> 6 & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

class Scanner {
 public:
  explicit Scanner(const std::string& source) : source_(source) {}
  std::vector<Token> tokens();

 private:
  char at(std::size_t offset = 0) const {
    return next_ + offset < source_.size() ? source_[next_ + offset] : '\0';
  }
  void step();
  void skipLine(); // with the lines that a backslash continues
  void skipTo(std::string_view mark);
  std::uint32_t digits(unsigned base, std::size_t most);
  void escape(std::string& text);
  std::string literal(char quote);
  std::string rawLiteral();
  void word();
  void add(Kind kind, std::string value, int line);

  const std::string& source_;
  std::size_t next_ = 0;
  int line_ = 1;
  bool lineStart_ = true; // only spaces so far
  std::vector<Token> found_;
};

void Scanner::step() {
  if (at() == '\n') {
    ++line_;
    lineStart_ = true;
  } else if (std::isspace(static_cast<unsigned char>(at())) == 0) {
    lineStart_ = false;
  }
  ++next_;
}

void Scanner::skipLine() {
  while (next_ < source_.size() && !(at() == '\n' && (next_ == 0 || source_[next_ - 1] != '\\'))) step();
}

void Scanner::skipTo(std::string_view mark) {
  const std::size_t found = source_.find(mark, next_ + 2);
  const std::size_t end = found == std::string::npos ? source_.size() : found + mark.size();
  while (next_ < end) step();
}

std::uint32_t Scanner::digits(unsigned base, std::size_t most) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < most; ++i, step()) {
    const char c = at();
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                  : 99;
    if (digit >= base) break;
    value = value * base + digit;
  }
  return value;
}

void Scanner::escape(std::string& text) {
  static constexpr std::string_view letters = "abfnrtv", values = "\a\b\f\n\r\t\v";
  step(); // the backslash
  const char c = at();
  if (c >= '0' && c <= '7') {
    text += static_cast<char>(digits(8, 3));
    return;
  }
  step();
  if (c == 'x')
    text += static_cast<char>(digits(16, 16));
  else if (c == 'u')
    appendUtf8(text, digits(16, 4));
  else if (c == 'U')
    appendUtf8(text, digits(16, 8));
  else if (const auto letter = letters.find(c); letter != std::string_view::npos)
    text += values[letter];
  else if (c != '\n')
    text += c;
}

std::string Scanner::literal(char quote) {
  std::string text;
  for (step(); next_ < source_.size() && at() != quote && at() != '\n';) {
    if (at() == '\\') {
      escape(text);
    } else {
      text += at();
      step();
    }
  }
  if (at() == quote) step();
  return text;
}

std::string Scanner::rawLiteral() {
  const std::size_t open = source_.find('(', next_);
  if (open == std::string::npos) return literal('"');
  const std::string end = ")" + source_.substr(next_ + 1, open - next_ - 1) + "\"";
  const std::size_t close = std::min(source_.find(end, open), source_.size());
  const std::string text = source_.substr(open + 1, close - open - 1);
  while (next_ < std::min(close + end.size(), source_.size())) step();
  return text;
}

void Scanner::add(Kind kind, std::string value, int line) {
  if (kind == Kind::text && !found_.empty() && found_.back().kind == Kind::text)
    found_.back().value += value;
  else
    found_.push_back({kind, std::move(value), line});
}

void Scanner::word() {
  static constexpr std::array<std::string_view, 9> prefixes{"R",   "u8", "L",  "u", "U",
                                                            "u8R", "LR", "uR", "UR"};
  const int line = line_;
  std::string value;
  const bool number = std::isdigit(static_cast<unsigned char>(at())) != 0;
  while (isWord(at()) || (number && at() == '\'' && isWord(at(1)))) {
    value += at();
    step();
  }
  bool prefix = false;
  for (const std::string_view one : prefixes) prefix = prefix || value == one;
  if (prefix && at() == '"') return add(Kind::text, value.back() == 'R' ? rawLiteral() : literal('"'), line);
  if (prefix && at() == '\'') return add(Kind::word, literal('\''), line);
  add(Kind::word, std::move(value), line);
}

std::vector<Token> Scanner::tokens() {
  while (next_ < source_.size()) {
    const char c = at();
    const int line = line_;
    if (c == '#' && lineStart_) {
      skipLine();
    } else if (c == '/' && at(1) == '/') {
      skipLine();
    } else if (c == '/' && at(1) == '*') {
      skipTo("*/");
    } else if (isWord(c)) {
      word();
    } else if (c == '"') {
      add(Kind::text, literal('"'), line);
    } else if (c == '\'') {
      add(Kind::word, literal('\''), line);
    } else {
      if (std::isspace(static_cast<unsigned char>(c)) == 0) add(Kind::sign, std::string(1, c), line);
      step();
    }
  }
  return std::move(found_);
}

bool isSign(const std::vector<Token>& tokens, std::size_t at, char sign) {
  return at < tokens.size() && tokens[at].kind == Kind::sign && tokens[at].value[0] == sign;
}
bool isWordOf(const std::vector<Token>& tokens, std::size_t at, std::string_view word) {
  return at < tokens.size() && tokens[at].kind == Kind::word && tokens[at].value == word;
}

// The opening parenthesis of a call of the word at `at`, behind template arguments; 0: it is not called.
std::size_t callOf(const std::vector<Token>& tokens, std::size_t at) {
  std::size_t open = at + 1;
  if (isSign(tokens, open, '<')) {
    for (int depth = 0; open < tokens.size(); ++open) {
      depth += isSign(tokens, open, '<') ? 1 : isSign(tokens, open, '>') ? -1 : 0;
      if (depth == 0) break;
    }
    ++open;
  }
  return isSign(tokens, open, '(') ? open : 0;
}

// Behind the bracket that closes the one at `open`.
std::size_t behind(const std::vector<Token>& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    for (const char sign : {'(', '{', '['}) depth += isSign(tokens, i, sign) ? 1 : 0;
    for (const char sign : {')', '}', ']'}) depth -= isSign(tokens, i, sign) ? 1 : 0;
    if (depth == 0) return i + 1;
  }
  return tokens.size();
}

// The arguments within the brackets at `open`: begin and end of each.
std::vector<std::pair<std::size_t, std::size_t>> argumentsOf(const std::vector<Token>& tokens,
                                                             std::size_t open) {
  std::vector<std::pair<std::size_t, std::size_t>> arguments;
  const std::size_t end = behind(tokens, open) - 1;
  std::size_t begin = open + 1;
  for (std::size_t i = begin; i <= end; ++i) {
    if (i == end || isSign(tokens, i, ',')) {
      if (i > begin) arguments.emplace_back(begin, i);
      begin = i + 1;
    } else if (isSign(tokens, i, '(') || isSign(tokens, i, '{') || isSign(tokens, i, '[')) {
      i = behind(tokens, i) - 1;
    }
  }
  return arguments;
}

bool isSay(const std::vector<Token>& tokens, std::size_t at) {
  return isWordOf(tokens, at, "say") || isWordOf(tokens, at, "sayCount") || isWordOf(tokens, at, "foreign");
}

// `object.say(…)`, `Type::say(…)` and the declaration `Message say(…)`.
bool isOther(const std::vector<Token>& tokens, std::size_t at) {
  if (at == 0) return false;
  const Token& before = tokens[at - 1];
  if (before.kind == Kind::sign) {
    const bool arrow = before.value == ">" && isSign(tokens, at - 2, '-');
    const bool named =
        before.value == ":" && isSign(tokens, at - 2, ':') && !isWordOf(tokens, at - 3, "loom");
    return before.value == "." || arrow || named;
  }
  return before.kind == Kind::word && before.value != "return" && before.value != "else" &&
         before.value != "case";
}

bool isText(const std::string& type) {
  return type == "string" || type == "string_view" || type == "Message" || type == "move";
}

void check(const std::vector<Token>& tokens, std::size_t begin, std::size_t end, bool literals,
           std::vector<Finding>& findings) {
  for (std::size_t i = begin; i < end; ++i) {
    if (isSay(tokens, i) && callOf(tokens, i) != 0) {
      i = behind(tokens, callOf(tokens, i)) - 1;
    } else if (literals && tokens[i].kind == Kind::text) {
      findings.push_back({tokens[i].line, "\"" + tokens[i].value + "\""});
    } else if (isWordOf(tokens, i, "format") && isSign(tokens, i + 1, '(')) {
      findings.push_back({tokens[i].line, "fmt::format"});
      i = behind(tokens, i + 1) - 1;
    } else if (tokens[i].kind == Kind::word && isSign(tokens, i + 1, '(') && !isText(tokens[i].value)) {
      // A name for another function, such as setTo("stride", 1).
      check(tokens, i + 2, behind(tokens, i + 1), false, findings);
      i = behind(tokens, i + 1) - 1;
    }
  }
}

} // namespace

std::vector<Token> tokensIn(const std::string& source) { return Scanner(source).tokens(); }

std::vector<Template> templatesIn(const std::string& source, std::vector<int>* unread) {
  const auto tokens = tokensIn(source);
  std::vector<Template> found;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool one = isWordOf(tokens, i, "say"), two = isWordOf(tokens, i, "sayCount");
    const std::size_t open = one || two ? callOf(tokens, i) : 0;
    if (open == 0 || isOther(tokens, i)) continue;
    const auto arguments = argumentsOf(tokens, open);
    for (std::size_t k = 0; k < (two ? 2u : 1u); ++k) {
      const bool literal = k < arguments.size() && arguments[k].second == arguments[k].first + 1 &&
                           tokens[arguments[k].first].kind == Kind::text;
      if (literal)
        found.push_back({tokens[arguments[k].first].value, tokens[arguments[k].first].line});
      else if (unread != nullptr)
        unread->push_back(tokens[i].line);
    }
  }
  return found;
}

std::vector<Finding> unsaidIn(const std::string& source) {
  const auto tokens = tokensIn(source);
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (isSign(tokens, i, '{')) {
      const auto fields = argumentsOf(tokens, i);
      if (fields.size() < 3) continue;
      bool error = false;
      for (std::size_t k = fields[0].first; k < fields[0].second; ++k)
        if (isSign(tokens, k, '(') || isSign(tokens, k, '{'))
          k = behind(tokens, k) - 1; // the Error of a statement in a function's body, found by itself
        else
          error = error || (isWordOf(tokens, k, "ErrorKind") && isSign(tokens, k + 1, ':'));
      for (std::size_t field = 1; error && field < fields.size(); ++field)
        check(tokens, fields[field].first, fields[field].second, field >= 2, findings);
    }
    if (isWordOf(tokens, i, "foreign") && isSign(tokens, i + 1, '('))
      check(tokens, i + 2, behind(tokens, i + 1), true, findings);
    const bool part = isWordOf(tokens, i, "cause") || isWordOf(tokens, i, "fix");
    if (part && i > 0 && isSign(tokens, i - 1, '.') && isSign(tokens, i + 1, '=') &&
        !isSign(tokens, i + 2, '=')) {
      std::size_t end = i + 2;
      while (end < tokens.size() && !isSign(tokens, end, ';')) ++end;
      check(tokens, i + 2, end, true, findings);
    }
  }
  return findings;
}

std::string idOf(const std::string& text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", hash);
  return digits.data();
}

} // namespace loom::texts
