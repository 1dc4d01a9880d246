// SPDX-License-Identifier: Apache-2.0
// What a trainer says about a run, and what it can be told. A RunEvent is one JSON object in the journal; its
// member "event" names the kind:
//   started   {run, attempt, step: 0, total_steps, epochs, steps_per_epoch, threads, device, pid, host, time}
//   resumed   {attempt, step, seq: sequence number within this attempt's journal (0), total_steps, epochs,
//   steps_per_epoch, …}:
//             every earlier point beyond step is superseded
//   points    {key, steps: [..], times: [..] seconds since the run's first start, values: [..]}; at most 256
//   steps; steps ascend epoch     {epoch: from 1, step, train_loss, val_loss, val_accuracy?…}
//   checkpoint{step, epoch, bytes, val_loss?, best: bool}
//   state     {state: "running"|"paused", step}
//   rate      {factor, rate, step, by}: the schedule is scaled from here on
//   control   {id, verb, applied: bool, step, reason?}
//   note      {level: "info"|"warning"|"error", text}
//   tested    {checkpoint: step, metrics: {test_accuracy | test_r2, test_loss}}
//   finished  {status, step, epochs, seconds, checkpoint?, metrics, error?: {place, cause, fix}}: the last
//   record of an attempt
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
std::string_view
stateWord(RunState state); // for people: "Waiting", "Training", "Paused", "Finished", "Stopped", "Diverged",
                           // "Out of memory", "Failed", "Failed" (killed: "Ended unexpectedly")
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
