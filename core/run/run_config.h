// SPDX-License-Identifier: Apache-2.0
// run.json: everything to repeat a run, frozen when it starts. And the tables of optimizers and schedules.
#pragma once
#include "core/base/params.h"
#include "core/data/dataset.h"
#include "core/network/network.h"

namespace loom {

// What a person chooses on the set-up page and `loom train`'s options.
struct TrainSettings {
  std::int64_t epochs = 10;
  std::int64_t batch = 64;
  double learningRate = 1e-3;
  std::string optimizer = "AdamW";
  Params optimizerParams;            // only what differs from the row's standards
  std::string schedule = "constant"; // "constant", "cosine", "one-cycle"
  Params scheduleParams;
  std::uint64_t seed = 1;
  int threads = 0; // 0: the backend's rule
  std::string device = "auto";
  std::int64_t checkpointEvery = 0; // steps; 0: each epoch, at most every 30 s, and at the end
  int keepCheckpoints = 2;          // the last so many, and the best
  int workers = 1;                  // 0: batches are made synchronously
};
Json toJson(const TrainSettings& settings);
Result<TrainSettings> settingsFromJson(const Json& json, const std::string& place);
inline constexpr double highestLearningRate = 1000;
Status check(const TrainSettings& settings); // ranges and names, kind usage

inline constexpr int runSchema = 1;
struct RunConfig {
  std::string id;   // uuid = folder name
  std::string name; // "cnn · 3"
  std::string engineVersion;
  std::int64_t created = 0; // microseconds since 1970
  Network network;
  DatasetSpec data;
  std::string dataHash;
  Normalisation normalisation;
  TrainSettings settings; // threads and device resolved
  std::string backend;    // "onednn"
  std::int64_t trainSamples = 0, validationSamples = 0, testSamples = 0;
  std::int64_t parameters = 0;
  std::vector<std::string> classes, targetNames;
};
Json toJson(const RunConfig& config);
Result<RunConfig> runConfigFromJson(const Json& json, const std::string& place);
Result<RunConfig> readRunConfig(const std::filesystem::path& runFolder);

struct OptimizerRow {
  std::string_view name;     // "SGD", "Adam", "AdamW": torch.optim's
  std::string_view op;       // "sgd"
  double learningRate;       // a good beginning
  std::vector<Field> fields; // momentum, nesterov, weight_decay, betas as beta1, beta2, eps
};
const std::vector<OptimizerRow>& optimizers();
const OptimizerRow* findOptimizer(std::string_view name); // without regard to case

struct ScheduleRow {
  std::string_view name; // "constant", "cosine", "one-cycle"
  std::string_view summary;
  std::vector<Field> fields;
  // Factor times the base rate at step 1..total; pure.
  double (*factor)(std::int64_t step, std::int64_t total, const Params& params);
};
const std::vector<ScheduleRow>& schedules();
const ScheduleRow* findSchedule(std::string_view name);

} // namespace loom
