// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/run/fit.h"
#include "core/run/project.h"
#include <iostream>
#include <memory>

namespace loom {

void defineCheck(CLI::App& app, Action& action) {
  struct Options {
    std::string project, network;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("--network", options->network, "The network's name; the project's first when left out")
      ->type_name("NAME");
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    auto network = loadNetwork(*project, options->network);
    if (!network) return report(network.error());
    Analysis analysis = analyse(*network);
    // Data that cannot be read keeps a project from training as well.
    auto facts = readFacts(project->data, project->folder);
    if (facts) addFit(analysis, *network, *facts);
    Status valid = firstError(*network, analysis);
    if (valid && !facts) valid = facts.error();
    if (options->json) {
      Json problems = Json::array();
      for (const auto& one : analysis.diagnostics) {
        const Node* node = network->node(one.node);
        Json problem{{"level", one.level == Diagnostic::Level::error ? "error" : "warning"},
                     {"node", node != nullptr ? node->name : ""}};
        setMessage(problem, "cause", one.cause);
        setMessage(problem, "remedy", one.remedy);
        setMessage(problem, "fix", one.fix.label);
        problems.push_back(std::move(problem));
      }
      printJson({{"network", network->name},
                 {"runnable", valid.ok()},
                 {"parameters", analysis.parameters},
                 {"multiply_adds", analysis.multiplyAdds},
                 {"nodes", network->nodes.size()},
                 {"problems", problems}});
      return valid ? 0 : static_cast<int>(ErrorKind::input);
    }
    std::vector<std::vector<std::string>> rows{{"NODE", "LAYER", "SETTINGS", "OUTPUT", "PARAMETERS"}};
    for (const NodeId id : analysis.order) {
      const Node& node = *network->node(id);
      const NodeInfo& info = analysis.nodes.at(id);
      rows.push_back({node.name, node.type, info.facts,
                      info.output ? toTextWithoutBatch(*info.output) : missingText,
                      info.parameterCount > 0 ? formatCount(info.parameterCount) : missingText});
    }
    printTable(rows, {false, false, false, false, true});
    std::cout << formatCount(analysis.parameters) << " parameters, "
              << formatCountShort(analysis.multiplyAdds) << " multiply-adds a sample\n";
    for (const auto& one : analysis.diagnostics) {
      const Node* node = network->node(one.node);
      std::cerr << (one.level == Diagnostic::Level::error ? "error: " : "warning: ")
                << plain((node != nullptr ? node->name + ": " : "") + one.cause.text() + " " +
                         one.remedy.text())
                << "\n";
    }
    return valid ? 0 : report(valid.error());
  };
}

} // namespace loom
