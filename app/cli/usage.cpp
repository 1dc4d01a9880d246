// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/backend/backend.h"
#include "core/base/format.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace loom {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t index = 0; index < words.size(); ++index)
    text += (index == 0 ? "" : index + 1 == words.size() ? " or " : ", ") + words[index];
  return text;
}

// JSON is UTF-8: what it passes over and what it replaces are nothing then.
bool isUtf8(const std::string& text) {
  const Json json = text;
  return json.dump(-1, ' ', false, Json::error_handler_t::ignore) ==
         json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Letters to change, add or take away.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t before = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t old = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, before + (a[i - 1] == b[j - 1] ? 0 : 1)});
      before = old;
    }
  }
  return row[b.size()];
}

// Words are cut, and control characters do not reach the terminal.
std::string inMarks(const std::string& word) {
  constexpr std::size_t most = 60;
  return "'" + plain(word.size() > most ? word.substr(0, most) + "…" : word) + "'";
}

std::string meant(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? std::string() : " Did you mean '" + near + "'?";
}

std::vector<std::string> namesOf(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  for (const auto* app : apps) names.push_back(app->get_name());
  return names;
}

const CLI::App* deepest(const CLI::App& root, std::string& path) {
  const CLI::App* app = &root;
  path = "loom";
  for (auto parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands()) {
    app = parsed.front();
    path += " " + app->get_name();
  }
  return app;
}

// The words that nobody took, of the verb that was reached and of all before it.
std::vector<std::string> leftOver(const CLI::App& root) {
  std::vector<std::string> words;
  const CLI::App* app = &root;
  for (;;) {
    const auto left = app->remaining();
    words.insert(words.end(), left.begin(), left.end());
    const auto parsed = app->get_subcommands();
    if (parsed.empty()) return words;
    app = parsed.front();
  }
}

std::string unknownOption(const CLI::App& app, const std::string& path, const std::string& word) {
  std::vector<std::string> known;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  return fmt::format("'{}' has no option {}.{}", path, inMarks(word),
                     meant(word.substr(0, word.find('=')), known));
}

bool looksLikeOption(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::string wrongWords(const CLI::App& root, const CLI::App& app, const std::string& path,
                       const CLI::ParseError& error) {
  const auto left = leftOver(root);
  const auto option = std::find_if(left.begin(), left.end(), looksLikeOption);
  if (option != left.end()) return unknownOption(app, path, *option);
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  if (!below.empty()) {
    const auto names = namesOf({below.begin(), below.end()});
    if (left.empty()) return fmt::format("Say what to do: {}", path + " " + listed(names) + ".");
    // `remaining` gives the words as they stood.
    return fmt::format("'{}' knows no {}.{} It knows {}.", path, inMarks(left.front()),
                       meant(left.front(), names), listed(names));
  }
  if (error.get_name() == "RequiredError") {
    const std::string text = error.what();
    const auto end = text.find(" is required");
    if (end != std::string::npos) {
      const std::string name = text.substr(0, end);
      const auto* missing = app.get_option_no_throw(name);
      return fmt::format("{} is missing{}.", name,
                         missing != nullptr && !missing->get_description().empty()
                             ? ": " + missing->get_description()
                             : std::string());
    }
    return text + ".";
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty())
    return fmt::format("{} is one word too many.", inMarks(left.front()));
  if (error.get_name() == "ArgumentMismatch") {
    const std::string text = error.what();
    const std::string name = text.substr(0, text.find(':'));
    if (text.find("At least") != std::string::npos) return fmt::format("{}: two or more are wanted.", name);
    if (name.rfind("--", 0) == 0) return fmt::format("{} wants a value behind it.", name);
  }
  std::string text = error.what();
  if (!text.empty() && text.back() != '.' && text.back() != '?') text += '.';
  return text;
}

// The whole text as a number; nullopt for anything else.
template<class Number> std::optional<Number> numberOf(const std::string& text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Shown in place of CLI11's description, which would stand in the help.
CLI::Validator validator(std::function<std::string(std::string&)> check) {
  return CLI::Validator(std::move(check), "");
}

} // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 2)) + 1;
  if (word.size() > 60) return best;
  for (const auto& one : known) {
    const std::size_t letters = distance(lower(word), lower(one));
    if (letters < least) {
      least = letters;
      best = one;
    }
  }
  return best;
}

