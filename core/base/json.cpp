// SPDX-License-Identifier: Apache-2.0
#include "core/base/json.h"
#include "core/base/atomic_file.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace loom {
namespace {

constexpr std::size_t maxDepth = 64;

// Builds the value event by event, because the library's own parser keeps the last of two equal keys, turns
// an integer that does not fit into a float, and nests without limit (destroying such a value overflows the
// stack).
class Builder : public nlohmann::json_sax<Json> {
 public:
  Json root;
  std::string cause; // empty: the text is no JSON, and `complaint` is the library's
  std::string complaint;
  std::optional<std::size_t> position; // only the lexer knows where it stands

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(std::int64_t value) override { return add(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) override { return add(value) != nullptr; }
  bool number_float(double value, const std::string& text) override {
    // The lexer hands integers beyond 64 bits over as floats.
    if (text.find_first_not_of("-0123456789") == std::string::npos)
      return refuse(fmt::format("the whole number {} does not fit 64 bits", shortened(text)));
    if (!std::isfinite(value)) return refuse(fmt::format("the number {} does not fit", shortened(text)));
    return add(value) != nullptr;
  }
  bool string(std::string& value) override { return add(std::move(value)) != nullptr; }
  bool binary(Json::binary_t&) override { return refuse("binary values are no JSON"); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    if (open_.back()->contains(name))
      return refuse(fmt::format("the key '{}' stands twice", shortened(name)));
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int numberOverflow = 406;
    if (error.id == numberOverflow) cause = "a number does not fit a double";
    complaint = error.what();
    position = at;
    return false;
  }

 private:
  static std::string shortened(const std::string& text) {
    if (text.size() <= 120) return text;
    std::size_t end = 120;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "…";
  }

  bool refuse(std::string why) {
    cause = std::move(why);
    if (!open_.empty()) cause += fmt::format(" (in {})", path());
    return false;
  }

  // "/layers/3" as a JSON pointer.
  std::string path() const {
    std::string text;
    for (std::size_t level = 0; level + 1 < open_.size(); ++level) {
      const Json& parent = *open_[level];
      if (parent.is_array()) {
        text += fmt::format("/{}", parent.size() - 1);
        continue;
      }
      for (auto member = parent.begin(); member != parent.end(); ++member)
        if (&member.value() == open_[level + 1]) text += "/" + member.key();
    }
    return text.empty() ? "/" : shortened(text);
  }

  Json* add(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return &(parent[key_] = std::move(value));
  }

  bool open(Json value) {
    if (open_.size() >= maxDepth)
      return refuse(fmt::format("values are nested deeper than {} levels", maxDepth));
    // A parent is not touched while a child is open, so the pointers stay valid.
    open_.push_back(add(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*> open_;
  std::string key_;
};

Error damaged(std::string place, std::string cause) {
  return {ErrorKind::input, std::move(place), std::move(cause), "Correct the text or restore it from a copy"};
}

struct LineAndColumn {
  std::size_t line = 1, column = 1;
};
LineAndColumn lineOf(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, std::min(position > 0 ? position - 1 : 0, text.size()));
  const auto lineStart = before.rfind('\n');
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          before.size() - (lineStart == std::string_view::npos ? 0 : lineStart + 1) + 1};
}

std::string withLine(std::string_view text, std::string_view place, std::size_t position) {
  const auto at = lineOf(text, position);
  return fmt::format("{}:{}:{}", place, at.line, at.column);
}

// What the library's complaint means to a person: it speaks of literals, tokens and what it last read.
std::string inPlainWords(std::string_view complaint, std::string_view text, std::size_t position) {
  const auto says = [&](std::string_view words) { return complaint.find(words) != std::string_view::npos; };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "The file is empty";
  if (says("; expected end of input")) return "Something follows behind the end of the value";
  if (says("ill-formed UTF-8")) return "A text holds a byte that is no UTF-8";
  if (says("unexpected end of input") || says("missing closing quote") || position > text.size()) {
    const auto at = lineOf(text, text.size() + 1);
    return fmt::format("The file ends in the middle of a value (line {}, column {})", at.line, at.column);
  }
  struct Row {
    std::string_view complaint, words;
  };
  static constexpr Row rows[] = {
      {"control character", "A text holds a line end or another control character"},
      {"surrogate", "A text holds half a character: one \\u of a pair"},
      {"invalid string", "A text holds a backslash with something unknown behind it"},
      {"invalid number", "A number lacks a digit"},
      {"invalid literal", "There is a word or sign that is no JSON; texts stand in double quotes"},
      {"while parsing object key", "The name of a member is missing, in double quotes"},
      {"while parsing object separator", "There is no colon behind the name of a member"},
      {"while parsing object", "There is no comma or } behind a member"},
      {"while parsing array", "There is no comma or ] behind an element"},
      {"while parsing value", "There is no value where one is wanted"}};
  for (const Row& row : rows)
    if (says(row.complaint)) return std::string(row.words);
  return "The text is no JSON";
}

const char* kindOf(const Json& value) {
  switch (value.type()) {
  case Json::value_t::null:
    return "null";
  case Json::value_t::object:
    return "an object";
  case Json::value_t::array:
    return "an array";
  case Json::value_t::string:
    return "a text";
  case Json::value_t::boolean:
    return "true or false";
  case Json::value_t::number_float:
    return "a number with a fraction or exponent";
  case Json::value_t::number_integer:
    return "a negative whole number";
  case Json::value_t::number_unsigned:
    return "a whole number";
  default:
    return "a value of another kind";
  }
}

std::optional<std::int64_t> wholeNumber(const Json& value) {
  if (value.is_number_unsigned()) {
    const std::uint64_t held = value.get<std::uint64_t>();
    if (held > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(held);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

std::string dumped(const Json& value, int indent) {
  // A file name may hold bytes that are no UTF-8; the strict handler would throw out of a save.
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace

Result<Json> parseJson(std::string_view text, std::string_view place) {
  // The lexer takes a zero byte for the end and would accept whatever follows it.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    return damaged(withLine(text, place, zero + 1), "The file holds a zero byte");
  Builder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  if (builder.cause.empty())
    builder.cause = inPlainWords(builder.complaint, text, builder.position.value_or(0));
  return damaged(builder.position ? withLine(text, place, *builder.position) : std::string(place),
                 std::move(builder.cause));
}

Result<Json> readJsonFile(const std::filesystem::path& file, std::size_t maxBytes) {
  const auto text = readWholeFile(file, maxBytes);
  if (!text) return text.error();
  return parseJson(*text, file.string());
}

std::string canonicalJson(const Json& value) { return dumped(value, 2) + "\n"; }
std::string compactJson(const Json& value) { return dumped(value, -1); }

Json numberOrText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

std::optional<double> numberFromJson(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

Json toJson(const Params& params) {
  Json object = Json::object();
  for (const auto& [name, value] : params) {
    if (const double* number = std::get_if<double>(&value))
      object[name] = numberOrText(*number);
    else
      std::visit([&member = object[name]](const auto& held) { member = held; }, value);
  }
  return object;
}

Result<Params> paramsFromJson(const Json& value, std::string_view place) {
  if (!value.is_object())
    return damaged(std::string(place), fmt::format("parameters are {}, wanted an object", kindOf(value)));
  Params params;
  for (auto member = value.begin(); member != value.end(); ++member) {
    const auto wrong = [&](std::string_view what) {
      return damaged(std::string(place), fmt::format("parameter '{}' {}", member.key(), what));
    };
    const Json& held = *member;
    if (held.is_boolean()) {
      params.set(member.key(), held.get<bool>());
    } else if (held.is_number_float()) {
      params.set(member.key(), held.get<double>());
    } else if (held.is_number()) {
      const auto number = wholeNumber(held);
      if (!number) return wrong("is a whole number that does not fit");
      params.set(member.key(), *number);
    } else if (held.is_string()) {
      params.set(member.key(), held.get<std::string>());
    } else if (held.is_array()) {
      if (!held.empty() &&
          std::all_of(held.begin(), held.end(), [](const Json& one) { return one.is_string(); })) {
        params.set(member.key(), held.get<Texts>());
        continue;
      }
      std::vector<std::int64_t> numbers;
      for (const Json& element : held) {
        const auto number = wholeNumber(element);
        if (!number) return wrong("is a list that holds something else than whole numbers");
        numbers.push_back(*number);
      }
      params.set(member.key(), std::move(numbers));
    } else {
      return wrong(fmt::format("is {}, wanted a number, a text, true or false, or a list", kindOf(held)));
    }
  }
  return params;
}

Error JsonReader::wrong(const char* key, const char* wanted) const {
  if (!object_.is_object())
    return damaged(place_, fmt::format("It is not a JSON object, but {}", kindOf(object_)));
  std::string cause;
  if (!object_.contains(key))
    cause = fmt::format("member '{}' is missing", key);
  else
    cause = fmt::format("member '{}' is {}, wanted {}", key, kindOf(object_[key]), wanted);
  return {ErrorKind::input, place_, std::move(cause), fmt::format("Write {} there", wanted)};
}

Result<std::int64_t> JsonReader::integer(const char* key) const {
  const auto value = has(key) ? wholeNumber(object_[key]) : std::nullopt;
  if (!value) return wrong(key, "a whole number of at most 63 bits");
  return *value;
}

Result<std::uint64_t> JsonReader::unsignedInteger(const char* key) const {
  if (!has(key)) return wrong(key, "a whole number from 0");
  const Json& value = object_[key];
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  // Values built in memory hold small whole numbers as signed ones.
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return value.get<std::uint64_t>();
  return wrong(key, "a whole number from 0");
}

Result<double> JsonReader::number(const char* key) const {
  const auto value = has(key) ? numberFromJson(object_[key]) : std::nullopt;
  if (!value) return wrong(key, "a number");
  return *value;
}

Result<std::string> JsonReader::text(const char* key) const {
  if (!has(key) || !object_[key].is_string()) return wrong(key, "a text");
  return object_[key].get<std::string>();
}

Result<bool> JsonReader::boolean(const char* key) const {
  if (!has(key) || !object_[key].is_boolean()) return wrong(key, "true or false");
  return object_[key].get<bool>();
}

Result<const Json*> JsonReader::object(const char* key) const {
  if (!has(key) || !object_[key].is_object()) return wrong(key, "an object");
  return &object_[key];
}

Result<const Json*> JsonReader::array(const char* key) const {
  if (!has(key) || !object_[key].is_array()) return wrong(key, "an array");
  return &object_[key];
}

} // namespace loom
