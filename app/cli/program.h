// SPDX-License-Identifier: Apache-2.0
// The whole command line: every verb of the table as a subcommand with its examples. Apart from main(), so
// that tests can walk it.
#pragma once
#include "app/cli/verb.h"
#include <memory>

namespace loom {

struct CommandLine {
  CLI::App app{"Draw, train, follow and review neural networks, at the terminal.", "loom"};
  std::vector<CLI::App*> verbs; // in the order of verbs()
  std::vector<Action> actions;  // the same order; hold references into the apps
};
std::unique_ptr<CommandLine> makeCommandLine();
int runProgram(int argc, char** argv); // the exit code

} // namespace loom
