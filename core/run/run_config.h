// SPDX-License-Identifier: Apache-2.0
// run.json: everything to repeat a run, frozen when it starts. It contains its own hash (core/run/seal.h).
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
  bool sealed = false; // it was read from a file that matches its own hash; earlier versions wrote none
};
inline constexpr std::size_t maxRunNameBytes = 64u << 10;
Json toJson(const RunConfig& config); // with its hash
// Every value is in its range, and they fit each other and the hash, where there is one. Kind input.
Result<RunConfig> runConfigFromJson(const Json& json, const std::string& place);
// That of another run is refused: its id is the folder's name.
Result<RunConfig> readRunConfig(const std::filesystem::path& runFolder);
std::string runIdOf(const std::filesystem::path& runFolder); // the name of the folder

} // namespace loom
