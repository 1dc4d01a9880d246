// SPDX-License-Identifier: Apache-2.0
// Replaces runs.cpp and history.cpp in a build of the engine alone, which has no SQLite.
#include "app/cli/verb.h"

namespace loom {
namespace {

Action missing(CLI::App& app, const char* verb) {
  app.allow_extras(); // whatever the whole program would take
  return [verb] {
    return report({ErrorKind::device, verb,
                   say("This loom was built with the engine alone; the history of runs is missing"),
                   say("Copy the project to a machine with the whole Neuroloom, and ask there")});
  };
}

} // namespace

void defineRuns(CLI::App& app, Action& action) { action = missing(app, "runs"); }
void defineHistory(CLI::App& app, Action& action) { action = missing(app, "history"); }

} // namespace loom
