// SPDX-License-Identifier: Apache-2.0
#include "core/train/evaluate.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/run/evaluation_files.h"
#include "core/run/fit.h"
#include "core/train/scoring.h"
#include "core/train/snapshot.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace loom {
namespace {

namespace fs = std::filesystem;

Result<Machine> evaluationMachine(const RunConfig& config, std::vector<std::int64_t> batches,
                                  const Checkpoint& checkpoint, const fs::path& folder) {
  CompileOptions options;
  options.evaluateBatches = std::move(batches);
  auto machine = makeMachine(config.network, options, config.settings.device, config.settings.threads);
  if (!machine) return machine.error();
  if (auto done = restoreModel(*machine->plan, *machine->executable, checkpoint.model, folder.string());
      !done)
    return done.error();
  return machine;
}

// What the network's output means for a person, best first.
Result<Prediction> predictionOf(std::vector<float> out, const RunConfig& config, std::string name) {
  Prediction one;
  one.name = std::move(name);
  if (!config.classes.empty()) {
    if (out.size() == 1) out = {1 - out[0], out[0]};
    for (std::size_t index = 0; index < out.size() && index < config.classes.size(); ++index)
      one.scores.emplace_back(config.classes[index], static_cast<double>(out[index]));
    std::stable_sort(one.scores.begin(), one.scores.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (!one.scores.empty()) one.answer = one.scores.front().first;
    return one;
  }
  const Normalisation& scale = config.normalisation;
  if (out.size() != config.targetNames.size() || out.size() != scale.targetMean.size())
    return Error{
        ErrorKind::input, "run.json",
        say("The network gives {} values, the run has {} targets", out.size(), config.targetNames.size()),
        say("Restore run.json from a backup, or train again")};
  for (std::size_t index = 0; index < out.size(); ++index)
    one.scores.emplace_back(config.targetNames[index],
                            static_cast<double>(out[index]) * scale.targetStd[index] +
                                scale.targetMean[index]);
  if (!one.scores.empty()) one.answer = formatNumber(one.scores.front().second);
  return one;
}

Result<std::vector<float>> outputOf(Machine& machine, int at, const std::vector<float>& values) {
  const Program& program = machine.plan->programs[static_cast<std::size_t>(at)];
  for (const auto& port : program.inputs)
    machine.executable->write(port.tensor, std::as_bytes(std::span(values)));
  for (const auto& port : program.targets) {
    const std::vector<std::byte> nothing(
        static_cast<std::size_t>(machine.plan->tensor(port.tensor).elements()) * 4);
    machine.executable->write(port.tensor, nothing);
  }
  if (auto ran = machine.executable->run(at); !ran) return ran.error();
  const TensorId output = program.outputs.front().tensor;
  std::vector<float> out(static_cast<std::size_t>(machine.plan->tensor(output).elements()));
  machine.executable->read(output, std::as_writable_bytes(std::span(out)));
  return out;
}

} // namespace

Result<Evaluation> computeEvaluation(const fs::path& project, const RunConfig& config,
                                     const Checkpoint& checkpoint, const std::string& split) {
  auto material = makeMaterial(config.data, project, &config.normalisation);
  if (!material) return material.error();
  if (auto good = checkRunData(config, **material); !good) return good.error();
  const auto& part = (*material)->part(split);
  if (part.empty())
    return Error{ErrorKind::input, config.data.name, say("The data has no {} part", split),
                 say("Choose another part with --split")};
  auto machine = evaluationMachine(config, batchSizes(static_cast<std::int64_t>(part.size()), evaluateBatch),
                                   checkpoint, runFolder(project, config.id));
  if (!machine) return machine.error();
  Scorer scorer(*machine, **material, part);
  EvaluationParts parts;
  parts.step = checkpoint.step;
  parts.split = split;
  auto score = scorer.run({}, &parts);
  if (!score) return score.error();
  return summarise(std::move(parts), *score, (*material)->data);
}

Result<Evaluated> evaluateRun(const fs::path& project, const std::string& run, std::int64_t step,
                              const std::string& split) {
  if (split != "test" && split != "validation" && split != "train")
    return Error{ErrorKind::usage, "--split", say("There is no part '{}'", split),
                 say("Use test, validation or train")};
  const fs::path folder = runFolder(project, run);
  auto config = readRunConfig(folder);
  if (!config) return config.error();
  Evaluated answer;
  auto checkpoint = bestCheckpoint(folder, step, answer.notes);
  if (!checkpoint) return checkpoint.error();
  if (isEvaluated(folder, checkpoint->step, split)) {
    auto stored = readEvaluation(folder, checkpoint->step, split);
    if (stored) {
      answer.evaluation = std::move(*stored);
      return answer;
    }
    answer.notes.push_back(
        say("The stored evaluation cannot be used and is computed again: {}", toMessage(stored.error())));
  }
  auto computed = computeEvaluation(project, *config, *checkpoint, split);
  if (!computed) return computed.error();
  answer.evaluation = std::move(*computed);
  // A project that cannot be written is evaluated all the same; the result is only not kept.
  (void)writeEvaluation(folder, answer.evaluation, sourceOf(*config, folder, checkpoint->step));
  return answer;
}

Result<Predictions> predict(const fs::path& project, const std::string& run,
                            const std::vector<fs::path>& files) {
  const fs::path folder = runFolder(project, run);
  auto config = readRunConfig(folder);
  if (!config) return config.error();
  Predictions answer;
  auto checkpoint = bestCheckpoint(folder, -1, answer.notes);
  if (!checkpoint) return checkpoint.error();
  answer.checkpoint = checkpoint->step;
  auto like = load(config->data, project);
  if (!like) return like.error();
  if (auto good = checkNormalisation(config->normalisation, *like); !good) return good.error();
  if (auto good = checkFit(config->network, factsOf(*like)); !good) return good.error();
  auto machine = evaluationMachine(*config, {1}, *checkpoint, folder);
  if (!machine) return machine.error();
  const int at = machine->plan->find(ProgramKind::evaluate, 1);
  for (const auto& file : files) {
    auto data = loadForPrediction(config->data, *like, file);
    if (!data) return data.error();
    std::vector<float> values(static_cast<std::size_t>(data->sampleElements()));
    for (std::uint32_t sample = 0; sample < data->samples; ++sample) {
      gather(*data, config->normalisation, &sample, 1, values.data());
      auto out = outputOf(*machine, at, values);
      if (!out) return out.error();
      auto one = predictionOf(std::move(*out), *config,
                              file.filename().string() +
                                  (data->samples > 1 ? fmt::format(", row {}", sample + 1) : ""));
      if (!one) return one.error();
      answer.predictions.push_back(std::move(*one));
    }
  }
  return answer;
}

} // namespace loom
