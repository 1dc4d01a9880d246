// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/run/events.h"
#include "core/run/project.h"
#include "core/run/run_lock.h"
#include <iostream>
#include <map>
#include <memory>

namespace loom {

void defineControl(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run, verb;
    std::vector<std::string> values;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_option("COMMAND", options->verb, "pause, resume, stop, checkpoint or lr")
      ->required()
      ->check(oneOf({"pause", "resume", "stop", "checkpoint", "lr"}));
  // Looked at below: what is wrong with a value depends on the command.
  app.add_option("VALUE", options->values,
                 "The learning rate from now on (lr); the schedule continues in proportion")
      ->type_name("")
      ->expected(0, -1);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    static const std::map<std::string, RunControl::Verb> table{{"pause", RunControl::Verb::pause},
                                                               {"resume", RunControl::Verb::resume},
                                                               {"stop", RunControl::Verb::stop},
                                                               {"checkpoint", RunControl::Verb::checkpoint},
                                                               {"lr", RunControl::Verb::learningRate}};
    const std::size_t taken = options->verb == "lr" ? 1 : 0;
    const auto& values = options->values;
    if (values.size() != taken) {
      const std::string surplus = values.size() > taken ? shellWord(values[taken]) : std::string();
      const std::string project = shellPath(options->project);
      return report({ErrorKind::usage, "VALUE",
                     taken == 0       ? say("{} is one argument too many. Only lr takes a value", surplus)
                     : values.empty() ? say("lr needs a value")
                                      : say("{} is one argument too many. lr takes one value", surplus),
                     taken == 0 ? say("For example: loom control {} last {}", project, options->verb)
                                : say("For example: loom control {} last lr 0.001", project)});
    }
    double rate = 0;
    if (taken == 1) {
      auto typed = parseField(trainSetting("learning_rate").field, values.front());
      if (!typed) {
        Error error = typed.error();
        error.place = "VALUE";
        return report(error);
      }
      rate = std::get<double>(*typed);
    }
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    const auto sites = sitesOf(project->folder);
    auto run = reachableRun(project->folder, *sites, options->run);
    if (!run) return report(run.error());
    if (auto good = mayWriteRuns(project->folder, *sites, *run); !good) return report(good.error());
    if (!RunLock::held(runFolder(project->folder, *run)))
      return report(
          {ErrorKind::other, *run, say("The run is not training"),
           say("Resume it: loom train {} --resume {}", shellPath(options->project), run->substr(0, 8))});
    RunControl control;
    control.verb = table.at(options->verb);
    control.value = rate;
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
