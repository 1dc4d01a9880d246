// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "app/cli/verb.h"
#include "core/base/file_name.h"
#include "core/base/message_json.h"
#include "core/interop/torch_code.h"
#include "core/run/project.h"
#include <iostream>
#include <memory>

namespace loom {

void defineExport(CLI::App& app, Action& action) {
  struct Options {
    std::string project, folder, network, run;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("DIR", options->folder, "Where the files go")->required();
  auto* network =
      app.add_option("--network", options->network, "The network's name; the project's first when left out")
          ->type_name("NAME");
  app.add_option("--run", options->run, "A run whose network and weights are written")
      ->type_name("RUN")
      ->excludes(network);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    std::filesystem::path folder;
    std::vector<Error> problems;
    Result<Network> network = Error{};
    if (!options->run.empty()) {
      const auto sites = sitesOf(project->folder);
      auto run = reachableRun(project->folder, *sites, options->run);
      if (!run) return report(run.error());
      problems = problemsOf(project->folder, *sites, {*run});
      warnOf(problems);
      folder = runFolder(project->folder, *run);
      auto config = readRunConfig(folder);
      if (!config) return report(config.error());
      network = config->network;
    } else {
      network = loadNetwork(*project, options->network);
    }
    if (!network) return report(network.error());
    std::vector<Message> notes;
    if (auto written = exportTorch(*network, options->folder, folder, notes); !written)
      return report(written.error());
    for (const auto& note : notes) warn(note);
    const std::filesystem::path place = options->folder;
    std::vector<std::string> files{(place / fileNameOf(network->name, ".py")).string()};
    if (!folder.empty()) files.push_back((place / fileNameOf(network->name, ".safetensors")).string());
    if (options->json) {
      Json json{{"network", network->name}, {"files", files}, {"problems", errorList(problems)}};
      setMessages(json, "notes", notes);
      printJson(json);
      return 0;
    }
    for (const auto& file : files) std::cout << plain(file) << "\n";
    return 0;
  };
}

} // namespace loom
