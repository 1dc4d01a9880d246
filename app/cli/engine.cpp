// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/backend/check.h"
#include "core/base/format.h"
#include "core/train/evaluate.h"
#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace loom {

void defineEstimate(CLI::App& app, Action& action) {
  struct Options {
    std::string project, network, device;
    std::int64_t epochs = 0, batch = 0;
    int threads = -1;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("--network", options->network, "The network's name; the project's first when left out");
  app.add_option("--epochs", options->epochs, "Epochs")->check(CLI::PositiveNumber);
  app.add_option("--batch", options->batch, "Samples a step")->check(CLI::PositiveNumber);
  app.add_option("--threads", options->threads, "Threads")->check(CLI::Range(0, 1024));
  app.add_option("--device", options->device, "auto, cpu, or another id of 'loom devices'");
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    TrainSettings settings = project->defaults;
    if (options->epochs > 0) settings.epochs = options->epochs;
    if (options->batch > 0) settings.batch = options->batch;
    if (options->threads >= 0) settings.threads = options->threads;
    if (!options->device.empty()) settings.device = options->device;
    auto estimate = estimateRun(*project, options->network, settings);
    if (!estimate) return report(estimate.error());
    if (options->json) {
      printJson(toJson(*estimate));
      return 0;
    }
    printTable({{"parameters", formatCount(estimate->parameters)},
                {"multiply-adds a sample", formatCountShort(estimate->multiplyAdds)},
                {"memory", formatBytes(static_cast<std::uint64_t>(estimate->memoryBytes))},
                {"largest batch", formatCount(estimate->largestBatch)},
                {"steps", formatCount(estimate->steps)},
                {"time a step", formatSeconds(estimate->secondsPerStep)},
                {"time in all", formatDuration(estimate->seconds)},
                {"device", fmt::format("{}, {} threads", estimate->device, estimate->threads)}},
               {false, true});
    return 0;
  };
}

void defineEvaluate(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run, split = "test";
    std::int64_t step = -1;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  app.add_option("--split", options->split, "test, validation or train");
  app.add_option("--checkpoint", options->step,
                 "The step of the checkpoint; that of the lowest validation loss when left out")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    auto run = findRun(project->folder, options->run);
    if (!run) return report(run.error());
    auto evaluation = evaluateRun(project->folder, *run, options->step, options->split);
    if (!evaluation) return report(evaluation.error());
    if (options->json) {
      Json json = toJson(*evaluation);
      json["run"] = *run;
      printJson(json);
      return 0;
    }
    for (const auto& [name, value] : evaluation->metrics)
      std::cout << name << "  " << (name.ends_with("accuracy") ? formatPercent(value) : formatLoss(value))
                << "\n";
    if (!evaluation->perClass.empty()) {
      std::vector<std::vector<std::string>> rows{{"CLASS", "PRECISION", "RECALL", "F1", "SAMPLES"}};
      for (const auto& one : evaluation->perClass)
        rows.push_back({one.name, formatPercent(one.precision), formatPercent(one.recall),
                        formatPercent(one.f1), formatCount(one.support)});
      printTable(rows, {false, true, true, true, true});
    }
    if (!evaluation->confusion.empty() && evaluation->confusion.size() <= 20) {
      std::vector<std::vector<std::string>> rows{{"TRUE \\ PREDICTED"}};
      std::vector<bool> right{false};
      for (const auto& name : evaluation->classes) {
        rows.front().push_back(name.substr(0, 8));
        right.push_back(true);
      }
      for (std::size_t row = 0; row < evaluation->confusion.size(); ++row) {
        rows.push_back({evaluation->classes[row]});
        for (const auto count : evaluation->confusion[row]) rows.back().push_back(formatCount(count));
      }
      printTable(rows, right);
    }
    return 0;
  };
}

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
    auto run = findRun(project->folder, options->run);
    if (!run) return report(run.error());
    auto predictions = predict(project->folder, *run, options->files);
    if (!predictions) return report(predictions.error());
    if (options->json) {
      Json list = Json::array();
      for (const auto& one : *predictions) {
        Json scores = Json::array();
        for (const auto& [name, score] : one.scores)
          scores.push_back({{"class", name}, {"score", numberOrText(score)}});
        list.push_back({{"name", one.name}, {"answer", one.answer}, {"scores", scores}});
      }
      printJson({{"run", *run}, {"predictions", list}});
      return 0;
    }
    std::vector<std::vector<std::string>> rows{{"FILE", "ANSWER", "SCORE"}};
    for (const auto& one : *predictions)
      rows.push_back(
          {one.name, one.answer, one.scores.empty() ? missingText : formatNumber(one.scores.front().second)});
    printTable(rows, {false, false, true});
    return 0;
  };
}

void defineLayers(CLI::App& app, Action& action) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_flag("--markdown", options->markdown, "The reference manual");
  app.add_flag("--json", options->json, "One JSON array on stdout");
  action = [options] {
    if (options->markdown) {
      std::cout << layersMarkdown();
      return 0;
    }
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"LAYER", "GROUP", "WHAT IT DOES"}};
    for (const auto* layer : layerTable()) {
      rows.push_back({std::string(layer->type), std::string(layer->group), std::string(layer->summary)});
      Json fields = Json::array();
      for (const auto& field : layer->fields)
        fields.push_back({{"name", field.name},
                          {"default", toText(field.standard)},
                          {"automatic", field.automatic},
                          {"help", field.help}});
      list.push_back(
          {{"type", layer->type}, {"group", layer->group}, {"summary", layer->summary}, {"fields", fields}});
    }
    if (options->json)
      printJson(list);
    else
      printTable(rows, {false, false, false});
    return 0;
  };
}

void defineDevices(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object on stdout");
  action = [json] {
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "MEMORY", "NOTE"}};
    for (const auto& device : allDevices()) {
      list.push_back({{"id", device.id},
                      {"name", device.name},
                      {"backend", device.backend},
                      {"memory_bytes", device.memoryBytes},
                      {"note", device.note},
                      {"usable", device.usable}});
      rows.push_back(
          {device.usable ? device.id : device.id + " (off)", device.name,
           device.memoryBytes > 0 ? formatBytes(static_cast<std::uint64_t>(device.memoryBytes)) : missingText,
           device.note});
    }
    if (*json)
      printJson({{"devices", list}});
    else
      printTable(rows, {false, false, true, false});
    return 0;
  };
}

} // namespace loom
