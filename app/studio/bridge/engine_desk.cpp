// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/engine_desk.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include <QTemporaryDir>

namespace loom {
namespace {

using namespace std::chrono_literals;

constexpr auto longest = 10min, longestEstimate = 2min;

// `loom` prints its error on stderr as one line; the exit code is the kind.
Error errorOf(const Finished& finished) {
  std::string text = finished.errors;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (const auto line = text.rfind('\n'); line != std::string::npos) text.erase(0, line + 1);
  if (text.rfind("loom: ", 0) == 0) text.erase(0, 6);
  const auto kind = finished.exitCode >= 1 && finished.exitCode <= 9
                        ? static_cast<ErrorKind>(finished.exitCode)
                        : ErrorKind::other;
  return {kind, "loom", text.empty() ? say("It ended with code {}", finished.exitCode) : foreign(text), {}};
}

// Runs `loom` with these arguments; its JSON.
Result<Json> runLoom(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                     std::chrono::milliseconds limit, const std::atomic<bool>* dropped) {
  Command command;
  command.arguments = {program.string()};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.givenUp = dropped;
  auto finished = runCommand(command, limit);
  if (!finished) return finished.error();
  if (finished->exitCode != 0) return errorOf(*finished);
  return parseJson(finished->output, "loom " + arguments.front());
}

EstimateView estimateFrom(const Json& json) {
  const JsonReader reader(json, "loom estimate");
  const auto whole = [&](const char* key) {
    auto value = reader.integer(key);
    return value ? *value : 0;
  };
  const auto number = [&](const char* key) {
    auto value = reader.number(key);
    return value ? *value : 0.0;
  };
  EstimateView view;
  view.parameters = whole("parameters");
  view.multiplyAdds = whole("multiply_adds");
  view.memoryBytes = whole("memory_bytes");
  view.largestBatch = whole("largest_batch");
  view.steps = whole("steps");
  view.measured = json.value("measured", true);
  view.secondsPerStep = number("seconds_per_step");
  view.seconds = number("seconds");
  if (auto device = reader.text("device")) view.device = QString::fromStdString(*device);
  view.threads = static_cast<int>(whole("threads"));
  return view;
}

// A project like this one that points to the same data from anywhere.
Project scratchOf(const Project& project, const EstimateNetwork& question) {
  Project scratch = project;
  resolvePaths(scratch.data, project.folder);
  scratch.defaults = question.settings;
  scratch.network = question.network->name;
  return scratch;
}

Result<QVector<PredictionView>> predictionsFrom(const Json& json) {
  const auto predictions = json.find("predictions");
  if (predictions == json.end() || !predictions->is_array())
    return Error{ErrorKind::other, "loom predict", say("The answer lists no predictions"),
                 say("Use the loom that belongs to this studio")};
  QVector<PredictionView> answer;
  for (const auto& one : *predictions) {
    PredictionView view{QString::fromStdString(one.value("name", std::string())), {}};
    for (const auto& score : one.value("scores", Json::array()))
      view.scores.push_back(
          {QString::fromStdString(score.value("class", std::string())), score.value("score", 0.0)});
    answer.push_back(std::move(view));
  }
  return answer;
}

} // namespace

// The drawing on the canvas may not be saved yet: it is estimated from a scratch project.
void EngineDesk::answer(const EstimateNetwork& question, const Reply<EstimateView>& reply) {
  hub_.onPool([scratch = scratchOf(project_, question), network = question.network,
               program = hub_.loomProgram(), reply] {
    if (!reply.wanted()) return; // a later question is waiting
    QTemporaryDir folder;
    if (!folder.isValid())
      return reply(
          Error{ErrorKind::other, "temporary folder", say("It cannot be created"), say("Free some space")});
    const auto path = std::filesystem::path(folder.path().toStdString()) / "estimate.loom";
    if (auto created = createProject(path, scratch, *network); !created) return reply(created.error());
    auto json = runLoom(program, {"estimate", path.string(), "--json"}, longestEstimate, reply.dropped());
    if (!json) return reply(json.error());
    reply(estimateFrom(*json));
  });
}

void EngineDesk::answer(const EvaluateRun& question, const Reply<Evaluation>& reply) {
  hub_.onPool([run = question.run.toStdString(), split = question.split.toStdString(),
               folder = project_.folder, program = hub_.loomProgram(), access = access_, reply] {
    if (!reply.wanted()) return;
    auto json = runLoom(program, {"evaluate", folder.string(), run, "--split", split, "--json"}, longest,
                        reply.dropped());
    if (!json) return reply(json.error());
    auto step = JsonReader(*json, "loom evaluate").integer("step");
    if (!step) return reply(step.error());
    auto evaluation = access->evaluation(run, *step, split);
    if (!evaluation) return reply(evaluation.error());
    if (!*evaluation)
      return reply(Error{ErrorKind::input, access->place(run).string(),
                         say("The evaluation that loom wrote is missing"), say("Evaluate again")});
    reply(std::move(**evaluation));
  });
}

void EngineDesk::answer(const PredictFiles& question, const Reply<QVector<PredictionView>>& reply) {
  std::vector<std::string> arguments{"predict", project_.folder.string(), question.run.toStdString()};
  for (const auto& file : question.files) arguments.push_back(file.toStdString());
  arguments.push_back("--json");
  hub_.onPool([arguments = std::move(arguments), program = hub_.loomProgram(), reply] {
    if (!reply.wanted()) return;
    auto json = runLoom(program, arguments, longest, reply.dropped());
    if (!json) return reply(json.error());
    reply(predictionsFrom(*json));
  });
}

void answer(Hub& hub, const ListDevices&, const Reply<QVector<DeviceView>>& reply) {
  hub.onPool([program = hub.loomProgram(), reply] {
    if (!reply.wanted()) return;
    auto json = runLoom(program, {"devices", "--json"}, longest, reply.dropped());
    if (!json) return reply(json.error());
    QVector<DeviceView> devices;
    for (const auto& device : json->value("devices", Json::array()))
      if (device.value("usable", true))
        devices.push_back({QString::fromStdString(device.value("id", std::string())),
                           QString::fromStdString(device.value("name", std::string())),
                           QString::fromStdString(device.value("note", std::string()))});
    reply(devices);
  });
}

} // namespace loom
