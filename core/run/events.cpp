// SPDX-License-Identifier: Apache-2.0
#include "core/run/events.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/uuid.h"
#include "core/run/members.h"
#include "core/run/settings.h"
#include <array>
#include <cstdlib>

namespace loom {
namespace {

struct StateRow {
  RunState state;
  std::string_view text, word;
};
constexpr std::array stateRows{
    StateRow{RunState::waiting, "waiting", "Waiting"},
    StateRow{RunState::running, "running", "Training"},
    StateRow{RunState::paused, "paused", "Paused"},
    StateRow{RunState::finished, "finished", "Finished"},
    StateRow{RunState::stopped, "stopped", "Stopped"},
    StateRow{RunState::diverged, "diverged", "Diverged"},
    StateRow{RunState::outOfMemory, "out_of_memory", "Out of memory"},
    StateRow{RunState::failed, "failed", "Failed"},
    StateRow{RunState::killed, "killed", "Ended unexpectedly"},
    StateRow{RunState::outOfReach, "out_of_reach", "Out of reach"},
};
const StateRow& rowOf(RunState state) {
  for (const StateRow& row : stateRows)
    if (row.state == state) return row;
  return stateRows.front();
}

struct VerbRow {
  RunControl::Verb verb;
  std::string_view text;
};
constexpr std::array verbRows{
    VerbRow{RunControl::Verb::pause, "pause"},     VerbRow{RunControl::Verb::resume, "resume"},
    VerbRow{RunControl::Verb::stop, "stop"},       VerbRow{RunControl::Verb::checkpoint, "checkpoint"},
    VerbRow{RunControl::Verb::learningRate, "lr"},
};

// The id becomes a file's name.
bool isFileName(std::string_view id) {
  const bool plain = id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
  return plain && !id.empty() && id.size() <= 64;
}

std::string userName() {
  for (const char* variable : {"USER", "LOGNAME"})
    if (const char* name = std::getenv(variable); name && *name) return name;
  return {};
}

} // namespace

std::string_view toText(RunState state) { return rowOf(state).text; }
std::string_view stateWord(RunState state) { return rowOf(state).word; }

std::optional<RunState> stateFromText(std::string_view text) {
  for (const StateRow& row : stateRows)
    if (row.text == text) return row.state;
  return std::nullopt;
}

Json toJson(const RunControl& control) {
  std::string_view verb;
  for (const VerbRow& row : verbRows)
    if (row.verb == control.verb) verb = row.text;
  Json json{{"id", control.id}, {"verb", verb}, {"by", control.by}, {"time", control.time}};
  if (control.verb == RunControl::Verb::learningRate) json["value"] = numberOrText(control.value);
  return json;
}

Result<RunControl> controlFromJson(const Json& json, const std::string& place) {
  Members members(json, place, say("Send the command again with `loom control`"));
  RunControl control;
  std::string verb;
  members.text("id", control.id);
  members.text("verb", verb);
  if (!members.good()) return members.error();
  members.require(isFileName(control.id), say("its id is not a plain name"));
  const VerbRow* found = nullptr;
  for (const VerbRow& row : verbRows)
    if (row.text == verb) found = &row;
  if (!found) members.refuse(say("there is no command '{}'", verb.substr(0, 40)));
  if (members.has("by")) members.text("by", control.by, 256);
  if (members.has("time")) members.integer("time", control.time, 0, maxCount);
  if (!members.good()) return members.error();
  control.verb = found->verb;
  if (control.verb != RunControl::Verb::learningRate) return control;
  const auto value = JsonReader(json, place).number("value");
  if (!value) return value.error();
  // The range is that of the setting.
  const auto checked = checkField(trainSetting("learning_rate").field, *value);
  if (!checked) {
    members.refuse(checked.error().cause);
    return members.error();
  }
  control.value = std::get<double>(*checked);
  return control;
}

Result<std::string> sendControl(const std::filesystem::path& runFolder, RunControl control) {
  if (control.id.empty()) control.id = newUuid();
  if (control.by.empty()) control.by = userName();
  if (control.time == 0) control.time = nowMicroseconds();
  const auto folder = runFolder / "control";
  const auto file = folder / (control.id + ".json");
  // Whatever the trainer would refuse is refused here, where a person sees it.
  if (const auto sound = controlFromJson(toJson(control), file.string()); !sound) return sound.error();
  std::error_code failed;
  if (!std::filesystem::is_directory(runFolder, failed))
    return Error{ErrorKind::input, runFolder.string(), say("there is no such run"),
                 say("Choose a run that `loom runs` lists")};
  std::filesystem::create_directory(folder, failed);
  if (failed)
    return Error{ErrorKind::other, folder.string(),
                 say("The folder cannot be made: {}", foreign(failed.message())),
                 say("Allow writing in the project's folder")};
  if (const auto written = writeFileAtomically(file, canonicalJson(toJson(control))); !written)
    return written.error();
  return control.id;
}

} // namespace loom
