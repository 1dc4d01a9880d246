// SPDX-License-Identifier: Apache-2.0
// Runs the evaluate programs over a part of the data and adds up: the validation of each epoch, the test at
// the end, and what `loom evaluate` shows. Sums are taken in the order of the samples, so that the same
// weights give the same figures.
#pragma once
#include "core/run/evaluation.h"
#include "core/train/binding.h"
#include <functional>

namespace loom {

struct Score {
  std::int64_t samples = 0;
  double loss = 0;                     // mean over the samples
  std::optional<double> accuracy;      // classification
  std::optional<double> r2, mae, rmse; // regression, in the target's own unit; mean over the targets
  bool complete = true;                // false: `goOn` ended it
};
// "val_loss", "val_accuracy" | "val_r2" … with the prefix given.
std::vector<std::pair<std::string, double>> named(const Score& score, const std::string& prefix);

// The bindings of one part. Borrows machine and material.
class Scorer {
 public:
  Scorer(Machine& machine, const Material& material, const std::vector<std::uint32_t>& part);
  // `goOn` is asked between batches. `into`: per-sample results are added to it when not null.
  Result<Score> run(const std::function<bool()>& goOn, EvaluationParts* into);
  bool empty() const { return part_.empty(); }

 private:
  struct Entry {
    int program;
    std::unique_ptr<Binding> binding;
    TensorId output = noTensor;
    std::size_t loss = 0;
    std::optional<std::size_t> correct; // place in the metric row
  };
  Machine& machine_;
  const Material& material_;
  const std::vector<std::uint32_t>& part_;
  std::vector<Entry> entries_;
  std::vector<float> outputs_;
  std::vector<MetricRow> rows_;
};

// Confusion matrix and the figures per class from the lists per sample; metrics from the score. Kind diverged
// when the network's outputs are not finite.
Result<Evaluation> summarise(EvaluationParts parts, const Score& score, const Dataset& data);

} // namespace loom
