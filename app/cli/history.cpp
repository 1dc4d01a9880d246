// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/run/project.h"
#include "core/store/store.h"
#include <iostream>
#include <memory>

namespace loom {

void defineHistory(CLI::App& app, Action& action) {
  struct Options {
    std::string project;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  auto* verify = app.add_subcommand("verify", "Compare every point of every journal with the history");
  auto* rebuild = app.add_subcommand("rebuild", "Rebuild the databases from the journals");
  for (auto* sub : {verify, rebuild}) {
    sub->add_option("PROJECT", options->project, "The project's folder")->required();
    sub->add_flag("--json", options->json, "One JSON object on stdout");
  }
  action = [options, rebuild] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    auto answer = rebuild->parsed() ? rebuildHistory(project->folder) : verifyHistory(project->folder);
    if (!answer) return report(answer.error());
    std::vector<Error> problems;
    if (answer->unreachable) problems.push_back(*answer->unreachable);
    warnOf(problems);
    if (options->json) {
      Json json{{"good", answer->good},
                {"runs", answer->runs},
                {"records", answer->records},
                {"points", answer->points},
                {"problems", errorList(problems)}};
      setMessages(json, "findings", answer->findings);
      printJson(json);
    } else {
      std::cout << counted(answer->runs, "run", "runs") << ", " << formatCount(answer->records)
                << " records, " << formatCount(answer->points) << " points: "
                << (answer->unreachable
                        ? "the journals cannot be read, so the history was not compared with them"
                    : answer->good ? "the history matches the journals"
                                   : "the history differs from the journals")
                << "\n";
      for (const auto& finding : answer->findings) warn(finding);
      if (!answer->good && !answer->unreachable)
        std::cerr
            << "What only the history has is kept. Restore missing or damaged files of a run from a backup, "
               "then run: loom history rebuild "
            << shellPath(options->project) << "\n";
    }
    return answer->good ? 0 : static_cast<int>(ErrorKind::input);
  };
}

} // namespace loom
