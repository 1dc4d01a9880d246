// SPDX-License-Identifier: Apache-2.0
#include "core/train/evaluate.h"
#include "app/cli/reach.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include <iostream>
#include <memory>

namespace loom {

void defineEvaluate(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run, split = "test";
    std::int64_t step = -1;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_option("--split", options->split, "test, validation or train; test when left out")
      ->type_name("PART")
      ->check(oneOf({"test", "validation", "train"}));
  app.add_option("--checkpoint", options->step,
                 "The step of the checkpoint; that of the lowest validation loss when left out")
      ->type_name("STEP")
      ->check(wholeNumber(0, std::int64_t{1} << 53));
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    const auto sites = sitesOf(project->folder);
    auto run = reachableRun(project->folder, *sites, options->run);
    if (!run) return report(run.error());
    const auto problems = problemsOf(project->folder, *sites, {*run});
    warnOf(problems);
    auto answer = evaluateRun(project->folder, *run, options->step, options->split);
    if (!answer) return report(answer.error());
    const Evaluation* evaluation = &answer->evaluation;
    for (const auto& note : answer->notes) warn(note);
    const Message& unverified = evaluation->unverified();
    if (!unverified.empty()) warn(say("The stored evaluation is not verified: {}", unverified));
    if (options->json) {
      Json json = toJson(*evaluation);
      json["run"] = *run;
      json["verified"] = unverified.empty();
      setMessages(json, "notes", answer->notes);
      json["problems"] = errorList(problems);
      printJson(json);
      return 0;
    }
    std::vector<std::vector<std::string>> figures{{"part", evaluation->split()},
                                                  {"checkpoint", std::to_string(evaluation->step())}};
    for (const auto& [name, value] : evaluation->metrics())
      figures.push_back({name, name.ends_with("accuracy") ? formatPercent(value) : formatLoss(value)});
    printTable(figures, {false, true});
    if (!evaluation->perClass().empty()) {
      std::vector<std::vector<std::string>> rows{{"CLASS", "PRECISION", "RECALL", "F1", "SAMPLES"}};
      for (const auto& one : evaluation->perClass())
        rows.push_back({shortened(one.name, 40), formatPercent(one.precision), formatPercent(one.recall),
                        formatPercent(one.f1), formatCount(one.support)});
      std::cout << "\n";
      printTable(rows, {false, true, true, true, true});
    }
    if (!evaluation->confusion().empty() && evaluation->confusion().size() <= 20) {
      std::vector<std::vector<std::string>> rows{{"TRUE \\ PREDICTED"}};
      std::vector<bool> right{false};
      for (const auto& name : evaluation->classes()) {
        rows.front().push_back(shortened(name, 10));
        right.push_back(true);
      }
      for (std::size_t row = 0; row < evaluation->confusion().size(); ++row) {
        rows.push_back({shortened(evaluation->classes()[row], 40)});
        for (const auto count : evaluation->confusion()[row]) rows.back().push_back(formatCount(count));
      }
      std::cout << "\n";
      printTable(rows, right);
    }
    return 0;
  };
}

} // namespace loom
