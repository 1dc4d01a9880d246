// SPDX-License-Identifier: Apache-2.0
// run.json: everything to repeat a run, frozen when it starts.
#pragma once
#include "core/data/dataset.h"
#include "core/network/network.h"
#include "core/run/settings.h"

namespace loom {

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

} // namespace loom
