// SPDX-License-Identifier: Apache-2.0
#include "core/train/evaluate.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/run/fit.h"
#include "core/train/checkpoint.h"
#include "core/train/scoring.h"
#include "core/train/snapshot.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace loom {
namespace {

namespace fs = std::filesystem;

// The step of the lowest validation loss as the newest whole checkpoint tells it; that one itself when it
// names none.
Result<Checkpoint> bestCheckpoint(const fs::path& folder, std::int64_t step, std::vector<Message>& notes) {
  if (step >= 0) return readCheckpoint(folder, step);
  std::vector<Error> damaged;
  auto newest = newestCheckpoint(folder, damaged);
  for (const Error& error : damaged)
    if (newest) notes.push_back(say("A damaged checkpoint is skipped: {}", toMessage(error)));
  if (!newest)
    return damaged.empty() ? Error{ErrorKind::input, folder, say("The run has no checkpoint yet"),
                                   say("Wait for the first epoch, or resume the run")}
                           : damaged.front();
  const auto bestStep = bestStepOf(newest->state, folder.string());
  if (!bestStep) return bestStep.error();
  if (*bestStep < 0 || *bestStep == newest->step) return newest;
  auto best = readCheckpoint(folder, *bestStep);
  if (best) return best;
  notes.push_back(say("The checkpoint of the lowest validation loss cannot be used, step {} is used "
                      "instead: {}",
                      newest->step, toMessage(best.error())));
  return newest;
}

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

} // namespace

Result<Evaluation> evaluateRun(const fs::path& project, const std::string& run, std::int64_t step,
                               const std::string& split) {
  if (split != "test" && split != "validation" && split != "train")
    return Error{ErrorKind::usage, "--split", say("There is no part '{}'", split),
                 say("Use test, validation or train")};
  const fs::path folder = runFolder(project, run);
  auto config = readRunConfig(folder);
  if (!config) return config.error();
  std::vector<Message> notes;
  auto checkpoint = bestCheckpoint(folder, step, notes);
  if (!checkpoint) return checkpoint.error();
  if (isEvaluated(folder, checkpoint->step, split))
    if (auto kept = readEvaluation(folder, checkpoint->step, split)) {
      kept->notes = std::move(notes);
      return kept;
    }
  auto material = makeMaterial(config->data, project, &config->normalisation);
  if (!material) return material.error();
  if ((*material)->data.contentHash != config->dataHash)
    return Error{ErrorKind::input, config->data.name, say("The data changed since this run was trained"),
                 say("Bring the old data back")};
  const auto& part = (*material)->part(split);
  if (part.empty())
    return Error{ErrorKind::input, config->data.name, say("The data has no {} part", split),
                 say("Choose another part with --split")};
  auto machine = evaluationMachine(*config, batchSizes(static_cast<std::int64_t>(part.size()), evaluateBatch),
                                   *checkpoint, folder);
  if (!machine) return machine.error();
  Scorer scorer(*machine, **material, part);
  Evaluation evaluation;
  evaluation.step = checkpoint->step;
  evaluation.split = split;
  evaluation.notes = std::move(notes);
  auto score = scorer.run({}, &evaluation);
  if (!score) return score.error();
  summarise(evaluation, *score, (*material)->data);
  // A project that cannot be written is evaluated all the same; the result is only not kept.
  (void)writeEvaluation(folder, evaluation);
  return evaluation;
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
  auto machine = evaluationMachine(*config, {1}, *checkpoint, folder);
  if (!machine) return machine.error();
  const int at = machine->plan->find(ProgramKind::evaluate, 1);
  const Program& program = machine->plan->programs[static_cast<std::size_t>(at)];
  for (const auto& file : files) {
    auto data = loadForPrediction(config->data, *like, file);
    if (!data) return data.error();
    std::vector<float> values(static_cast<std::size_t>(data->sampleElements()));
    for (std::uint32_t sample = 0; sample < data->samples; ++sample) {
      gather(*data, config->normalisation, &sample, 1, values.data());
      for (const auto& port : program.inputs)
        machine->executable->write(port.tensor, std::as_bytes(std::span(values)));
      for (const auto& port : program.targets) {
        const std::vector<std::byte> nothing(
            static_cast<std::size_t>(machine->plan->tensor(port.tensor).elements()) * 4);
        machine->executable->write(port.tensor, nothing);
      }
      if (auto ran = machine->executable->run(at); !ran) return ran.error();
      const TensorId output = program.outputs.front().tensor;
      std::vector<float> out(static_cast<std::size_t>(machine->plan->tensor(output).elements()));
      machine->executable->read(output, std::as_writable_bytes(std::span(out)));
      Prediction one;
      one.name = file.filename().string() + (data->samples > 1 ? fmt::format(", row {}", sample + 1) : "");
      if (!config->classes.empty()) {
        if (out.size() == 1) out = {1 - out[0], out[0]};
        for (std::size_t index = 0; index < out.size() && index < config->classes.size(); ++index)
          one.scores.emplace_back(config->classes[index], static_cast<double>(out[index]));
        std::stable_sort(one.scores.begin(), one.scores.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        if (!one.scores.empty()) one.answer = one.scores.front().first;
      } else {
        for (std::size_t index = 0; index < out.size(); ++index) {
          const double value = static_cast<double>(out[index]) * config->normalisation.targetStd[index] +
                               config->normalisation.targetMean[index];
          one.scores.emplace_back(config->targetNames[index], value);
        }
        if (!one.scores.empty()) one.answer = formatNumber(one.scores.front().second);
      }
      answer.predictions.push_back(std::move(one));
    }
  }
  return answer;
}

} // namespace loom
