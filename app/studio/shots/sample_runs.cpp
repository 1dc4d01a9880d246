// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/sample_runs.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/uuid.h"
#include "core/network/templates.h"
#include "core/run/journal.h"
#include <cmath>
#include <optional>

namespace loom {
namespace {

struct Column {
  const char* key;
  std::function<double(std::int64_t)> value;
  std::int64_t every;
};

void addPoints(std::vector<RunEvent>& events, const Column& column, std::int64_t done,
               double secondsPerStep) {
  Json steps = Json::array(), times = Json::array(), values = Json::array();
  const auto flush = [&] {
    if (!steps.empty())
      events.push_back(
          {{"event", "points"}, {"key", column.key}, {"steps", steps}, {"times", times}, {"values", values}});
    steps = times = values = Json::array();
  };
  for (std::int64_t step = column.every; step <= done; step += column.every) {
    const double value = column.value(step);
    steps.push_back(step);
    times.push_back(double(step) * secondsPerStep);
    values.push_back(std::isnan(value) ? Json("NaN") : std::isinf(value) ? Json("Infinity") : Json(value));
    if (steps.size() == 256) flush();
  }
  flush();
}

// Null when the project's network cannot be read.
std::optional<RunConfig> configOf(const Project& project, const HandRun& run, const std::string& id,
                                  std::int64_t created) {
  auto network = loadNetwork(project, project.network);
  if (!network) return {};
  if (run.network.starts_with("resnet"))
    for (const auto& one : networkTemplates())
      if (one.id == "resnet") *network = one.make();
  if (!run.network.empty()) network->name = run.network;
  RunConfig config;
  config.id = id;
  config.name = run.name;
  config.engineVersion = "0.1.0";
  config.created = created > 0 ? created : nowMicroseconds();
  config.network = *network;
  config.data = project.data;
  config.dataHash = "0";
  config.settings = project.defaults;
  config.settings.optimizer = run.optimizer;
  config.settings.optimizerParams = {};
  config.settings.learningRate = run.learningRate;
  config.settings.epochs = run.epochs;
  config.settings.batch = run.batch;
  config.settings.seed = std::uint64_t(run.seed);
  config.settings.schedule = "cosine";
  config.settings.scheduleParams = {};
  config.settings.threads = 8;
  config.settings.device = "cpu";
  config.backend = "onednn";
  config.parameters = run.parameters;
  config.classes = {"0", "1"};
  return config;
}

// What a run measures at each step or epoch.
struct Figures {
  const HandRun& run;
  std::int64_t total = run.epochs * run.stepsPerEpoch;
  std::int64_t done = run.doneSteps < 0 ? total : run.doneSteps;

