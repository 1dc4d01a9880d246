// SPDX-License-Identifier: Apache-2.0
// What a trained network does on data: metrics, confusion matrix, predictions. Results are stored in the run
// (core/run/evaluation_files.h) and read from there by the studio.
#pragma once
#include "core/run/checkpoint_files.h"
#include "core/run/evaluation.h"
#include "core/run/project.h"

namespace loom {

struct Evaluated {
  Evaluation evaluation;
  std::vector<Message> notes; // another checkpoint was used, a stored evaluation was computed again: why
};
// Step -1: the checkpoint of the lowest validation loss; when it is damaged, the newest whole one, and a note
// says so. A stored evaluation that fits is returned; one that does not is computed again.
Result<Evaluated> evaluateRun(const std::filesystem::path& project, const std::string& run, std::int64_t step,
                              const std::string& split);
// From the data, whatever is stored. Stores nothing.
Result<Evaluation> computeEvaluation(const std::filesystem::path& project, const RunConfig& config,
                                     const Checkpoint& checkpoint, const std::string& split);

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