std::optional<Error> emptyValue(const CLI::App& root) {
  static const std::map<std::string, std::pair<std::string, std::string>> named{
      {"--resume", {"run", "a run, such as last"}},
      {"--run", {"run", "a run, such as last"}},
      {"--network", {"network", "one of the project"}},
      {"--data", {"file or folder", "one"}},
      {"--target", {"column", "one of the table"}}};
  std::string path;
  for (const auto* option : deepest(root, path)->get_options()) {
    const std::string name = option->get_name();
    const auto& values = option->results();
    if (!name.starts_with("--") || option->get_items_expected_max() == 0 ||
        std::find(values.begin(), values.end(), "") == values.end())
      continue;
    const auto known = named.find(name);
    const bool plain = known == named.end();
    return Error{ErrorKind::usage, name,
                 plain ? std::string("no value is given") : "no " + known->second.first + " is named",
                 fmt::format("Give {}, or leave the option out (a variable of the shell may be empty)",
                             plain ? "one" : known->second.second)};
  }
  return std::nullopt;
}

std::string usageText(const CLI::App& root, const CLI::ParseError& error) {
  std::string path;
  const CLI::App* app = deepest(root, path);
  return fmt::format("loom: {} '{} --help' shows how it is used.", wrongWords(root, *app, path, error), path);
}

CLI::Validator wholeNumber(std::int64_t least, std::int64_t most) {
  return validator([=](std::string& text) -> std::string {
    const auto value = numberOf<std::int64_t>(text);
    if (value && *value >= least && *value <= most) return {};
    const bool digits = !text.empty() && text.find_first_not_of("+-0123456789") == std::string::npos;
    const auto shown = [](std::int64_t bound) {
      return bound < 1'000'000 ? formatCount(bound) : std::to_string(bound);
    };
    return fmt::format("{} is {}. Give one from {} to {}.", inMarks(text),
                       digits ? "out of range" : "no whole number", shown(least), shown(most));
  });
}

CLI::Validator anySeed() {
  return validator([](std::string& text) -> std::string {
    if (numberOf<std::uint64_t>(text)) return {};
    return fmt::format("{} is no seed. Give a whole number from 0 to 18446744073709551615.", inMarks(text));
  });
}

CLI::Validator numberAbove0(double most) {
  return validator([=](std::string& text) -> std::string {
    const auto value = numberOf<double>(text);
    if (value && *value > 0 && *value <= most) return {};
    return fmt::format("{} is {}. Give one above 0 and up to {}, such as 0.001.", inMarks(text),
                       value && std::isfinite(*value) ? "out of range" : "no number", formatNumber(most));
  });
}

CLI::Validator oneOf(std::vector<std::string> names) {
  return validator([names = std::move(names)](std::string& text) -> std::string {
    for (const auto& name : names)
      if (lower(name) == lower(text)) {
        text = name;
        return {};
      }
    return fmt::format("There is no {}.{} Use {}.", inMarks(text), meant(text, names), listed(names));
  });
}

CLI::Validator runName() {
  return validator([](std::string& text) -> std::string {
    constexpr std::size_t most = 200;
    if (text.size() > most)
      return fmt::format("the name has {} bytes. Give one of at most {}.", formatCount(std::ssize(text)),
                         most);
    if (!isUtf8(text)) return "the name is no valid UTF-8. Give one in UTF-8.";
    if (plain(text) != text)
      return "the name holds a line end or another control character. Give one of visible characters.";
    return {};
  });
}

CLI::Validator knownDevice() {
  return validator([](std::string& text) -> std::string {
    if (text == "auto") return {};
    std::vector<std::string> known{"auto"};
    for (const auto& device : allDevices()) {
      if (text == device.id || text == device.backend) return {};
      known.push_back(device.id);
    }
    // A GPU by its number may be missing on this machine; that is no wrong word.
    if (text.rfind("cuda:", 0) == 0 && text.size() > 5 &&
        text.find_first_not_of("0123456789", 5) == std::string::npos)
      return {};
    return fmt::format("There is no device {}.{} Use {}; 'loom devices' lists them.", inMarks(text),
                       meant(text, known), listed(known));
  });
}

} // namespace loom
