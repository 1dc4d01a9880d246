// SPDX-License-Identifier: Apache-2.0
// What is asked of a trainer: by a person at the terminal, or by a launcher for the window. A request that
// waits is a file; it contains the network and the description of the data as they were when it was made, so
// that later edits of the project do not change it.
#pragma once
#include "core/run/run_config.h"
#include <optional>

namespace loom {

struct FrozenInputs {
  Network network;
  DatasetSpec data;
};

struct TrainRequest {
  std::filesystem::path project;
  std::string network; // empty: the project's first
  TrainSettings settings;
  std::string name;   // of the run; empty: "<network> · <n>"
  std::string resume; // id of a run to resume; then only settings.epochs may be raised (0: as it was)
  std::string run;    // id for a new run; empty: made by the trainer
  std::optional<FrozenInputs> frozen; // of a new run: taken instead of what the project contains
};
// The id of the run that the request is about; empty when the trainer is to make one.
inline const std::string& runOf(const TrainRequest& request) {
  return request.resume.empty() ? request.run : request.resume;
}

// A path as JSON: its text, or {"hex": …} where that is not valid UTF-8.
Json pathToJson(const std::filesystem::path& path);
Result<std::filesystem::path> pathFromJson(const Json& object, const char* key, const std::string& place);

inline constexpr int requestSchema = 1;
Json toJson(const TrainRequest& request);
Result<TrainRequest> requestFromJson(const Json& json, const std::string& place);
// Fills `frozen` from the project, unless it is filled or a run is resumed.
Status freeze(TrainRequest& request);

} // namespace loom
