// SPDX-License-Identifier: Apache-2.0
#include "core/run/evaluation.h"
#include "core/run/members.h"
#include <algorithm>
#include <cmath>
#include <set>

namespace loom {
namespace {

constexpr std::size_t maxMetrics = 64, maxMetricName = 256;
constexpr double figureTolerance = 1e-6; // of figures that were computed in another order

bool isSplit(const std::string& split) {
  return split == "test" || split == "validation" || split == "train";
}

std::string prefixOf(const std::string& split) { return (split == "validation" ? "val" : split) + "_"; }

bool allFinite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

// Each check returns what does not fit; an empty Message when it fits.
Message wrongMetrics(const EvaluationParts& parts) {
  if (parts.metrics.size() > maxMetrics)
    return say("it must have at most {} metrics (got {})", maxMetrics, parts.metrics.size());
  std::set<std::string> names;
  for (const auto& [name, value] : parts.metrics) {
    if (name.size() > maxMetricName || !name.starts_with(prefixOf(parts.split)) || !names.insert(name).second)
      return say("the metric '{}' does not belong to the part '{}', or is there twice",
                 name.substr(0, maxMetricName), parts.split);
    if (std::isnan(value)) return say("the metric '{}' is NaN", name);
    if (name.ends_with("_accuracy") && (value < 0 || value > 1))
      return say("the metric '{}' must be between 0 and 1 (got {})", name, value);
    if ((name.ends_with("_mae") || name.ends_with("_rmse")) && value < 0)
      return say("the metric '{}' must not be negative (got {})", name, value);
  }
  return {};
}

Message wrongSamples(const EvaluationParts& parts, const EvaluationLimits& limits) {
  const auto count = static_cast<std::int64_t>(parts.samples.size());
  if (limits.partSamples > 0 && count > 0 && count != limits.partSamples)
    return say("it must have {} samples, as the part of the data has (got {})", limits.partSamples, count);
  const std::int64_t end = limits.dataSamples > 0 ? limits.dataSamples : maxSamples;
  std::int64_t before = -1;
  for (const std::int32_t sample : parts.samples) {
    if (sample < 0 || sample >= end)
      return say("a sample number must be between 0 and {} (got {})", end - 1, sample);
    if (sample <= before)
      return say("sample numbers must ascend, but sample {} follows sample {}", sample, before);
    before = sample;
  }
  return {};
}

// The class with the largest output; where several have it, any of them.
Message wrongAnswers(const EvaluationParts& parts) {
  const std::size_t classes = parts.classes.size(), count = parts.samples.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto* list : {&parts.labels, &parts.predictions})
      if (const std::int32_t label = (*list)[i]; label < 0 || static_cast<std::size_t>(label) >= classes)
        return say("a label or prediction must be between 0 and {} (got {})", classes - 1, label);
    const float* row = parts.outputs.data() + i * classes;
    if (row[parts.predictions[i]] < *std::max_element(row, row + classes))
      return say("the prediction {} of sample {} does not have the largest output", parts.predictions[i],
                 parts.samples[i]);
  }
  return {};
}

bool close(double a, double b) { return std::abs(a - b) <= figureTolerance; }

// How many rows have their largest output more than once: which of them counts as right is left open.
std::size_t ties(const EvaluationParts& parts) {
  const std::size_t classes = parts.classes.size();
  std::size_t found = 0;
  for (std::size_t i = 0; i < parts.samples.size(); ++i) {
    const float* row = parts.outputs.data() + i * classes;
    const float most = *std::max_element(row, row + classes);
    const auto near = [&](float value) { return static_cast<double>(most - value) <= figureTolerance; };
    found += std::count_if(row, row + classes, near) > 1 ? 1 : 0;
  }
  return found;
}

Message wrongFigures(const EvaluationParts& parts) {
  EvaluationParts counted;
  counted.classes = parts.classes;
  counted.labels = parts.labels;
  counted.predictions = parts.predictions;
  countClasses(counted);
  if (counted.confusion != parts.confusion)
    return say("the confusion matrix does not count the labels and predictions");
  if (counted.perClass.size() != parts.perClass.size())
    return say("it must have figures for {} classes (got {})", counted.perClass.size(),
               parts.perClass.size());
  std::int64_t right = 0;
  for (std::size_t c = 0; c < parts.perClass.size(); ++c) {
    const ClassReport &one = parts.perClass[c], &is = counted.perClass[c];
    right += parts.confusion[c][c];
    if (one.name != is.name || one.support != is.support || !close(one.precision, is.precision) ||
        !close(one.recall, is.recall) || !close(one.f1, is.f1))
      return say("the figures of the class '{}' do not follow from the confusion matrix", is.name);
  }
  // Some losses count a row as right only when every column is.
  const double most = static_cast<double>(right) + static_cast<double>(ties(parts));
  for (const auto& [name, value] : parts.metrics)
    if (name.ends_with("_accuracy") && value * static_cast<double>(parts.samples.size()) > most + 0.5)
      return say("the metric '{}' is higher than the confusion matrix allows", name);
  return {};
}

