// SPDX-License-Identifier: Apache-2.0
#include "tests/house.h"
#include <algorithm>
#include <cctype>
#include <functional>
#include <regex>

namespace loom::house {
namespace {

bool isSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string trimmed(const std::string& text) {
  const auto first = std::find_if_not(text.begin(), text.end(), isSpace);
  const auto last = std::find_if_not(text.rbegin(), text.rend(), isSpace).base();
  return first < last ? std::string(first, last) : std::string();
}

// Where a comment, a literal or a preprocessor line that begins at `at` ends; `at` when none begins there. Of
// a literal the quotes stay.
std::size_t endOfWords(const std::string& source, std::size_t at, bool atLineStart) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = source.find(mark, from);
    return found == std::string::npos ? source.size() : found + mark.size();
  };
  const auto endOfLine = [&] {
    std::size_t end = at;
    while (end < source.size() && !(source[end] == '\n' && source[end - 1] != '\\')) ++end;
    return end;
  };
  const char c = source[at], before = at > 0 ? source[at - 1] : ' ';
  if (source.compare(at, 2, "//") == 0 || (c == '#' && atLineStart)) return endOfLine();
  if (source.compare(at, 2, "/*") == 0) return after("*/", at + 2);
  if (c == '"' && before == 'R') {
    const std::size_t open = source.find('(', at);
    return open == std::string::npos ? source.size()
                                     : after(")" + source.substr(at + 1, open - at - 1) + "\"", open);
  }
  const bool digits = c == '\'' && isWord(before) && before != 'L' && before != 'u' && before != 'U'; // 1'000
  if ((c != '"' && c != '\'') || digits) return at;
  std::size_t end = at + 1;
  while (end < source.size() && source[end] != c && source[end] != '\n') end += source[end] == '\\' ? 2 : 1;
  return std::min(end + 1, source.size());
}

// What a `{` opens is told by the text before it, in which parentheses are empty.
bool isLambda(const std::string& head) {
  static const std::regex end(
      R"re(\]\s*(<[^<>]*>\s*)?(\([^()]*\))?\s*(mutable\b|constexpr\b|noexcept\b|->[\w:<>\s,*&]+|\s)*$)re");
  return std::regex_search(head, end);
}

bool isScope(const std::string& head) {
  static const std::regex space(R"re(^((inline\s+)?namespace\b|extern\s*"\s*"$))re");
  static const std::regex record(
      R"re(^(template\s*<.*>\s*)?((static|const|constexpr|inline|typedef)\s+)*(class|struct|union|enum)\b)re");
  if (std::regex_search(head, space)) return true;
  const bool function = head.find(')') != std::string::npos && head.find("alignas") == std::string::npos;
  return std::regex_search(head, record) && !function;
}

bool isMemberInitialiser(const std::string& head) { // `Name::Name() : a(), b` waits for one of b
  static const std::regex pattern(R"re(\)\s*(noexcept\b(\s*\(\))?\s*)?:[^:].*[\w>]\s*$)re");
  return std::regex_search(head, pattern);
}

bool isFunction(const std::string& head) {
  static const std::regex control(R"re(^(if|for|while|switch|else|do|return|case)\b)re");
  static const std::regex plain(
      R"re(\)\s*(const\b|volatile\b|noexcept\b(\s*\(\))?|override\b|final\b|&&?|try\b|->[\w:<>\s,*&\[\]()]+|\s)*$)re");
  static const std::regex initialised(R"re(\)\s*(noexcept\b(\s*\(\))?\s*)?:[^:].*[)}]\s*$)re");
  if (std::regex_search(head, control) || isMemberInitialiser(head)) return false;
  return std::regex_search(head, plain) || std::regex_search(head, initialised);
}

std::string nameOf(const std::string& head) {
  static const std::regex call(
      R"re(((?:[~\w]+(?:<[^<>()]*>)?::)*(?:operator\s*(?:\(\)|\[\]|[^\s\w(]+|[\w:<>*&\s]+)|[~\w]+(?:<[^<>()]*>)?))\s*\([^()]*\))re");
  std::smatch match;
  if (!std::regex_search(head, match, call)) return "?";
  std::string name = match[1];
  name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
  return name;
}

class Reader {
 public:
  void take(char c);
  std::vector<Function> found;

 private:
  enum class Kind { scope, function, initialiser };
  struct Open {
    Kind kind = Kind::initialiser;
    int parentheses = 0; // around the brace
    std::string head;    // goes on behind an initialiser
    int headLine = 0;
    std::size_t index = 0; // in `found`
  };
  bool within(Kind kind) const { return (open_.empty() ? Kind::scope : open_.back().kind) == kind; }
  Kind kindOf(const std::string& head) const;
  void open();
  void close();
  void word(char c);
  void restart();
  std::vector<Open> open_;
  std::string head_; // the declaration so far; what is in parentheses is left out
  int line_ = 1, headLine_ = 1, parentheses_ = 0, depth_ = 0; // depth_: braces within a function
};

