// SPDX-License-Identifier: Apache-2.0
#include "core/train/verify.h"
#include "app/cli/verb.h"
#include "core/base/message_json.h"
#include "core/run/project.h"
#include <iostream>
#include <memory>

namespace loom {
namespace {

int exitCodeOf(const Verification& answer) {
  if (answer.count(Verdict::damaged) > 0) return static_cast<int>(ErrorKind::input);
  return answer.count(Verdict::unverified) > 0 ? static_cast<int>(ErrorKind::other) : 0;
}

void print(const Verification& answer) {
  std::vector<std::vector<std::string>> rows{{"PART", "RESULT", ""}};
  for (const VerifiedItem& one : answer.items)
    rows.push_back({one.item, std::string(toText(one.verdict)), one.detail.text()});
  printTable(rows, {false, false, false});
  const std::size_t damaged = answer.count(Verdict::damaged), open = answer.count(Verdict::unverified);
  std::cout << "\n"
            << (damaged + open == 0 ? say("All {} parts of the run are verified.", answer.items.size())
                                    : say("Parts of the run: {} verified, {} not verified, {} damaged.",
                                          answer.count(Verdict::verified), open, damaged))
                   .text()
            << "\n";
}

} // namespace

void defineVerify(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run;
    bool filesOnly = false, json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_flag("--files-only", options->filesOnly, "Check the files, and compute no evaluation again");
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    auto run = findRun(project->folder, options->run);
    if (!run) return report(run.error());
    auto answer =
        verifyRun(project->folder, *run, options->filesOnly ? VerifyDepth::files : VerifyDepth::recompute);
    if (!answer) return report(answer.error());
    if (options->json) {
      Json items = Json::array();
      for (const VerifiedItem& one : answer->items) {
        Json item{{"item", one.item}, {"result", toText(one.verdict)}};
        setMessage(item, "detail", one.detail);
        items.push_back(std::move(item));
      }
      printJson({{"run", *run}, {"good", exitCodeOf(*answer) == 0}, {"items", items}});
    } else {
      print(*answer);
    }
    return exitCodeOf(*answer);
  };
}

} // namespace loom
