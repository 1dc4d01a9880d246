// SPDX-License-Identifier: Apache-2.0
#include "app/cli/program.h"
#include "app/cli/usage.h"
#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>

namespace loom {
namespace {

constexpr int usage = static_cast<int>(ErrorKind::usage);

// The lines of `examples` that begin with `start`; all of them when none does.
std::string examplesOf(const char* examples, const std::string& start) {
  std::string fitting, all;
  std::istringstream lines(examples);
  for (std::string line; std::getline(lines, line);) {
    all += "\n  " + line;
    if (line == start || line.rfind(start + " ", 0) == 0) fitting += "\n  " + line;
  }
  return "Examples:" + (fitting.empty() ? all : fitting);
}

// `loom help` and `loom help VERB` mean --help.
std::vector<std::string> wordsOf(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return words;
}

// What to say of a first word that is no verb; nothing when it is one.
std::optional<Message> wrongVerb(const std::vector<std::string>& words) {
  if (words.empty() || words.front().starts_with('-')) return std::nullopt;
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.emplace_back(verb.name);
  const auto isVerb = [&](const std::string& word) {
    return std::find(names.begin(), names.end(), word) != names.end();
  };
  if (isVerb(words.front())) return std::nullopt;
  const std::string shown = shortened(words.front(), 60);
  if (words.size() > 1 && isVerb(words[1]))
    return say("there is no verb '{}'. The verb comes first: loom {} {}. 'loom --help' lists them.", shown,
               words[1], shown);
  if (const std::string near = nearest(words.front(), names); !near.empty())
    return say("there is no verb '{}'. Did you mean '{}'? 'loom --help' lists them.", shown, near);
  return say("there is no verb '{}'. 'loom --help' lists them.", shown);
}

// "--nesterov=false" would be read as a flag that was not given, and CLI11 accepts a flag that is given twice.
void makeFlagsStrict(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() != 0) continue;
    option->disable_flag_override();
    // `loom help VERB --help` asks for help twice.
    if (option != app.get_help_ptr()) option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
}

// Whether the answer is to be JSON, also where the command line cannot be understood.
bool wantsJson(const std::vector<std::string>& words) {
  return std::find(words.begin(), std::find(words.begin(), words.end(), "--"), "--json") !=
         std::find(words.begin(), words.end(), "--");
}

// What was printed may not have arrived: a full disk behind stdout is no success.
int finished(int code) {
  std::cout.flush();
  if (std::cout.good()) return code;
  const int failed = reportText({ErrorKind::other, "standard output", say("It cannot be written"),
                                 say("Check the disk or the program that reads it")});
  return code == 0 ? failed : code;
}

} // namespace

std::unique_ptr<CommandLine> makeCommandLine() {
  auto line = std::make_unique<CommandLine>();
  CLI::App& app = line->app;
  app.set_version_flag("--version", std::string("loom ") + NEUROLOOM_VERSION, "Print the version and end");
  app.set_help_flag("-h,--help", "Print this help and end");
  labelHelp(app);
  app.get_formatter()->column_width(26);
  app.require_subcommand(1);
  app.footer(
      "'loom VERB --help' shows options and examples. To begin: loom new my-first.loom --template iris\n"
      "\nExit codes: 0 ok, 1 other, 2 usage, 3 project or input file, 4 device or dependency, 5 diverged,\n"
      "6 out of memory, 7 stopped with a checkpoint, 8 reserved for remote runs, 9 reserved for GPUs,\n"
      "130 interrupted.");
  line->actions.resize(verbs().size());
  for (std::size_t index = 0; index < verbs().size(); ++index) {
    const Verb& verb = verbs()[index];
    auto* sub = app.add_subcommand(verb.name, verb.summary);
    const std::string path = std::string("loom ") + verb.name;
    sub->group("Verbs");
    sub->footer(examplesOf(verb.examples, path));
    verb.define(*sub, line->actions[index]);
    makeFlagsStrict(*sub);
    for (auto* below : sub->get_subcommands([](const CLI::App*) { return true; })) {
      // A verb's own footer, if it is not the one that CLI11 copies from above, comes first.
      const std::string own = below->get_footer() == sub->get_footer() ? "" : below->get_footer() + "\n\n";
      below->footer(own + examplesOf(verb.examples, path + " " + below->get_name()));
      makeFlagsStrict(*below);
    }
    line->verbs.push_back(sub);
  }
  return line;
}

int runProgram(int argc, char** argv) {
  const auto line = makeCommandLine();
  CLI::App& app = line->app;
  auto words = wordsOf(argc, argv);
  answerInJson(wantsJson(words));
  if (const auto wrong = wrongVerb(words)) return report({ErrorKind::usage, {}, *wrong, {}});
  if (words.empty()) {
    std::cerr << app.help();
    return usage;
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend())); // CLI11 takes them in this order
  } catch (const CLI::CallForHelp& help) {
    app.exit(help, std::cout, std::cerr);
    return finished(0);
  } catch (const CLI::CallForVersion& version) {
    app.exit(version, std::cout, std::cerr);
    return finished(0);
  } catch (const CLI::ParseError& error) {
    return report(usageError(app, error, words));
  }
  if (const auto empty = emptyValue(app)) return report(*empty);
  for (std::size_t index = 0; index < line->verbs.size(); ++index)
    if (line->verbs[index]->parsed() && line->actions[index]) return finished(line->actions[index]());
  return usage;
}

} // namespace loom