void Reader::restart() {
  head_.clear();
  headLine_ = line_;
}

Reader::Kind Reader::kindOf(const std::string& head) const {
  if (depth_ > 0 || isLambda(head)) return Kind::function;
  if (parentheses_ > 0 || within(Kind::initialiser)) return Kind::initialiser;
  if (isScope(head)) return Kind::scope;
  return isFunction(head) ? Kind::function : Kind::initialiser;
}

void Reader::open() {
  const std::string head = trimmed(head_);
  Open opened{kindOf(head), parentheses_, head_, headLine_, found.size()};
  if (opened.kind == Kind::function && depth_++ == 0) {
    const bool lambda = isLambda(head);
    found.push_back({lambda ? "lambda" : nameOf(head),
                     lambda && (parentheses_ > 0 || within(Kind::initialiser)) ? line_ : headLine_, 0});
  }
  open_.push_back(std::move(opened));
  parentheses_ = 0;
  restart();
}

void Reader::close() {
  if (open_.empty()) return; // both branches of an #if may close
  const Open closed = std::move(open_.back());
  open_.pop_back();
  parentheses_ = closed.parentheses;
  if (closed.kind == Kind::function) {
    if (--depth_ > 0) return;
    found[closed.index].last = line_;
  }
  restart();
  const bool lambda = closed.kind == Kind::function && found[closed.index].name == "lambda";
  if (closed.kind != Kind::initialiser && !lambda) return;
  head_ = closed.head + "}";
  headLine_ = closed.headLine;
}

void Reader::word(char c) {
  static const std::regex access(
      R"re((Q_[A-Z_]+(\(\))?\s*)*(public|private|protected|signals|Q_SIGNALS)(\s+(slots|Q_SLOTS))?)re");
  static const std::regex macro(R"re(Q_[A-Z_]+(\(\))?)re"); // needs no semicolon
  if (c == ';' || (c == ',' && within(Kind::initialiser))) return restart();
  if (c == ':' && std::regex_match(trimmed(head_), access)) return restart();
  if (c == '\n' && std::regex_match(trimmed(head_), macro)) return restart();
  if (!isSpace(c) && trimmed(head_).empty()) headLine_ = line_;
  head_ += c;
}

void Reader::take(char c) {
  if (c == '\n') ++line_;
  if (c == '{') return open();
  if (c == '}') return close();
  if (depth_ > 0) return;
  if (c == '(' && parentheses_++ > 0) return;
  if (c == ')' && parentheses_ > 0 && --parentheses_ > 0) return;
  // Brackets stay: a lambda may be an argument.
  if (parentheses_ > 0 && c != '(' && c != '[' && c != ']') return;
  word(c);
}

// Tarjan's algorithm.
struct Components {
  const Includes& includes;
  std::map<std::string, int> index, low;
  std::vector<std::string> stack;
  std::vector<std::vector<std::string>> found;

  void visit(const std::string& unit) {
    index[unit] = low[unit] = static_cast<int>(index.size());
    stack.push_back(unit);
    if (const auto row = includes.find(unit); row != includes.end())
      for (const std::string& other : row->second) {
        if (!index.contains(other)) {
          visit(other);
          low[unit] = std::min(low[unit], low[other]);
        } else if (std::find(stack.begin(), stack.end(), other) != stack.end()) {
          low[unit] = std::min(low[unit], index[other]);
        }
      }
    if (low[unit] != index[unit]) return;
    const auto first = std::find(stack.begin(), stack.end(), unit);
    std::vector<std::string> group(first, stack.end());
    stack.erase(first, stack.end());
    std::sort(group.begin(), group.end());
    if (group.size() > 1) found.push_back(std::move(group));
  }
};

} // namespace

std::string withoutWords(const std::string& source) {
  std::string text = source;
  bool atLineStart = true;
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = endOfWords(source, at, atLineStart);
    const char c = source[at];
    if (c == '\n') atLineStart = true;
    if (!isSpace(c) && (end == at || c == '"' || c == '\'')) atLineStart = false;
    if (end == at) {
      ++at;
      continue;
    }
    const std::size_t quotes = c == '"' || c == '\'' ? 1 : 0;
    for (std::size_t i = at + quotes; i + quotes < end; ++i)
      if (text[i] != '\n') text[i] = ' ';
    at = end;
  }
  return text;
}

std::vector<Function> functionsIn(const std::string& source) {
  Reader reader;
  for (const char c : withoutWords(source)) reader.take(c);
  return std::move(reader.found);
}

std::vector<std::vector<std::string>> circlesIn(const Includes& includes) {
  Components components{includes, {}, {}, {}, {}};
  for (const auto& [unit, others] : includes)
    if (!components.index.contains(unit)) components.visit(unit);
  std::sort(components.found.begin(), components.found.end());
  return std::move(components.found);
}

} // namespace loom::house
