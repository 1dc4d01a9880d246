// SPDX-License-Identifier: Apache-2.0
// What a person chooses for a training: on the set-up page, as an option of `loom train`, in project.json and
// run.json. The table of settings holds name, limits and default of each once; files, forms and options
// follow it.
#pragma once
#include "core/run/optimizers.h"
#include "core/run/schedules.h"
#include <chrono>

namespace loom {

// With checkpointEvery 0: an epoch that ends sooner after the last checkpoint saves none, except the first and
// the last one.
inline constexpr std::chrono::seconds checkpointsApart{30};

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
  std::int64_t checkpointEvery = 0; // steps; 0: at the end of an epoch, see checkpointsApart
  int keepCheckpoints = 2;          // the last ones, and the best
  int workers = 1;                  // 0: batches are made synchronously
};

// A setting that is one value. The parameters of optimizer and schedule are their rows' own fields.
struct TrainSetting {
  Field field;             // its name is the member of files: "learning_rate"
  std::string_view option; // of `loom train`, without the dashes: "lr"
  bool costs = false;      // time and memory depend on it: `loom estimate` has it too
  ParamValue (*get)(const TrainSettings& settings);
  void (*set)(TrainSettings& settings, const ParamValue& checked);
};
const std::vector<TrainSetting>& trainSettings();
// The row of a member; a name that is not in the table is a programming mistake (asserts).
const TrainSetting& trainSetting(std::string_view name);

Json toJson(const TrainSettings& settings);
// Values are normalised as the fields store them. Kind input, naming place and member.
Result<TrainSettings> settingsFromJson(const Json& json, const std::string& place);
Status check(const TrainSettings& settings); // names, kinds and limits; kind usage

// The attributes of the update op, from the row's standards and the settings.
Result<Params> updateAttributes(const TrainSettings& settings);
// The schedule's row with every field.
struct Schedule {
  const ScheduleRow* row = nullptr;
  Params params;
  double factor(std::int64_t step, std::int64_t total) const { return row->factor(step, total, params); }
};
Result<Schedule> scheduleOf(const TrainSettings& settings);

} // namespace loom
