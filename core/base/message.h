// SPDX-License-Identifier: Apache-2.0
// A text for people as a value: a template and its arguments. Errors, diagnostics and findings carry
// Messages; a Message becomes text only where it is shown, so that a program can read its parts and a
// translation can replace its template. Created by say(), which checks the template at compile time:
//   say("There is no checkpoint of step {}.", step)
// A template is a whole sentence or phrase. Arguments are numbers, counts and names (a file, a column, an
// option), never phrases: a string literal is refused as an argument. foreign() wraps a text that another
// program or library wrote (strerror, SQLite, a journal of an earlier version); it is never used as a
// template.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace loom {

struct Count { // an exact count with thousands separators: 1,048,576
  std::int64_t value = 0;
  bool operator==(const Count&) const = default;
};
struct Bytes { // 3.2 MB
  std::uint64_t value = 0;
  bool operator==(const Bytes&) const = default;
};
struct Seconds { // 12.4 ms, 3.1 s
  double value = 0;
  bool operator==(const Seconds&) const = default;
};
struct Foreign { // a text that is not ours, as it was read; control characters are shown as escapes
  std::string value;
  bool operator==(const Foreign&) const = default;
};

class Message;

// One argument. std::string: a name, shown with control and direction characters as escapes (\n, \u202e).
// A list of names is shown separated by commas. A Message inside another one (the cause behind an error) is
// shown as it would be alone.
using MessageArgument = std::variant<std::int64_t, std::uint64_t, double, Count, Bytes, Seconds, std::string,
                                     std::vector<std::string>, Foreign, std::vector<Message>>;

namespace message_detail {

// The number of "{}" in a template; -1 when it has any other brace than "{}", "{{" and "}}".
constexpr int placeholders(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{' && text[i] != '}') continue;
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '{' && next == '}')
      ++count;
    else if (next != text[i])
      return -1;
    ++i;
  }
  return count;
}

template<class T>
inline constexpr bool isName = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> ||
                               std::is_same_v<T, std::filesystem::path>;

template<class T> MessageArgument argument(const T& value) {
  if constexpr (std::is_same_v<T, bool>)
    static_assert(!sizeof(T), "A flag is not a number: use two templates.");
  else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::is_integral_v<T>)
    return static_cast<std::uint64_t>(value);
  else if constexpr (std::is_floating_point_v<T>)
    return static_cast<double>(value);
  else if constexpr (std::is_same_v<T, std::filesystem::path>)
    return value.string();
  else if constexpr (isName<T>)
    return std::string(value);
  else if constexpr (std::is_same_v<T, Message>)
    return std::vector<T>{value};
  else
    return MessageArgument(value);
}

} // namespace message_detail

// A template whose placeholders match the arguments; checked when the program is compiled.
template<class... Arguments> class MessageTemplate {
 public:
  template<std::size_t size> consteval MessageTemplate(const char (&text)[size]) : text_(text, size - 1) {
    if (message_detail::placeholders(text_) != static_cast<int>(sizeof...(Arguments)))
      throw "The template's placeholders {} do not match its arguments.";
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Message {
 public:
  Message() = default; // no text

  bool empty() const { return template_.empty(); }
  std::string text() const; // English, for people: UTF-8
  // Eight hexadecimal digits that stand for the template, the same in every build; empty when there is none.
  std::string id() const;
  // "{}" for foreign texts. A literal of this program: valid as long as the code that said it is loaded.
  std::string_view messageTemplate() const { return template_; }
  const std::vector<MessageArgument>& arguments() const { return arguments_; }
  bool operator==(const Message&) const = default; // the same template and arguments

 private:
  Message(std::string_view text, std::vector<MessageArgument> arguments)
      : template_(text), arguments_(std::move(arguments)) {}
  template<class... Arguments>
  friend Message say(MessageTemplate<std::type_identity_t<Arguments>...> text, const Arguments&... arguments);
  friend Message foreign(std::string_view text);
  friend class Place;

  std::string_view template_;
  std::vector<MessageArgument> arguments_;
};

template<class... Arguments>
Message say(MessageTemplate<std::type_identity_t<Arguments>...> text, const Arguments&... arguments) {
  static_assert((!std::is_array_v<Arguments> && ...) && (!std::is_pointer_v<Arguments> && ...),
                "A literal is a phrase: write it in the template, or pass a name as std::string_view.");
  std::vector<MessageArgument> values;
  values.reserve(sizeof...(Arguments));
  (values.push_back(message_detail::argument(arguments)), ...);
  return Message(text.text(), std::move(values));
}

// `one` for a count of 1, else `other`. The count is the first placeholder of both.
template<class Number, class... Arguments>
Message sayCount(MessageTemplate<std::type_identity_t<Number>, std::type_identity_t<Arguments>...> one,
                 MessageTemplate<std::type_identity_t<Number>, std::type_identity_t<Arguments>...> other,
                 const Number& count, const Arguments&... arguments) {
  bool single = false;
  if constexpr (std::is_same_v<Number, Count>)
    single = count.value == 1;
  else
    single = count == 1;
  return say<Number, Arguments...>(single ? one : other, count, arguments...);
}

Message foreign(std::string_view text); // a text that is not ours

// Where something happened: a name (a file, an option, a node) as it is, or a Message ("data.csv, line 3").
class Place {
 public:
  Place() = default;
  Place(const char* name) : Place(std::string(name)) {}
  Place(std::string_view name) : Place(std::string(name)) {}
  Place(const std::filesystem::path& name) : Place(name.string()) {}
  Place(const std::string& name);
  Place(Message message) : message_(std::move(message)) {}
  bool empty() const { return message_.empty(); }
  std::string text() const { return message_.text(); }
  const Message& message() const { return message_; }
  bool operator==(const Place&) const = default;

 private:
  Message message_;
};

// The name as people see it: control characters, direction marks and bytes that are not UTF-8 as escapes.
std::string visibleText(std::string_view text);

} // namespace loom
