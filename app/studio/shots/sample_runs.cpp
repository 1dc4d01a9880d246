// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/sample_runs.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/uuid.h"
#include "core/network/templates.h"
#include "core/run/journal.h"
#include <cmath>

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

} // namespace

std::string writeHandRun(const Project& project, const HandRun& run, std::int64_t created) {
  const std::string id = newUuid();
  const auto folder = runFolder(project.folder, id);
  std::error_code failed;
  std::filesystem::create_directories(folder / "attempts/1", failed);
  auto network = loadNetwork(project, project.network);
  if (!network || failed) return {};
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
  if (!writeFileAtomically(folder / "run.json", canonicalJson(toJson(config)))) return {};
  auto journal = JournalWriter::create(folder / "attempts/1");
  if (!journal) return {};
  const std::int64_t total = run.epochs * run.stepsPerEpoch, done = run.doneSteps < 0 ? total : run.doneSteps;
  std::vector<RunEvent> events;
  events.push_back({{"event", "started"},
                    {"run", id},
                    {"attempt", 1},
                    {"step", 0},
                    {"total_steps", total},
                    {"epochs", run.epochs},
                    {"steps_per_epoch", run.stepsPerEpoch},
                    {"threads", 8},
                    {"device", "cpu"},
                    {"pid", 1},
                    {"host", "here"},
                    {"seq", 0},
                    {"seconds", 0.0},
                    {"time", formatTime(config.created)}});
  events.push_back({{"event", "state"}, {"state", "running"}, {"step", 0}});
  const auto rate = [&](std::int64_t step) {
    const double factor = findSchedule("cosine")->factor(step, total, {});
    return run.learningRate * factor * (run.rateAt > 0 && step > run.rateAt ? 0.5 : 1);
  };
  const auto loss = run.loss ? run.loss : [](std::int64_t step) { return 2.0 / std::sqrt(double(step)); };
  addPoints(events, {"train/loss", loss, 1}, done, run.secondsPerStep);
  addPoints(events, {"train/lr", rate, 1}, done, run.secondsPerStep);
  if (run.speed) addPoints(events, {"train/samples_per_second", run.speed, 4}, done, run.secondsPerStep);
  const auto reached = [&](std::int64_t epoch) {
    const auto rise = [&](std::int64_t e) { return 1 - 0.35 * std::exp(-0.3 * double(e)); };
    return run.accuracy * rise(epoch) / rise(run.epochs) +
           0.0035 * std::sin(double(epoch) * 2.7) * (epoch < run.epochs ? 1 : 0);
  };
  const auto valLoss = [&](std::int64_t epoch) { return 0.05 + 2.6 * (1 - reached(epoch)); };
  addPoints(
      events,
      {"val/loss", [&](std::int64_t step) { return valLoss(step / run.stepsPerEpoch); }, run.stepsPerEpoch},
      done, run.secondsPerStep);
  addPoints(events,
            {"val/accuracy", [&](std::int64_t step) { return reached(step / run.stepsPerEpoch); },
             run.stepsPerEpoch},
            done, run.secondsPerStep);
  double best = 1e300;
  for (std::int64_t epoch = 1; epoch * run.stepsPerEpoch <= done; ++epoch) {
    const std::int64_t step = epoch * run.stepsPerEpoch;
    events.push_back({{"event", "epoch"},
                      {"epoch", epoch},
                      {"step", step},
                      {"train_loss", loss(step)},
                      {"val_loss", valLoss(epoch)},
                      {"val_accuracy", reached(epoch)},
                      {"seconds", double(step) * run.secondsPerStep}});
    if (!run.checkpoints) continue;
    const bool better = valLoss(epoch) < best;
    if (better) best = valLoss(epoch);
    events.push_back({{"event", "checkpoint"},
                      {"step", step},
                      {"epoch", epoch},
                      {"bytes", 420'000},
                      {"val_loss", valLoss(epoch)},
                      {"best", better}});
    if (run.rateAt > step - run.stepsPerEpoch && run.rateAt <= step && run.rateAt > 0)
      events.push_back({{"event", "rate"},
                        {"factor", 0.5},
                        {"rate", rate(run.rateAt)},
                        {"step", run.rateAt},
                        {"by", "ana"}});
  }
  if (!run.status.empty()) {
    RunEvent end{{"event", "finished"},
                 {"status", run.status},
                 {"step", done},
                 {"epochs", done / run.stepsPerEpoch},
                 {"seconds", double(done) * run.secondsPerStep},
                 {"metrics", Json::object()}};
    if (run.test > 0) {
      events.push_back({{"event", "tested"},
                        {"checkpoint", done},
                        {"metrics", {{"test_accuracy", run.test}, {"test_loss", 0.25}}}});
      end["metrics"] = {{"test_accuracy", run.test}};
    }
    if (!run.error.empty())
      end["error"] = {{"place", "step " + std::to_string(done)},
                      {"cause", run.error},
                      {"fix", "Lower the learning rate"}};
    events.push_back(end);
  }
  for (const auto& event : events)
    if (!journal->append(event)) return {};
  return id;
}

} // namespace loom
