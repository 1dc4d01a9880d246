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

std::string shortened(const std::string& text, std::size_t most = 120) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// Builds the value event by event, because the library's own parser keeps the last of two equal keys, turns
// an integer that does not fit into a float, and nests without limit (destroying such a value overflows the
// stack).
class Builder : public nlohmann::json_sax<Json> {
 public:
  Json root;
  Message cause; // empty: the text is not JSON, and `complaint` is the library's
  std::string complaint;
  std::optional<std::size_t> position; // only the lexer knows where it stands

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(std::int64_t value) override { return add(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) override { return add(value) != nullptr; }
  bool number_float(double value, const std::string& text) override {
    // The lexer hands integers beyond 64 bits over as floats.
    if (text.find_first_not_of("-0123456789") == std::string::npos)
      return refuse(say("the whole number {} does not fit 64 bits", shortened(text)));
    if (!std::isfinite(value)) return refuse(say("the number {} does not fit", shortened(text)));
    return add(value) != nullptr;
  }
  bool string(std::string& value) override { return add(std::move(value)) != nullptr; }
  bool binary(Json::binary_t&) override { return refuse(say("binary values are not JSON")); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    if (open_.back()->contains(name)) return refuse(say("the key '{}' is used twice", shortened(name)));
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int numberOverflow = 406;
    if (error.id == numberOverflow) cause = say("a number does not fit a double");
    complaint = error.what();
    position = at;
    return false;
  }

 private:
  bool refuse(Message why) {
    cause = open_.empty() ? std::move(why) : say("{} (in {})", why, path());
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
    if (open_.size() >= maxDepth) return refuse(say("values are nested deeper than {} levels", maxDepth));
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

Error damaged(Place place, Message cause) {
  return {ErrorKind::input, std::move(place), std::move(cause),
          say("Correct the text or restore it from a copy")};
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

Place withLine(std::string_view text, const Place& place, std::size_t position) {
  const auto at = lineOf(text, position);
  return say("{}:{}:{}", place.message(), at.line, at.column);
}

// What the library's complaint means to a person: it speaks of literals, tokens and what it last read.
Message inPlainWords(std::string_view complaint, std::string_view text, std::size_t position) {
  const auto says = [&](std::string_view words) { return complaint.find(words) != std::string_view::npos; };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return say("The file is empty");
  if (says("; expected end of input")) return say("Something follows behind the end of the value");
  if (says("ill-formed UTF-8")) return say("A text contains a byte that is not UTF-8");
  if (says("unexpected end of input") || says("missing closing quote") || position > text.size()) {
    const auto at = lineOf(text, text.size() + 1);
    return say("The file ends in the middle of a value (line {}, column {})", at.line, at.column);
  }
  const std::pair<std::string_view, Message> rows[] = {
      {"control character", say("A text contains a line end or another control character")},
      {"surrogate", say("A text contains half a character: one \\u of a pair")},
      {"invalid string", say("A text contains a backslash with something unknown behind it")},
      {"invalid number", say("A number lacks a digit")},
      {"invalid literal", say("There is a word or sign that is not JSON; texts are in double quotes")},
      {"while parsing object key", say("The name of a member is missing, in double quotes")},
      {"while parsing object separator", say("The colon after a member's name is missing")},
      {"while parsing object", say("A comma or }} is missing after a member")},
      {"while parsing array", say("A comma or ] is missing after an element")},
      {"while parsing value", say("A value is missing")}};
  for (const auto& [words, meaning] : rows)
    if (says(words)) return meaning;
  return say("The text is not JSON");
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
  // A file name may contain bytes that are not UTF-8; the strict handler would throw out of a save.
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// A value as an error shows it.
std::string shortValue(const Json& value) {
  if (value.is_object()) return value.empty() ? "{}" : "{…}";
  if (value.is_array()) return value.empty() ? "[]" : "[…]";
  return shortened(dumped(value, -1), 60);
}

} // namespace

Result<Json> parseJson(std::string_view text, JsonSource source) {
  // The lexer takes a zero byte for the end and would accept whatever follows it.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    return damaged(withLine(text, source.place(), zero + 1), say("The file contains a zero byte"));
  Builder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  if (builder.cause.empty())
    builder.cause = inPlainWords(builder.complaint, text, builder.position.value_or(0));
  const Place place = source.place();
  return damaged(builder.position ? withLine(text, place, *builder.position) : place,
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

Result<Params> paramsFromJson(const Json& value, JsonSource source) {
  if (!value.is_object())
    return damaged(source.place(), say("parameters must be an object (got {})", shortValue(value)));
  Params params;
  for (auto member = value.begin(); member != value.end(); ++member) {
    const Json& held = *member;
    if (held.is_boolean()) {
      params.set(member.key(), held.get<bool>());
    } else if (held.is_number_float()) {
      params.set(member.key(), held.get<double>());
    } else if (held.is_number()) {
      const auto number = wholeNumber(held);
      if (!number)
        return damaged(source.place(),
                       say("parameter '{}' is a whole number that does not fit", member.key()));
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
        if (!number)
          return damaged(
              source.place(),
              say("parameter '{}' is a list that contains something else than whole numbers", member.key()));
        numbers.push_back(*number);
      }
      params.set(member.key(), std::move(numbers));
    } else {
      return damaged(source.place(),
                     say("parameter '{}' must be a number, a text, true or false, or a list (got {})",
                         member.key(), shortValue(held)));
    }
  }
  return params;
}

std::string JsonReader::shown(const char* key) const {
  return has(key) ? shortValue(object_[key]) : std::string();
}

Error JsonReader::wrong(const char* key, Message cause, Message fix) const {
  if (!object_.is_object())
    return damaged(place(), say("It must be a JSON object (got {})", shortValue(object_)));
  if (!object_.contains(key)) cause = say("member '{}' is missing", std::string_view(key));
  return {ErrorKind::input, place(), std::move(cause), std::move(fix)};
}

Result<std::int64_t> JsonReader::integer(const char* key) const {
  const auto value = has(key) ? wholeNumber(object_[key]) : std::nullopt;
  if (!value)
    return wrong(key,
                 say("member '{}' must be a whole number of at most 63 bits (got {})", std::string_view(key),
                     shown(key)),
                 say("Write a whole number of at most 63 bits there"));
  return *value;
}

Result<std::uint64_t> JsonReader::unsignedInteger(const char* key) const {
  if (!has(key))
    return wrong(key,
                 say("member '{}' must be a whole number from 0 (got {})", std::string_view(key), shown(key)),
                 say("Write a whole number from 0 there"));
  const Json& value = object_[key];
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  // Values built in memory hold small whole numbers as signed ones.
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return value.get<std::uint64_t>();
  return wrong(key,
               say("member '{}' must be a whole number from 0 (got {})", std::string_view(key), shown(key)),
               say("Write a whole number from 0 there"));
}

Result<double> JsonReader::number(const char* key) const {
  const auto value = has(key) ? numberFromJson(object_[key]) : std::nullopt;
  if (!value)
    return wrong(key, say("member '{}' must be a number (got {})", std::string_view(key), shown(key)),
                 say("Write a number there"));
  return *value;
}

Result<std::string> JsonReader::text(const char* key) const {
  if (!has(key) || !object_[key].is_string())
    return wrong(key, say("member '{}' must be a text (got {})", std::string_view(key), shown(key)),
                 say("Write a text there"));
  return object_[key].get<std::string>();
}

Result<bool> JsonReader::boolean(const char* key) const {
  if (!has(key) || !object_[key].is_boolean())
    return wrong(key, say("member '{}' must be true or false (got {})", std::string_view(key), shown(key)),
                 say("Write true or false there"));
  return object_[key].get<bool>();
}

Result<const Json*> JsonReader::object(const char* key) const {
  if (!has(key) || !object_[key].is_object())
    return wrong(key, say("member '{}' must be an object (got {})", std::string_view(key), shown(key)),
                 say("Write an object there"));
  return &object_[key];
}

Result<const Json*> JsonReader::array(const char* key) const {
  if (!has(key) || !object_[key].is_array())
    return wrong(key, say("member '{}' must be an array (got {})", std::string_view(key), shown(key)),
                 say("Write an array there"));
  return &object_[key];
}

} // namespace loom
