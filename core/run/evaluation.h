// SPDX-License-Identifier: Apache-2.0
// What a trained network did on data, as it is in a run: evaluations/<step>-<split>/summary.json (without
// the per-sample parts) and predictions.safetensors (sample, label, prediction i32; output, target f32).
// Written by core/train, read by all.
#pragma once
#include "core/base/json.h"
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loom {

struct ClassReport {
  std::string name;
  double precision = 0, recall = 0, f1 = 0;
  std::int64_t support = 0;
};

struct Evaluation {
  std::int64_t step = 0;
  std::string split; // "test", "validation", "train"
  // Named test_accuracy and test_loss, or test_r2, test_mae and test_rmse.
  std::vector<std::pair<std::string, double>> metrics;
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> confusion; // rows true, columns predicted
  std::vector<ClassReport> perClass;
  // per sample of the part, in order: number in the data set, label, prediction, probabilities or values
  std::vector<std::int32_t> samples, labels, predictions;
  std::vector<float> outputs; // count × classes (probabilities) or count × targets (in the target's own unit)
  std::vector<float> targets; // regression
  std::vector<Message> notes; // for the person who asked, not kept: another checkpoint was taken, and why
};
Json toJson(const Evaluation& evaluation); // without the per-sample parts
Result<Evaluation> readEvaluation(const std::filesystem::path& runFolder, std::int64_t step,
                                  const std::string& split);
// Whether that evaluation was made and is whole.
bool isEvaluated(const std::filesystem::path& runFolder, std::int64_t step, const std::string& split);
Status writeEvaluation(const std::filesystem::path& runFolder, const Evaluation& evaluation);

} // namespace loom
