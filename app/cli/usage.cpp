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

// Whether --help shows it: what is in no group is for programs alone.
bool isShown(const auto& one) { return !one.get_group().empty(); }

// The verbs below one, as people see them.
std::vector<std::string> namesBelow(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* below : app.get_subcommands([](const CLI::App* one) { return isShown(*one); }))
    names.push_back(below->get_name());
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
    for (const std::string& word : left)
      if (word != "--") words.push_back(word); // it ends the options
    const auto parsed = app->get_subcommands();
    if (parsed.empty()) return words;
    app = parsed.front();
  }
}

Message unknownOption(const CLI::App& app, const std::string& path, const std::string& word) {
  std::vector<std::string> known;
  for (const auto* option : app.get_options([](const CLI::Option* one) { return isShown(*one); }))
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  const std::string near = nearest(word.substr(0, word.find('=')), known);
  if (near.empty()) return say("'{}' has no option '{}'.", path, shortWord(word));
  return say("'{}' has no option '{}'. Did you mean '{}'?", path, shortWord(word), near);
}

bool looksLikeOption(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

// The first option that nobody took; nothing when there is none. A word after "--" is not an option, however it
// looks.
std::optional<Message> wrongOption(const CLI::App& app, const std::string& path,
                                   const std::vector<std::string>& left,
                                   const std::vector<std::string>& words) {
  const auto values = std::find(words.begin(), words.end(), "--");
  for (const std::string& word : left) {
    if (!looksLikeOption(word) ||
        std::count(left.begin(), left.end(), word) <= std::count(values, words.end(), word))
      continue;
    if (app.get_option_no_throw(word.substr(0, word.find('='))) == nullptr)
      return unknownOption(app, path, word);
    return say("'{}' must follow '{}'.", shortWord(word), path);
  }
  return std::nullopt;
}

// A verb with verbs below it.
Message wrongBelow(const std::vector<std::string>& left, const std::vector<std::string>& names,
                   const std::string& path) {
  if (left.empty()) return say("Choose a subcommand: {} {}.", path, listed(names));
  // `remaining` gives the words as they were typed.
  const std::string word = shortWord(left.front()), near = nearest(left.front(), names);
  if (near.empty()) return say("'{}' has no subcommand '{}'. Use {}.", path, word, listed(names));
  return say("'{}' has no subcommand '{}'. Did you mean '{}'? Use {}.", path, word, near, listed(names));
}

// What CLI11 says in the form "A <verb> B", as the two names; empty where it says something else.
std::pair<std::string, std::string> namesAround(const std::string& text, std::string_view verb) {
  const auto at = text.find(verb);
  if (at == std::string::npos) return {};
  return {text.substr(0, at), text.substr(at + verb.size())};
}

Message missingOption(const CLI::App& app, const std::string& text) {
  const std::string name = namesAround(text, " is required").first;
  if (name.empty()) return say("{}.", foreign(text));
  const auto* missing = app.get_option_no_throw(name);
  if (missing == nullptr || missing->get_description().empty()) return say("{} is missing.", name);
  return say("{} is missing: {}.", name, missing->get_description());
}

// The number of values is wrong: none, too many, or the option is there twice.
Message wrongCount(const CLI::App& app, const std::string& text) {
  if (const std::string flag = namesAround(text, " was given a disallowed flag override").first;
      !flag.empty()) {
    const std::string typed = "--" + flag; // CLI11 leaves the dashes out
    return say("{} takes no value.", app.get_option_no_throw(typed) != nullptr ? typed : flag);
  }
  const std::string name = text.substr(0, text.find(':'));
  const auto* option = app.get_option_no_throw(name);
  const bool most = text.find("At Most") != std::string::npos;
  if (most && option != nullptr && option->get_items_expected_max() <= 1)
    return say("{} is given more than once.", name);
  if (most && option != nullptr)
    return say("{} takes at most {} values.", name, option->get_items_expected_max());
  if (text.find("At least") != std::string::npos) return say("{} takes two or more values.", name);
  return say("{} needs a value.", name);
}

// What a check of this file refused last: CLI11 passes texts alone.
std::optional<Error>& lastRefusal() {
  static thread_local std::optional<Error> refusal;
  return refusal;
}

std::string refuse(Message cause, Message fix = {}) {
  lastRefusal() = Error{ErrorKind::usage, {}, std::move(cause), std::move(fix)};
  return lastRefusal()->message();
}

// "--epochs: <text of a check>".
Error wrongValue(const std::string& text) {
  const auto& refusal = lastRefusal();
  const auto [name, rest] = namesAround(text, ": ");
  if (name.empty()) return {ErrorKind::usage, {}, foreign(text), {}};
  if (refusal && refusal->message() == rest) return {ErrorKind::usage, name, refusal->cause, refusal->fix};
  return {ErrorKind::usage, name, foreign(rest), {}};
}

Error wrongWords(const CLI::App& root, const CLI::App& app, const std::string& path,
                 const CLI::ParseError& error, const std::vector<std::string>& words) {
  const auto only = [](Message cause) { return Error{ErrorKind::usage, {}, std::move(cause), {}}; };
  const auto left = leftOver(root);
  if (auto option = wrongOption(app, path, left, words)) return only(std::move(*option));
  if (const auto below = namesBelow(app); !below.empty()) return only(wrongBelow(left, below, path));
  const std::string text = error.what(), kind = error.get_name();
  if (kind == "RequiredError") return only(missingOption(app, text));
  if (kind == "ExcludesError")
    if (const auto [one, other] = namesAround(text, " excludes "); !one.empty())
      return only(say("{} cannot be used with {}.", one, other));
  if (kind == "RequiresError")
    if (const auto [one, other] = namesAround(text, " requires "); !one.empty())
      return only(say("{} needs {}.", one, other));
  if (kind == "ArgumentMismatch") return only(wrongCount(app, text));
  if (kind == "ValidationError") return wrongValue(text);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty())
    return only(say("'{}' is one argument too many.", shortWord(left.front())));
  if (const auto [name, value] = namesAround(text.substr(text.find(": ") + 1), " = ");
      kind == "ConversionError" && !name.empty())
    return {ErrorKind::usage,
            name.substr(name.find_first_not_of(' ')),
            say("'{}' is not a valid value.", shortWord(value)),
            {}};
  return only(foreign(text));
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
    if (option->get_items_expected_max() == 0 || std::find(values.begin(), values.end(), "") == values.end())
      continue;
    if (!name.starts_with("--"))
      return Error{ErrorKind::usage, name, say("the value is empty"),
                   say("Give one (a variable of the shell may be empty)")};
    if (const auto known = named.find(name); known != named.end())
      return Error{ErrorKind::usage, name, known->second.cause, known->second.fix};
    return Error{ErrorKind::usage, name, say("no value is given"),
                 say("Give one, or leave the option out (a variable of the shell may be empty)")};
  }
  return std::nullopt;
}

