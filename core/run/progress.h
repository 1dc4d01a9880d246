// SPDX-License-Identifier: Apache-2.0
// How far a run is: everything except the tensors that a resumed run needs to continue exactly. The content
// of a checkpoint's state.json.
#pragma once
#include "core/run/run_config.h"

namespace loom {

using MetricList = std::vector<std::pair<std::string, double>>;

struct Best {
  std::int64_t step = -1; // -1: no epoch is finished
  MetricList metrics;     // val_loss first
  double loss() const { return metrics.empty() ? 0 : metrics.front().second; }
};

struct Progress {
  std::int64_t step = 0;              // steps done
  std::int64_t epoch = 0;             // epochs finished, their validation included
  std::int64_t batch = 0;             // batches done in this epoch; all of them: its validation is due
  double rateFactor = 1;              // what a person's commands multiply the schedule by
  double seconds = 0;                 // since the run's first start, without the time between attempts
  double lossSum = 0, correctSum = 0; // over this epoch's samples
  std::int64_t sampleCount = 0;
  Best best;
  MetricList last; // metrics of the last finished epoch
};

Json toJson(const Progress& progress);
// Every value is in its range, and they fit each other. Kind input.
Result<Progress> progressFromJson(const Json& json, const std::string& place);
// Whether a run of these settings and this number of training samples can be there. Kind input.
Status checkProgress(const Progress& progress, const TrainSettings& settings, std::int64_t trainSamples,
                     const std::string& place);

Json metricsToJson(const MetricList& metrics);

} // namespace loom
