// SPDX-License-Identifier: Apache-2.0
// What a trained network does on data: metrics, confusion matrix, predictions. Results are left in the run
// (evaluations/<step>-<split>/predictions.safetensors, summary.json) and read from there by the studio.
#pragma once
#include "core/run/project.h"

namespace loom {

struct ClassReport { std::string name; double precision = 0, recall = 0, f1 = 0; std::int64_t support = 0; };

struct Evaluation {
  std::int64_t step = 0;
  std::string split;                          // "test", "validation", "train"
  std::vector<std::pair<std::string, double>> metrics; // test_accuracy, test_loss | test_r2, test_mae, test_rmse
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> confusion; // rows true, columns predicted
  std::vector<ClassReport> perClass;
  // per sample of the part, in order: number in the data set, label, prediction, probabilities or values
  std::vector<std::int32_t> samples, labels, predictions;
  std::vector<float> outputs;                 // count × classes (probabilities) or count × targets (in the target's own unit)
  std::vector<float> targets;                 // regression
};
Json toJson(const Evaluation& evaluation);    // without the per-sample parts

// step -1: the checkpoint of the lowest validation loss. Kept results are reused when they match.
Result<Evaluation> evaluateRun(const std::filesystem::path& project, const std::string& run, std::int64_t step, const std::string& split);
Result<Evaluation> readEvaluation(const std::filesystem::path& runFolder, std::int64_t step, const std::string& split);

struct Prediction { std::string name; std::string answer; std::vector<std::pair<std::string, double>> scores; }; // best first
Result<std::vector<Prediction>> predict(const std::filesystem::path& project, const std::string& run, const std::vector<std::filesystem::path>& files);

struct Estimate {
  std::int64_t parameters = 0, multiplyAdds = 0, memoryBytes = 0, largestBatch = 0, steps = 0;
  double secondsPerStep = 0, seconds = 0;     // measured on a few steps of random data
  std::string device;
  int threads = 0;
};
Json toJson(const Estimate& estimate);
Result<Estimate> estimateRun(const Project& project, const std::string& network, const TrainSettings& settings);

} // namespace loom
