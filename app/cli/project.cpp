// SPDX-License-Identifier: Apache-2.0
#include "core/run/project.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/interop/torch_code.h"
#include "core/run/fit.h"
#include <cctype>
#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace loom {
namespace {

std::string lettersOf(std::string_view words) {
  std::string letters;
  for (const char each : words)
    if (std::isalnum(static_cast<unsigned char>(each)))
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return letters;
}

// "lenet" is what the template `cnn` is called wherever people read of it.
std::string idOfName(std::string& word) {
  const std::string letters = lettersOf(word);
  for (const auto& one : projectTemplates())
    if (letters.size() >= 4 && lettersOf(one.name).starts_with(letters)) word = one.id;
  return {};
}

} // namespace

void defineNew(CLI::App& app, Action& action) {
  struct Options {
    std::string folder, id, data, target;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  std::vector<std::string> ids;
  for (const auto& one : projectTemplates()) ids.emplace_back(one.id);
  app.add_option("DIR", options->folder, "The project's folder; must not exist, or be empty")->required();
  auto* id = app.add_option("--template", options->id, "softmax, mlp, cnn, resnet, iris or digits")
                 ->type_name("ID")
                 ->transform(CLI::Validator(&idOfName, ""))
                 ->check(oneOf(ids));
  auto* data =
      app.add_option("--data", options->data, "A CSV table, a folder of images by class, or IDX files")
          ->type_name("FILE_OR_FOLDER")
          ->excludes(id);
  app.add_option("--target", options->target, "The column to predict (a table); the last one when left out")
      ->type_name("COLUMN")
      ->needs(data);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    if (options->id.empty() && options->data.empty())
      return report({ErrorKind::usage, "loom new", say("Neither a template nor data is named"),
                     say("Add --template ID or --data FILE_OR_FOLDER")});
    std::vector<std::string> explanation;
    auto project = options->data.empty()
                       ? createFromTemplate(options->folder, options->id)
                       : createFromData(options->folder, options->data, options->target, explanation);
    if (!project) return report(project.error());
    if (options->json) {
      printJson({{"project", project->folder.string()},
                 {"name", project->name},
                 {"network", project->network},
                 {"data", toJson(project->data)},
                 {"defaults", toJson(project->defaults)},
                 {"explanation", explanation}});
      return 0;
    }
    for (const auto& line : explanation) std::cout << "  " << plain(line) << "\n";
    const std::string folder = plain(project->folder.string());
    std::cout << "Made " << folder << " with the network '" << plain(project->network) << "'.\n";
    if (!explanation.empty())
      std::cout
          << "To change it: another target with --target; types, columns, task, split and normalisation in "
          << folder << "/project.json (\"data\"); the network in " << folder << "/networks/"
          << plain(project->network) << ".json or drawn with neuroloom; settings with the options of "
          << "loom train.\n";
    std::cerr << "Next: loom train " << shellWord(folder) << "\n";
    return 0;
  };
}

void defineTemplates(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON array on stdout");
  action = [json] {
    if (*json) {
      Json list = Json::array();
      for (const auto& one : projectTemplates())
        list.push_back({{"id", one.id},
                        {"name", one.name},
                        {"summary", one.summary},
                        {"accuracy", one.accuracy / 100.0},
                        {"expected", expectedText(one)}});
      printJson(list);
      return 0;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "REACHES", "WHAT IT IS"}};
    for (const auto& one : projectTemplates())
      rows.push_back(
          {std::string(one.id), std::string(one.name), expectedText(one), std::string(one.summary)});
    printTable(rows, {false, false, false, false});
    return 0;
  };
}

void defineData(CLI::App& app, Action& action) {
  struct Options {
    std::string path, target;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  auto* look = app.add_subcommand("inspect", "What is in it, and what would be made of it");
  look->add_option("FILE_OR_FOLDER", options->path, "A CSV table, a folder of images by class, or IDX files")
      ->required();
  look->add_option("--target", options->target, "The column to predict (a table); the last one when left out")
      ->type_name("COLUMN");
  look->add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto report_ = inspect(options->path, options->target);
    if (!report_) return report(report_.error());
    if (options->json) {
      printJson(toJson(*report_));
      return 0;
    }
    std::cout << formatCount(report_->samples) << " samples of " << formatShape(report_->sampleShape) << "\n";
    if (!report_->columns.empty()) {
      std::vector<std::vector<std::string>> rows{
          {"COLUMN", "TYPE", "MISSING", "DISTINCT", "MIN", "MEAN", "MAX"}};
      for (const auto& column : report_->columns) {
        const bool number = column.type == ColumnType::number;
        rows.push_back({column.name,
                        number                                ? "number"
                        : column.type == ColumnType::category ? "category"
                                                              : "text",
                        formatCount(column.missing), formatCount(column.distinct),
                        number ? formatNumber(column.minimum) : missingText,
                        number ? formatNumber(column.mean) : missingText,
                        number ? formatNumber(column.maximum) : missingText});
      }
      printTable(rows, {false, false, true, true, true, true, true});
    }
    if (!report_->classCounts.empty()) {
      std::vector<std::vector<std::string>> rows{{"CLASS", "SAMPLES"}};
      for (const auto& [name, count] : report_->classCounts) rows.push_back({name, formatCount(count)});
      printTable(rows, {false, true});
    }
    for (const auto& line : report_->reasons) std::cout << plain(line) << "\n";
    for (const auto& line : report_->warnings) warn(line);
    return 0;
  };
}

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
        problems.push_back({{"level", one.level == Diagnostic::Level::error ? "error" : "warning"},
                            {"node", node != nullptr ? node->name : ""},
                            {"cause", one.cause.text()},
                            {"remedy", one.remedy.text()},
                            {"fix", one.fix.label.text()}});
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
    Result<Network> network = Error{};
    if (!options->run.empty()) {
      auto run = findRun(project->folder, options->run);
      if (!run) return report(run.error());
      folder = runFolder(project->folder, *run);
      auto config = readRunConfig(folder);
      if (!config) return report(config.error());
      network = config->network;
    } else {
      network = loadNetwork(*project, options->network);
    }
    if (!network) return report(network.error());
    if (auto written = exportTorch(*network, options->folder, folder); !written)
      return report(written.error());
    const std::filesystem::path place = options->folder;
    std::vector<std::string> files{(place / (network->name + ".py")).string()};
    if (!folder.empty()) files.push_back((place / (network->name + ".safetensors")).string());
    if (options->json)
      printJson({{"network", network->name}, {"files", files}});
    else
      for (const auto& file : files) std::cout << plain(file) << "\n";
    return 0;
  };
}

} // namespace loom
