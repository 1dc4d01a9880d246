// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/backend/backend.h"
#include "core/base/format.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace loom {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// "SGD, Adam or AdamW".
Message listed(std::vector<std::string> names) {
  if (names.size() < 2) return say("{}", names);
  const std::string last = std::move(names.back());
  names.pop_back();
  return say("{} or {}", names, last);
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

// A message shows control characters as escapes.
std::string shortWord(const std::string& word) {
  constexpr std::size_t most = 60;
  return word.size() > most ? shortened(word, most) : word;
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

Message unknownOption(const CLI::App& app, const std::string& path, const std::string& word) {
  std::vector<std::string> known;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  const std::string near = nearest(word.substr(0, word.find('=')), known);
  if (near.empty()) return say("'{}' has no option '{}'.", path, shortWord(word));
  return say("'{}' has no option '{}'. Did you mean '{}'?", path, shortWord(word), near);
}

bool looksLikeOption(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

// A verb with verbs below it.
Message wrongBelow(const std::vector<std::string>& left, const std::vector<std::string>& names,
                   const std::string& path) {
  if (left.empty()) return say("Choose a subcommand: {} {}.", path, listed(names));
  // `remaining` gives the words as they were typed.
  const std::string word = shortWord(left.front()), near = nearest(left.front(), names);
  if (near.empty()) return say("'{}' has no subcommand '{}'. Use {}.", path, word, listed(names));
  return say("'{}' has no subcommand '{}'. Did you mean '{}'? Use {}.", path, word, near, listed(names));
}

Message missingOption(const CLI::App& app, const std::string& text) {
  const auto end = text.find(" is required");
  if (end == std::string::npos) return say("{}.", foreign(text));
  const std::string name = text.substr(0, end);
  const auto* missing = app.get_option_no_throw(name);
  if (missing == nullptr || missing->get_description().empty()) return say("{} is missing.", name);
  return say("{} is missing: {}.", name, missing->get_description());
}

Message wrongWords(const CLI::App& root, const CLI::App& app, const std::string& path,
                   const CLI::ParseError& error) {
  const auto left = leftOver(root);
  const auto option = std::find_if(left.begin(), left.end(), looksLikeOption);
  if (option != left.end()) return unknownOption(app, path, *option);
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  if (!below.empty()) return wrongBelow(left, namesOf({below.begin(), below.end()}), path);
  if (error.get_name() == "RequiredError") return missingOption(app, error.what());
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty())
    return say("'{}' is one argument too many.", shortWord(left.front()));
  if (error.get_name() == "ArgumentMismatch") {
    const std::string text = error.what();
    const std::string name = text.substr(0, text.find(':'));
    if (text.find("At least") != std::string::npos) return say("{} takes two or more values.", name);
    if (name.rfind("--", 0) == 0) return say("{} needs a value.", name);
  }
  const std::string text = error.what();
  const bool whole = text.empty() || text.back() == '.' || text.back() == '?';
  return whole ? foreign(text) : say("{}.", foreign(text));
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
  struct Texts {
    Message cause, fix;
  };
  const Texts run{
      say("no run is given"),
      say("Give a run, such as last, or leave the option out (a variable of the shell may be empty)")};
  const std::map<std::string, Texts> named{
      {"--resume", run},
      {"--run", run},
      {"--network",
       {say("no network is given"),
        say("Give one of the project, or leave the option out (a variable of the shell may be empty)")}},
      {"--data",
       {say("no file or folder is given"),
        say("Give one, or leave the option out (a variable of the shell may be empty)")}},
      {"--target",
       {say("no column is given"),
        say("Give one of the table, or leave the option out (a variable of the shell may be empty)")}}};
  std::string path;
  for (const auto* option : deepest(root, path)->get_options()) {
    const std::string name = option->get_name();
    const auto& values = option->results();
    if (!name.starts_with("--") || option->get_items_expected_max() == 0 ||
        std::find(values.begin(), values.end(), "") == values.end())
      continue;
    if (const auto known = named.find(name); known != named.end())
      return Error{ErrorKind::usage, name, known->second.cause, known->second.fix};
    return Error{ErrorKind::usage, name, say("no value is given"),
                 say("Give one, or leave the option out (a variable of the shell may be empty)")};
  }
  return std::nullopt;
}

Message usageText(const CLI::App& root, const CLI::ParseError& error) {
  std::string path;
  const CLI::App* app = deepest(root, path);
  return say("{} '{} --help' shows how it is used.", wrongWords(root, *app, path, error), path);
}

CLI::Validator wholeNumber(std::int64_t least, std::int64_t most) {
  return validator([=](std::string& text) -> std::string {
    const auto value = numberOf<std::int64_t>(text);
    if (value && *value >= least && *value <= most) return {};
    const bool digits = !text.empty() && text.find_first_not_of("+-0123456789") == std::string::npos;
    const std::string word = shortWord(text);
    const Message wrong =
        digits ? say("'{}' is out of range. Give one from {} to {}.", word, Count{least}, Count{most})
               : say("'{}' is not a whole number. Give one from {} to {}.", word, Count{least}, Count{most});
    return wrong.text();
  });
}

CLI::Validator fieldValue(std::vector<const Field*> fields) {
  return validator([fields = std::move(fields)](std::string& text) -> std::string {
    std::optional<Error> first;
    for (const Field* field : fields) {
      auto value = parseField(*field, text);
      if (value) return {};
      if (!first) first = value.error();
    }
    return first ? plain(first->cause.text()) + ". " + plain(first->fix.text()) + "." : std::string();
  });
}

CLI::Validator oneOf(std::vector<std::string> names) {
  return validator([names = std::move(names)](std::string& text) -> std::string {
    for (const auto& name : names)
      if (lower(name) == lower(text)) {
        text = name;
        return {};
      }
    const std::string near = nearest(text, names);
    const Message wrong = near.empty() ? say("Unknown value '{}'. Use {}.", shortWord(text), listed(names))
                                       : say("Unknown value '{}'. Did you mean '{}'? Use {}.",
                                             shortWord(text), near, listed(names));
    return wrong.text();
  });
}

CLI::Validator runName() {
  return validator([](std::string& text) -> std::string {
    constexpr std::size_t most = 200;
    if (text.size() > most)
      return say("the name has {} bytes. Give one of at most {}.", Count{std::ssize(text)}, most).text();
    if (!isUtf8(text)) return say("the name is not valid UTF-8. Give one in UTF-8.").text();
    if (plain(text) != text)
      return say("the name contains a line end or another control character. Give one of visible characters.")
          .text();
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
    const std::string near = nearest(text, known);
    const Message wrong =
        near.empty()
            ? say("Unknown device '{}'. Use {}; 'loom devices' lists them.", shortWord(text), listed(known))
            : say("Unknown device '{}'. Did you mean '{}'? Use {}; 'loom devices' lists them.",
                  shortWord(text), near, listed(known));
    return wrong.text();
  });
}

} // namespace loom
