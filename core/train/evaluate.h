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
struct Predictions {
  std::vector<Prediction> predictions;
  std::int64_t checkpoint = -1; // its step
  std::vector<Message> notes;   // as an Evaluation's: another checkpoint was taken, and why
};
// With the checkpoint that evaluateRun() takes of itself.
Result<Predictions> predict(const std::filesystem::path& project, const std::string& run,
                            const std::vector<std::filesystem::path>& files);

} // namespace loom
