// SPDX-License-Identifier: Apache-2.0
// Evaluations as they are in a run: evaluations/<step>-<split>/summary.json (without the lists per sample),
// predictions.safetensors (sample, label, prediction i32; output, target f32) and manifest.json: SHA-256 and
// size of the other two, what they were computed from, and its own hash (core/run/seal.h). Evaluations of
// earlier versions have no manifest: they are read, and are unverified().
#pragma once
#include "core/run/evaluation.h"
#include "core/run/run_config.h"
#include <filesystem>

namespace loom {

// What an evaluation was computed from.
struct EvaluationSource {
  std::string model;       // hash of the checkpoint's weights, as its manifest has it; empty: not known
  std::string data;        // RunConfig::dataHash
  std::string preparation; // preparationHash()
};
// SHA-256 of the values that turn the data into samples of a part: normalisation, split and task.
std::string preparationHash(const RunConfig& config);
// Of a run's checkpoint as its files are now.
EvaluationSource sourceOf(const RunConfig& config, const std::filesystem::path& runFolder, std::int64_t step);

// All files are in place at once: a folder of this name is replaced.
Status writeEvaluation(const std::filesystem::path& runFolder, const Evaluation& evaluation,
                       const EvaluationSource& source = {});
// Kind input when it is damaged, or does not belong to this run, this checkpoint or this data.
Result<Evaluation> readEvaluation(const std::filesystem::path& runFolder, std::int64_t step,
                                  const std::string& split);
// Whether that evaluation was made, damaged or not.
bool isEvaluated(const std::filesystem::path& runFolder, std::int64_t step, const std::string& split);

struct EvaluationName {
  std::int64_t step = 0;
  std::string split;
};
// By step, then by split. Other names in the folder are skipped.
std::vector<EvaluationName> listEvaluations(const std::filesystem::path& runFolder);
std::filesystem::path evaluationFolder(const std::filesystem::path& runFolder, std::int64_t step,
                                       const std::string& split);

} // namespace loom