Error usageError(const CLI::App& root, const CLI::ParseError& error, const std::vector<std::string>& words) {
  std::string path;
  const CLI::App* app = deepest(root, path);
  Error wrong = wrongWords(root, *app, path, error, words);
  wrong.fix = wrong.fix.empty() ? say("'{} --help' shows how it is used.", path)
                                : say("{}. '{} --help' shows how it is used.", wrong.fix, path);
  return wrong;
}

void labelHelp(CLI::App& root) {
  for (const auto& [theirs, ours] :
       {std::pair("SUBCOMMAND", "VERB"), std::pair("REQUIRED", ""), std::pair("TEXT", ""),
        std::pair("Excludes", "not with"), std::pair("Needs", "needs")})
    root.get_formatter()->label(theirs, ours);
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
    return refuse(wrong);
  });
}

CLI::Validator fieldValue(std::vector<const Field*> fields) {
  return validator([fields = std::move(fields)](std::string& text) -> std::string {
    std::optional<Error> first;
    for (const Field* field : fields) {
      // The option that was typed is the place; a form's label may be another word.
      Field named = *field;
      named.label = "The value";
      auto value = parseField(named, text);
      if (value) return {};
      if (!first) first = value.error();
    }
    return first ? refuse(first->cause, first->fix) : std::string();
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
    return refuse(wrong);
  });
}

CLI::Validator runName() {
  return validator([](std::string& text) -> std::string {
    constexpr std::size_t most = 200;
    if (text.size() > most)
      return refuse(say("The name has {} bytes", Count{std::ssize(text)}),
                    say("Give one of at most {} bytes", most));
    if (!isUtf8(text)) return refuse(say("The name is not valid UTF-8"), say("Give one in UTF-8"));
    if (plain(text) != text)
      return refuse(say("The name contains a line end or another control character"),
                    say("Give one of visible characters"));
    return {};
  });
}

CLI::Validator knownDevice() {
  return validator([](std::string& text) -> std::string {
    if (text == "auto") return {};
    // Near words are looked for among all that can be used; the references are for those who compare kernels.
    std::vector<std::string> usable{"auto"}, offered{"auto"};
    for (const auto& device : allDevices()) {
      if (text == device.id || text == device.backend) return {};
      if (!device.usable) continue;
      usable.push_back(device.id);
      if (!device.backend.starts_with("reference")) offered.push_back(device.id);
    }
    // A GPU by its number may be missing on this machine; that is no wrong word.
    if (text.rfind("cuda:", 0) == 0 && text.size() > 5 &&
        text.find_first_not_of("0123456789", 5) == std::string::npos)
      return {};
    const std::string near = nearest(text, usable);
    const Message cause = near.empty()
                              ? say("Unknown device '{}'", shortWord(text))
                              : say("Unknown device '{}'. Did you mean '{}'?", shortWord(text), near);
    return refuse(cause, say("Use {}. All devices: loom devices", listed(offered)));
  });
}

} // namespace loom
