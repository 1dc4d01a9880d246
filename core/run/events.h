// SPDX-License-Identifier: Apache-2.0
// What a trainer reports about a run, and what it can be asked to do. A RunEvent is one JSON object in the
// journal; its member "event" names its kind, one of core/run/event_kinds.h: `loom events` prints them.
#pragma once
#include "core/base/json.h"
#include <string>
#include <string_view>
#include <vector>

namespace loom {

using RunEvent = Json;

// outOfReach: the run was under way when its site last answered. Nothing is known to have failed.
enum class RunState {
  waiting,
  running,
  paused,
  finished,
  stopped,
  diverged,
  outOfMemory,
  failed,
  killed,
  outOfReach
};
std::string_view toText(RunState state); // file form: "waiting", "running", … "out_of_memory", "killed"
// For people: "Waiting", "Training", "Paused", "Finished", "Stopped", "Diverged", "Out of memory", "Failed",
// "Failed" (killed: "Ended unexpectedly").
std::string_view stateWord(RunState state);
std::optional<RunState> stateFromText(std::string_view text);

// RunControl: one file each in runs/<uuid>/control/<id>.json, renamed into place.
struct RunControl {
  enum class Verb { pause, resume, stop, checkpoint, learningRate } verb = Verb::pause;
  double value = 0;      // learningRate: the wanted rate at this moment (it scales the schedule from here on)
  std::string id;        // made when empty
  std::string by;        // who: user name
  std::int64_t time = 0; // microseconds since 1970
};
Json toJson(const RunControl& control);
Result<RunControl> controlFromJson(const Json& json, const std::string& place);
Result<std::string> sendControl(const std::filesystem::path& runFolder, RunControl control); // its id

} // namespace loom
