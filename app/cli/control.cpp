// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/run/events.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include <iostream>
#include <map>
#include <memory>

namespace loom {

void defineControl(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run, verb;
    double value = 0;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_option("COMMAND", options->verb, "pause, resume, stop, checkpoint or lr")
      ->required()
      ->check(oneOf({"pause", "resume", "stop", "checkpoint", "lr"}));
  auto* value = app.add_option("VALUE", options->value,
                               "The learning rate from now on (lr); the schedule goes on in proportion")
                    ->type_name("")
                    ->check(numberAbove0(1000));
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options, value] {
    static const std::map<std::string, RunControl::Verb> table{{"pause", RunControl::Verb::pause},
                                                               {"resume", RunControl::Verb::resume},
                                                               {"stop", RunControl::Verb::stop},
                                                               {"checkpoint", RunControl::Verb::checkpoint},
                                                               {"lr", RunControl::Verb::learningRate}};
    if ((options->verb == "lr") != (value->count() > 0))
      return report({ErrorKind::usage, "loom control",
                     options->verb == "lr" ? "lr needs a value" : "Only lr takes a value",
                     "For example: loom control " + shellWord(options->project) + " last lr 0.001"});
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    auto run = findRun(project->folder, options->run);
    if (!run) return report(run.error());
    if (!RunLock::held(runFolder(project->folder, *run)))
      return report(
          {ErrorKind::other, *run, "The run is not training",
           "Go on with it: loom train " + shellWord(options->project) + " --resume " + run->substr(0, 8)});
    RunControl control;
    control.verb = table.at(options->verb);
    control.value = options->value;
    auto id = sendControl(runFolder(project->folder, *run), control);
    if (!id) return report(id.error());
    if (options->json)
      printJson({{"run", *run}, {"id", *id}});
    else
      std::cerr << "Sent '" << options->verb << "' to run " << run->substr(0, 8) << ".\n";
    return 0;
  };
}

} // namespace loom
