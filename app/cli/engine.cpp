// SPDX-License-Identifier: Apache-2.0
#include "app/cli/training_options.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/backend/check.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/train/estimate.h"
#include "core/train/evaluate.h"
#include <fmt/format.h>
#include <iostream>
#include <memory>

namespace loom {

void defineEstimate(CLI::App& app, Action& action) {
  struct Options : TrainingOptions {
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  defineCostOptions(app, *options);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    TrainSettings settings = project->defaults;
    if (auto taken = takeOver(*options, settings); !taken) return report(taken.error());
    auto estimate = estimateRun(*project, options->network, settings);
    if (!estimate) return report(estimate.error());
    if (options->json) {
      printJson(toJson(*estimate));
      return 0;
    }
    const auto bytes = [](std::int64_t count) { return formatBytes(static_cast<std::uint64_t>(count)); };
    printTable({{"parameters", formatCount(estimate->parameters)},
                {"multiply-adds a sample", formatCountShort(estimate->multiplyAdds)},
                {"memory", bytes(estimate->memoryBytes)},
                {"largest batch", estimate->largestBatch > 0 ? formatCount(estimate->largestBatch) : "none"},
                {"steps", formatCount(estimate->steps)},
                {"time a step", formatSeconds(estimate->secondsPerStep) +
                                    (estimate->measured ? "" : ", computed from the size: too large to try")},
                {"time in all", formatDuration(estimate->seconds)},
                {"device", estimate->device + ", " + counted(estimate->threads, "thread", "threads")}},
               {false, true});
    if (!estimate->fits) {
      const Bytes needed{static_cast<std::uint64_t>(estimate->memoryBytes)};
      const Bytes present{static_cast<std::uint64_t>(estimate->machineBytes)};
      warn(estimate->largestBatch > 0
               ? say("This does not fit in memory: it takes {} of memory, {} has {}. A training is refused "
                     "before it begins. Use a batch of at most {}.",
                     needed, estimate->device, present, Count{estimate->largestBatch})
               : say("This does not fit in memory: it takes {} of memory, {} has {}. A training is refused "
                     "before it begins. Use smaller layers.",
                     needed, estimate->device, present));
    }
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
    auto run = findRun(project->folder, options->run);
    if (!run) return report(run.error());
    auto evaluation = evaluateRun(project->folder, *run, options->step, options->split);
    if (!evaluation) return report(evaluation.error());
    for (const auto& note : evaluation->notes) warn(note);
    if (options->json) {
      Json json = toJson(*evaluation);
      json["run"] = *run;
      setMessages(json, "notes", evaluation->notes);
      printJson(json);
      return 0;
    }
    std::vector<std::vector<std::string>> figures{{"part", evaluation->split},
                                                  {"checkpoint", std::to_string(evaluation->step)}};
    for (const auto& [name, value] : evaluation->metrics)
      figures.push_back({name, name.ends_with("accuracy") ? formatPercent(value) : formatLoss(value)});
    printTable(figures, {false, true});
    if (!evaluation->perClass.empty()) {
      std::vector<std::vector<std::string>> rows{{"CLASS", "PRECISION", "RECALL", "F1", "SAMPLES"}};
      for (const auto& one : evaluation->perClass)
        rows.push_back({shortened(one.name, 40), formatPercent(one.precision), formatPercent(one.recall),
                        formatPercent(one.f1), formatCount(one.support)});
      std::cout << "\n";
      printTable(rows, {false, true, true, true, true});
    }
    if (!evaluation->confusion.empty() && evaluation->confusion.size() <= 20) {
      std::vector<std::vector<std::string>> rows{{"TRUE \\ PREDICTED"}};
      std::vector<bool> right{false};
      for (const auto& name : evaluation->classes) {
        rows.front().push_back(shortened(name, 10));
        right.push_back(true);
      }
      for (std::size_t row = 0; row < evaluation->confusion.size(); ++row) {
        rows.push_back({shortened(evaluation->classes[row], 40)});
        for (const auto count : evaluation->confusion[row]) rows.back().push_back(formatCount(count));
      }
      std::cout << "\n";
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

// The rest stands in --markdown and --json.
static std::string firstSentence(std::string_view text) {
  for (std::size_t at = text.find_first_of(".:"); at != std::string_view::npos;
       at = text.find_first_of(".:", at + 1))
    if (at + 1 == text.size() || text[at + 1] == ' ') return std::string(text.substr(0, at)) + ".";
  return std::string(text);
}

void defineLayers(CLI::App& app, Action& action) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  auto* markdown = app.add_flag("--markdown", options->markdown, "The reference manual");
  app.add_flag("--json", options->json, "One JSON array on stdout")->excludes(markdown);
  action = [options] {
    if (options->markdown) {
      std::cout << layersMarkdown();
      return 0;
    }
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"LAYER", "GROUP", "WHAT IT DOES"}};
    for (const auto* layer : layerTable()) {
      rows.push_back({std::string(layer->type), std::string(layer->group), firstSentence(layer->summary)});
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
                      {"note", device.note.text()},
                      {"usable", device.usable}});
      rows.push_back(
          {device.usable ? device.id : device.id + " (off)", device.name,
           device.memoryBytes > 0 ? formatBytes(static_cast<std::uint64_t>(device.memoryBytes)) : missingText,
           device.note.text()});
    }
    if (*json)
      printJson({{"devices", list}});
    else
      printTable(rows, {false, false, true, false});
    return 0;
  };
}

} // namespace loom
