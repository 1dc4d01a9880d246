// SPDX-License-Identifier: Apache-2.0
// What a trained network did on data. Its parts must fit together: an Evaluation exists only when they do, so
// that whoever shows one need not check it. Computed by core/train, stored by evaluation_files.h.
#pragma once
#include "core/base/json.h"
#include <cstdint>
#include <string>
#include <vector>

namespace loom {

struct ClassReport {
  std::string name;
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;
  bool operator==(const ClassReport&) const = default;
};

// As computed or read: nothing is known of how the parts fit.
struct EvaluationParts {
  std::int64_t step = 0;
  std::string split; // "test", "validation", "train"
  // Named test_accuracy and test_loss, or test_r2, test_mae and test_rmse.
  std::vector<std::pair<std::string, double>> metrics;
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> confusion; // rows true, columns predicted
  std::vector<ClassReport> perClass;
  // Per sample of the part, in order: number in the data set, label, prediction.
  std::vector<std::int32_t> samples, labels, predictions;
  std::vector<float> outputs; // count × classes (probabilities) or count × targets (in the target's own unit)
  std::vector<float> targets; // regression
};
// What is known of the data. 0: not known.
struct EvaluationLimits {
  std::int64_t dataSamples = 0; // of the whole data set: sample numbers are below it
  std::int64_t partSamples = 0; // of the part that was evaluated
  std::int64_t targets = 0;     // regression
};

class Evaluation {
 public:
  Evaluation() = default; // nothing was evaluated
  // Kind input, with the first thing that does not fit. Checked are the lengths of all lists, the ranges of
  // labels, predictions, counts and sample numbers (ascending), that each prediction is a largest output of
  // its sample, that the matrix counts labels and predictions, and that the figures follow from the matrix.
  static Result<Evaluation> from(EvaluationParts parts, const Place& place,
                                 const EvaluationLimits& limits = {});

  std::int64_t step() const { return parts_.step; }
  const std::string& split() const { return parts_.split; }
  const std::vector<std::pair<std::string, double>>& metrics() const { return parts_.metrics; }
  const std::vector<std::string>& classes() const { return parts_.classes; }
  const std::vector<std::vector<std::int64_t>>& confusion() const { return parts_.confusion; }
  const std::vector<ClassReport>& perClass() const { return parts_.perClass; }
  const std::vector<std::int32_t>& samples() const { return parts_.samples; }
  const std::vector<std::int32_t>& labels() const { return parts_.labels; }
  const std::vector<std::int32_t>& predictions() const { return parts_.predictions; }
  const std::vector<float>& outputs() const { return parts_.outputs; }
  const std::vector<float>& targets() const { return parts_.targets; }

  // Why nobody vouches for it: it was read from files of an earlier version, which have no hashes, or what it
  // was computed from cannot be read. Empty: it was computed now, or its files match their manifest.
  const Message& unverified() const { return unverified_; }
  void setUnverified(Message why) { unverified_ = std::move(why); }

 private:
  explicit Evaluation(EvaluationParts parts) : parts_(std::move(parts)) {}
  EvaluationParts parts_;
  Message unverified_;
};
Json toJson(const Evaluation& evaluation); // without the lists per sample

// Fills the confusion matrix and the figures per class from labels, predictions and classes; labels and
// predictions must be below the number of classes.
void countClasses(EvaluationParts& parts);

} // namespace loom
