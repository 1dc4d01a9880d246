// SPDX-License-Identifier: Apache-2.0
// What a trained network does on data: metrics, confusion matrix, predictions. Results are left in the run
// (evaluations/<step>-<split>/predictions.safetensors, summary.json) and read from there by the studio.
#pragma once
#include "core/run/evaluation.h"
#include "core/run/project.h"

namespace loom {

// step -1: the checkpoint of the lowest validation loss; when it is damaged, the newest whole one, and a note
// says so. Kept results are reused when they match.
Result<Evaluation> evaluateRun(const std::filesystem::path& project, const std::string& run,
                               std::int64_t step, const std::string& split);

struct Prediction {
  std::string name;
  std::string answer;
  std::vector<std::pair<std::string, double>> scores;
}; // best first
Result<std::vector<Prediction>> predict(const std::filesystem::path& project, const std::string& run,
                                        const std::vector<std::filesystem::path>& files);

struct Estimate {
  bool measured = true; // false: a step would take too long to try, its time is computed from its size
  std::int64_t parameters = 0, multiplyAdds = 0, memoryBytes = 0, largestBatch = 0, steps = 0;
  double secondsPerStep = 0, seconds = 0; // measured on a few steps of random data
  std::string device;
  int threads = 0;
};
Json toJson(const Estimate& estimate);
Result<Estimate> estimateRun(const Project& project, const std::string& network,
                             const TrainSettings& settings);

} // namespace loom