  double rate(std::int64_t step) const {
    const double factor = findSchedule("cosine")->factor(step, total, {});
    return run.learningRate * factor * (run.rateAt > 0 && step > run.rateAt ? 0.5 : 1);
  }
  double loss(std::int64_t step) const { return run.loss ? run.loss(step) : 2.0 / std::sqrt(double(step)); }
  double reached(std::int64_t epoch) const {
    const auto rise = [&](std::int64_t e) { return 1 - 0.35 * std::exp(-0.3 * double(e)); };
    return run.accuracy * rise(epoch) / rise(run.epochs) +
           0.0035 * std::sin(double(epoch) * 2.7) * (epoch < run.epochs ? 1 : 0);
  }
  double validationLoss(std::int64_t epoch) const { return 0.05 + 2.6 * (1 - reached(epoch)); }
};

void addStart(std::vector<RunEvent>& events, const Figures& figures, const RunConfig& config) {
  events.push_back({{"event", "started"},
                    {"run", config.id},
                    {"attempt", 1},
                    {"step", 0},
                    {"total_steps", figures.total},
                    {"epochs", figures.run.epochs},
                    {"steps_per_epoch", figures.run.stepsPerEpoch},
                    {"threads", 8},
                    {"device", "cpu"},
                    {"pid", 1},
                    {"host", "here"},
                    {"seq", 0},
                    {"seconds", 0.0},
                    {"time", formatTime(config.created)}});
  events.push_back({{"event", "state"}, {"state", "running"}, {"step", 0}});
}

void addSeries(std::vector<RunEvent>& events, const Figures& figures) {
  const HandRun& run = figures.run;
  const auto add = [&](const char* key, std::function<double(std::int64_t)> value, std::int64_t every) {
    addPoints(events, {key, std::move(value), every}, figures.done, run.secondsPerStep);
  };
  const auto epochOf = [&](std::int64_t step) { return step / run.stepsPerEpoch; };
  add(
      "train/loss", [&](std::int64_t step) { return figures.loss(step); }, 1);
  add(
      "train/lr", [&](std::int64_t step) { return figures.rate(step); }, 1);
  if (run.speed) add("train/samples_per_second", run.speed, 4);
  add(
      "val/loss", [&](std::int64_t step) { return figures.validationLoss(epochOf(step)); },
      run.stepsPerEpoch);
  add(
      "val/accuracy", [&](std::int64_t step) { return figures.reached(epochOf(step)); }, run.stepsPerEpoch);
}

void addEpochs(std::vector<RunEvent>& events, const Figures& figures) {
  const HandRun& run = figures.run;
  double best = 1e300;
  for (std::int64_t epoch = 1; epoch * run.stepsPerEpoch <= figures.done; ++epoch) {
    const std::int64_t step = epoch * run.stepsPerEpoch;
    const double loss = figures.validationLoss(epoch);
    events.push_back({{"event", "epoch"},
                      {"epoch", epoch},
                      {"step", step},
                      {"train_loss", figures.loss(step)},
                      {"val_loss", loss},
                      {"val_accuracy", figures.reached(epoch)},
                      {"seconds", double(step) * run.secondsPerStep}});
    if (!run.checkpoints) continue;
    const bool better = loss < best;
    if (better) best = loss;
    events.push_back({{"event", "checkpoint"},
                      {"step", step},
                      {"epoch", epoch},
                      {"bytes", 420'000},
                      {"val_loss", loss},
                      {"best", better}});
    if (run.rateAt > step - run.stepsPerEpoch && run.rateAt <= step && run.rateAt > 0)
      events.push_back({{"event", "rate"},
                        {"factor", 0.5},
                        {"rate", figures.rate(run.rateAt)},
                        {"step", run.rateAt},
                        {"by", "ana"}});
  }
}

void addEnd(std::vector<RunEvent>& events, const Figures& figures) {
  const HandRun& run = figures.run;
  if (run.status.empty()) return;
  RunEvent end{{"event", "finished"},
               {"status", run.status},
               {"step", figures.done},
               {"epochs", figures.done / run.stepsPerEpoch},
               {"seconds", double(figures.done) * run.secondsPerStep},
               {"metrics", Json::object()}};
  if (run.test > 0) {
    events.push_back({{"event", "tested"},
                      {"checkpoint", figures.done},
                      {"metrics", {{"test_accuracy", run.test}, {"test_loss", 0.25}}}});
    end["metrics"] = {{"test_accuracy", run.test}};
  }
  if (!run.error.empty())
    end["error"] = {{"place", "step " + std::to_string(figures.done)},
                    {"cause", run.error},
                    {"fix", "Lower the learning rate"}};
  events.push_back(end);
}

} // namespace

std::string writeHandRun(const Project& project, const HandRun& run, std::int64_t created) {
  const std::string id = newUuid();
  const auto folder = runFolder(project.folder, id);
  std::error_code failed;
  std::filesystem::create_directories(folder / "attempts/1", failed);
  const auto config = configOf(project, run, id, created);
  if (!config || failed) return {};
  if (!writeFileAtomically(folder / "run.json", canonicalJson(toJson(*config)))) return {};
  auto journal = JournalWriter::create(folder / "attempts/1");
  if (!journal) return {};
  const Figures figures{run};
  std::vector<RunEvent> events;
  addStart(events, figures, *config);
  addSeries(events, figures);
  addEpochs(events, figures);
  addEnd(events, figures);
  for (const auto& event : events)
    if (!journal->append(event)) return {};
  return id;
}

} // namespace loom
