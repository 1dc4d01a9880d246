// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/train/evaluate.h"
#include <memory>

namespace loom {

void definePredict(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run;
    std::vector<std::filesystem::path> files;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_option("FILE", options->files, "Pictures (PNG, JPEG), IDX files or CSV rows")->required();
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    const auto sites = sitesOf(project->folder);
    auto run = reachableRun(project->folder, *sites, options->run);
    if (!run) return report(run.error());
    const auto problems = problemsOf(project->folder, *sites, {*run});
    warnOf(problems);
    auto answer = predict(project->folder, *run, options->files);
    if (!answer) return report(answer.error());
    for (const auto& note : answer->notes) warn(note);
    const auto& predictions = answer->predictions;
    if (options->json) {
      Json list = Json::array();
      for (const auto& one : predictions) {
        Json scores = Json::array();
        for (const auto& [name, score] : one.scores)
          scores.push_back({{"class", name}, {"score", numberOrText(score)}});
        list.push_back({{"name", one.name}, {"answer", one.answer}, {"scores", scores}});
      }
      Json json{{"run", *run}, {"checkpoint", answer->checkpoint}, {"predictions", list}};
      setMessages(json, "notes", answer->notes);
      json["problems"] = errorList(problems);
      printJson(json);
      return 0;
    }
    // A class comes with its probability and the class that was next; a number stands for itself.
    const bool classes = !predictions.empty() && predictions.front().scores.size() > 1;
    std::vector<std::vector<std::string>> rows{{"SAMPLE", "ANSWER"}};
    if (classes) rows.front().insert(rows.front().end(), {"PROBABILITY", "NEXT", ""});
    for (const auto& one : predictions) {
      rows.push_back({one.name, one.answer});
      for (std::size_t rank = 0; classes && rank < 2 && rank < one.scores.size(); ++rank) {
        if (rank == 1) rows.back().push_back(one.scores[rank].first);
        rows.back().push_back(formatPercent(one.scores[rank].second));
      }
    }
    printTable(rows,
               classes ? std::vector<bool>{false, false, true, false, true} : std::vector<bool>{false, true});
    return 0;
  };
}

} // namespace loom