Message wrongClassification(const EvaluationParts& parts) {
  const std::size_t classes = parts.classes.size(), count = parts.samples.size();
  if (!parts.targets.empty()) return say("classes have no numeric targets");
  if (parts.confusion.size() != classes ||
      std::any_of(parts.confusion.begin(), parts.confusion.end(),
                  [&](const auto& row) { return row.size() != classes; }))
    return say("the confusion matrix must have {} rows and columns", classes);
  if (parts.labels.size() != count || parts.predictions.size() != count ||
      parts.outputs.size() != count * classes)
    return say("{} samples must have as many labels and predictions, and {} outputs (got {}, {} and {})",
               count, count * classes, parts.labels.size(), parts.predictions.size(), parts.outputs.size());
  if (!allFinite(parts.outputs)) return say("the outputs contain NaN or infinity");
  if (Message wrong = wrongAnswers(parts); !wrong.empty()) return wrong;
  return wrongFigures(parts);
}

Message wrongRegression(const EvaluationParts& parts, const EvaluationLimits& limits) {
  const std::size_t count = parts.samples.size();
  if (!parts.confusion.empty() || !parts.perClass.empty() || !parts.labels.empty() ||
      !parts.predictions.empty())
    return say("it contains labels and no classes");
  const std::size_t width = count == 0 ? 0 : parts.outputs.size() / count;
  if (parts.outputs.size() != parts.targets.size() || parts.outputs.size() != count * width ||
      (count > 0 && width == 0))
    return say("{} samples must have equally many outputs and targets (got {} and {})", count,
               parts.outputs.size(), parts.targets.size());
  if (limits.targets > 0 && width > 0 && static_cast<std::int64_t>(width) != limits.targets)
    return say("each sample must have {} targets (got {})", limits.targets, width);
  if (!allFinite(parts.outputs) || !allFinite(parts.targets))
    return say("the outputs or targets contain NaN or infinity");
  return {};
}

Message whatIsWrong(const EvaluationParts& parts, const EvaluationLimits& limits) {
  if (parts.step < 0 || parts.step > maxCount)
    return say("its step must be between 0 and {} (got {})", maxCount, parts.step);
  if (!isSplit(parts.split)) return say("there is no part '{}' of the data", parts.split.substr(0, 40));
  if (Message wrong = wrongMetrics(parts); !wrong.empty()) return wrong;
  if (Message wrong = wrongSamples(parts, limits); !wrong.empty()) return wrong;
  return parts.classes.empty() ? wrongRegression(parts, limits) : wrongClassification(parts);
}

} // namespace

Result<Evaluation> Evaluation::from(EvaluationParts parts, const Place& place,
                                    const EvaluationLimits& limits) {
  if (Message wrong = whatIsWrong(parts, limits); !wrong.empty())
    return Error{ErrorKind::input, place, say("The parts of the evaluation do not fit together: {}", wrong),
                 say("Evaluate the run again")};
  return Evaluation(std::move(parts));
}

Json toJson(const Evaluation& evaluation) {
  Json metrics = Json::object();
  for (const auto& [name, value] : evaluation.metrics()) metrics[name] = numberOrText(value);
  Json perClass = Json::array();
  for (const auto& one : evaluation.perClass())
    perClass.push_back({{"name", one.name},
                        {"precision", one.precision},
                        {"recall", one.recall},
                        {"f1", one.f1},
                        {"support", one.support}});
  return {{"step", evaluation.step()},       {"split", evaluation.split()},         {"metrics", metrics},
          {"classes", evaluation.classes()}, {"confusion", evaluation.confusion()}, {"per_class", perClass}};
}

void countClasses(EvaluationParts& parts) {
  const std::size_t classes = parts.classes.size();
  parts.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
  parts.perClass.clear();
  if (parts.labels.empty()) return;
  for (std::size_t i = 0; i < parts.labels.size(); ++i)
    ++parts.confusion[static_cast<std::size_t>(parts.labels[i])]
                     [static_cast<std::size_t>(parts.predictions[i])];
  for (std::size_t c = 0; c < classes; ++c) {
    std::int64_t predicted = 0, support = 0;
    for (std::size_t other = 0; other < classes; ++other) {
      predicted += parts.confusion[other][c];
      support += parts.confusion[c][other];
    }
    const auto right = static_cast<double>(parts.confusion[c][c]);
    ClassReport report{parts.classes[c], 0, 0, 0, support};
    if (predicted > 0) report.precision = right / static_cast<double>(predicted);
    if (support > 0) report.recall = right / static_cast<double>(support);
    const double both = report.precision + report.recall;
    if (both > 0) report.f1 = 2 * report.precision * report.recall / both;
    parts.perClass.push_back(report);
  }
}

} // namespace loom
