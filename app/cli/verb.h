// SPDX-License-Identifier: Apache-2.0
// A verb of `loom`: one row in verbs.cpp, one definition in a file of its own. Data goes to stdout, messages
// to stderr.
#pragma once
#include "core/base/json.h"
#include "core/base/os/terminal.h"
#include "core/base/result.h"
#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <vector>

namespace loom {

// What a verb does when it was chosen; its value is the exit code.
using Action = std::function<int()>;

struct Verb {
  const char* name;
  const char* summary;
  const char* examples; // lines of "loom …", shown by --help
  void (*define)(CLI::App& app, Action& action);
};
const std::vector<Verb>& verbs();

// Prints "loom: place: cause. fix." on stderr and, when the answer is to be JSON, the object {"error": …} on
// stdout; the exit code of its kind.
int report(const Error& error);
int reportText(const Error& error); // on stderr alone: its JSON is part of an answer that was printed
void answerInJson(bool json);       // --json was given
// {"place", "cause", "fix"} with their ids and arguments, "kind" and "exit_code".
Json errorJson(const Error& error);
Json errorList(const std::vector<Error>& errors); // the member "problems" of answers
void warnOf(const std::vector<Error>& problems);
void warn(const Message& text); // "warning: …" on stderr
// One line whose values are kept: hidden characters beyond ASCII are \u escapes.
std::string jsonLine(const Json& json);
void printJson(const Json& json); // jsonLine() on stdout
bool moves(os::Stream stream);    // a terminal on which a line may be written over
bool coloured(os::Stream stream); // … and NO_COLOR is not set
int columnsOf(os::Stream stream);
// With hidden characters as escapes (\x1b, \u202e): names in files may contain commands of a terminal.
std::string plain(std::string_view text);
// plain(), and at most so many places wide; cut between characters.
std::string shortened(std::string_view text, std::size_t most);
// As it is typed in a shell: in quotes where it needs them, with control characters as $'\033'.
std::string shellWord(std::string_view text);
std::string shellPath(const std::filesystem::path& path); // … where it must not look like an option
std::string counted(std::int64_t count, const char* one, const char* many); // "1 thread", "2 threads"
// Rows of cells with aligned columns; numbers right. The first row is the head. Cells are printed plain().
void printTable(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right);

void defineNew(CLI::App& app, Action& action);
void defineTemplates(CLI::App& app, Action& action);
void defineData(CLI::App& app, Action& action);
void defineCheck(CLI::App& app, Action& action);
void defineEstimate(CLI::App& app, Action& action);
void defineTrain(CLI::App& app, Action& action);
void defineEvaluate(CLI::App& app, Action& action);
void definePredict(CLI::App& app, Action& action);
void defineRuns(CLI::App& app, Action& action);
void defineControl(CLI::App& app, Action& action);
void defineQueue(CLI::App& app, Action& action);
void defineHistory(CLI::App& app, Action& action);
void defineVerify(CLI::App& app, Action& action);
void defineExport(CLI::App& app, Action& action);
void defineLayers(CLI::App& app, Action& action);
void defineOps(CLI::App& app, Action& action);
void defineEvents(CLI::App& app, Action& action);
void defineDevices(CLI::App& app, Action& action);
void defineDoctor(CLI::App& app, Action& action);

} // namespace loom
