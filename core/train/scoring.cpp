// SPDX-License-Identifier: Apache-2.0
#include "core/train/scoring.h"
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

// Residuals of one target, in its own unit.
struct TargetSums {
  double sum = 0, squares = 0, residual = 0, absolute = 0;
};

void addRegression(const Material& material, const std::uint32_t* samples, std::int64_t count,
                   const std::vector<float>& outputs, std::vector<TargetSums>& sums, EvaluationParts* into) {
  const std::size_t width = sums.size();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    for (std::size_t k = 0; k < width; ++k) {
      const double truth = material.data.targets[samples[i] * width + k];
      const Normalisation& scale = material.normalisation;
      const double value = outputs[i * width + k] * scale.targetStd[k] + scale.targetMean[k];
      // About the training mean, so that large offsets do not eat the digits of the variance.
      const double centred = truth - scale.targetMean[k], off = truth - value;
      sums[k].sum += centred;
      sums[k].squares += centred * centred;
      sums[k].residual += off * off;
      sums[k].absolute += std::abs(off);
      if (!into) continue;
      into->outputs.push_back(static_cast<float>(value));
      into->targets.push_back(static_cast<float>(truth));
    }
}

void finishRegression(const std::vector<TargetSums>& sums, std::int64_t samples, Score& score) {
  const double count = static_cast<double>(samples), targets = static_cast<double>(sums.size());
  double r2 = 0, absolute = 0, residual = 0;
  for (const TargetSums& each : sums) {
    const double variation = each.squares - each.sum * each.sum / count;
    // A target that never varies: all or nothing, as scikit-learn has it.
    r2 += variation > 0 ? 1 - each.residual / variation : each.residual > 0 ? 0.0 : 1.0;
    absolute += each.absolute / count;
    residual += each.residual / count;
  }
  score.r2 = r2 / targets;
  score.mae = absolute / targets;
  score.rmse = std::sqrt(residual / targets);
}

// The class a row of scores says; a single score is the probability of class 1.
std::int32_t answerOf(const float* row, std::size_t width) {
  if (width == 1) return row[0] >= 0.5f ? 1 : 0;
  return static_cast<std::int32_t>(std::max_element(row, row + width) - row);
}

void addClasses(const Material& material, const std::uint32_t* samples, std::int64_t count,
                const std::vector<float>& outputs, std::size_t width, EvaluationParts& into) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const float* row = outputs.data() + i * width;
    into.labels.push_back(material.data.labels[samples[i]]);
    into.predictions.push_back(answerOf(row, width));
    if (width == 1) into.outputs.push_back(1 - row[0]);
    into.outputs.insert(into.outputs.end(), row, row + width);
  }
}

} // namespace

std::vector<std::pair<std::string, double>> named(const Score& score, const std::string& prefix) {
  std::vector<std::pair<std::string, double>> metrics{{prefix + "_loss", score.loss}};
  const auto add = [&](const char* name, const std::optional<double>& value) {
    if (value) metrics.emplace_back(prefix + "_" + name, *value);
  };
  add("accuracy", score.accuracy);
  add("r2", score.r2);
  add("mae", score.mae);
  add("rmse", score.rmse);
  return metrics;
}

Scorer::Scorer(Machine& machine, const Material& material, const std::vector<std::uint32_t>& part)
    : machine_(machine), material_(material), part_(part) {
  const Plan& plan = *machine.plan;
  for (std::int64_t size : batchSizes(static_cast<std::int64_t>(part.size()), evaluateBatch)) {
    Entry entry;
    entry.program = plan.find(ProgramKind::evaluate, size);
    entry.binding = std::make_unique<Binding>(plan, entry.program, *machine.executable, material);
    const Program& program = plan.programs[static_cast<std::size_t>(entry.program)];
    if (!program.outputs.empty()) entry.output = program.outputs[0].tensor;
    for (std::size_t i = 0; i < program.metrics.size(); ++i) {
      if (program.metrics[i].name == "loss") entry.loss = i;
      if (program.metrics[i].name == "correct") entry.correct = i;
    }
    if (entry.output != noTensor)
      outputs_.resize(
          std::max(outputs_.size(), static_cast<std::size_t>(plan.tensor(entry.output).elements())));
    entries_.push_back(std::move(entry));
  }
}

Result<Score> Scorer::run(const std::function<bool()>& goOn, EvaluationParts* into) {
  Score score;
  double loss = 0, correct = 0;
  bool counted = false;
  std::vector<TargetSums> sums(material_.data.targetNames.size());
  Executable& executable = *machine_.executable;
  for (std::size_t first = 0; first < part_.size();) {
    if (goOn && !goOn()) {
      score.complete = false;
      return score;
    }
    const auto left = static_cast<std::int64_t>(part_.size() - first);
    Entry& entry = entries_[0].binding->batch() <= left ? entries_[0] : entries_.back();
    const std::int64_t count = entry.binding->batch();
    const std::uint32_t* samples = part_.data() + first;
    entry.binding->fill(samples, nullptr);
    if (Status ran = executable.run(entry.program); !ran) return ran.error();
    rows_.clear();
    executable.drain(rows_);
    if (rows_.empty())
      return Error{ErrorKind::other, "evaluation", say("the backend gave no metrics"),
                   say("Report this with the output of `loom doctor`")};
    const auto& values = rows_.back().values;
    loss += static_cast<double>(values[entry.loss]) * static_cast<double>(count);
    if (entry.correct) {
      correct += values[*entry.correct];
      counted = true;
    }
    const bool wanted = into || !sums.empty();
    if (wanted && entry.output != noTensor) {
      const std::size_t elements = static_cast<std::size_t>(machine_.plan->tensor(entry.output).elements());
      executable.read(entry.output, std::as_writable_bytes(std::span(outputs_.data(), elements)));
      if (into) into->samples.insert(into->samples.end(), samples, samples + count);
      if (!sums.empty())
        addRegression(material_, samples, count, outputs_, sums, into);
      else if (into && !material_.data.labels.empty())
        addClasses(material_, samples, count, outputs_, elements / static_cast<std::size_t>(count), *into);
    }
    first += static_cast<std::size_t>(count);
    score.samples += count;
  }
  if (score.samples == 0) return score;
  score.loss = loss / static_cast<double>(score.samples);
  if (counted && sums.empty()) score.accuracy = correct / static_cast<double>(score.samples);
  if (!sums.empty()) finishRegression(sums, score.samples, score);
  return score;
}

Result<Evaluation> summarise(EvaluationParts parts, const Score& score, const Dataset& data) {
  const Place place(say("evaluation of step {}", parts.step));
  if (!std::all_of(parts.outputs.begin(), parts.outputs.end(),
                   [](float value) { return std::isfinite(value); }))
    return Error{ErrorKind::diverged, place, say("The network's outputs contain NaN or infinity"),
                 say("Use an earlier checkpoint, or train again with a lower learning rate")};
  parts.metrics = named(score, parts.split == "validation" ? "val" : parts.split);
  parts.classes = data.classes;
  const auto classes = static_cast<std::int64_t>(parts.classes.size());
  for (const auto* list : {&parts.labels, &parts.predictions})
    for (const std::int32_t label : *list)
      if (label < 0 || label >= classes)
        return Error{ErrorKind::input, place,
                     say("A label or prediction must be between 0 and {} (got {})", classes - 1, label),
                     say("Train the network on this data again")};
  countClasses(parts);
  EvaluationLimits limits;
  limits.dataSamples = data.samples;
  limits.targets = static_cast<std::int64_t>(data.targetNames.size());
  return Evaluation::from(std::move(parts), place, limits);
}

} // namespace loom
