// SPDX-License-Identifier: Apache-2.0
#include "core/store/fold.h"
#include "core/base/message_json.h"
#include <algorithm>
#include <array>

namespace loom {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 53;

// Members of a hostile record count as absent.
std::optional<std::int64_t> whole(const Json& event, const char* key) {
  const auto value = JsonReader(event, "record").integer(key);
  if (!value || *value < 0 || *value > largest) return std::nullopt;
  return *value;
}
std::optional<double> number(const Json& event, const char* key) {
  const auto value = JsonReader(event, "record").number(key);
  return value ? std::optional(*value) : std::nullopt;
}
std::string text(const Json& event, const char* key) {
  auto value = JsonReader(event, "record").text(key);
  return value ? std::move(*value) : std::string();
}

void foldProgress(RunFold& into, const Json& event) {
  into.totalSteps = whole(event, "total_steps").value_or(into.totalSteps);
  into.epochs = whole(event, "epochs").value_or(into.epochs);
  into.stepsPerEpoch = whole(event, "steps_per_epoch").value_or(into.stepsPerEpoch);
  if (const std::string host = text(event, "host"); !host.empty()) into.host = host;
  if (const std::string device = text(event, "device"); !device.empty()) into.device = device;
}

void foldTest(RunFold& into, const Json& event) {
  const auto metrics = JsonReader(event, "record").object("metrics");
  if (!metrics) return;
  for (const char* name : {"test_accuracy", "test_r2"})
    if (const auto value = number(**metrics, name)) {
      into.testMetric = value;
      into.testMetricName = name;
      return;
    }
}

void foldEnd(RunFold& into, const Json& event) {
  into.state = stateFromText(text(event, "status")).value_or(RunState::failed);
  into.seconds = number(event, "seconds").value_or(into.seconds);
  into.ended =
      whole(event, "time")
          .value_or(into.started + static_cast<std::int64_t>(std::clamp(into.seconds, 0.0, 1e9) * 1e6));
  into.checkpoint = whole(event, "checkpoint").value_or(into.checkpoint);
  foldTest(into, event);
  if (const auto error = JsonReader(event, "record").object("error"))
    into.error = errorFromJson(**error).message();
}

} // namespace

std::optional<std::int64_t> stepOf(const RunEvent& event) {
  return whole(event, kindOf(event) == "tested" ? "checkpoint" : "step");
}

std::string kindOf(const RunEvent& event) { return text(event, "event"); }

bool isSuperseded(std::string_view kind) {
  // What happened stays (started, notes, commands, the end); what described the steps that are gone does not.
  constexpr std::array<std::string_view, 5> kinds{"epoch", "checkpoint", "tested", "rate", "state"};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::optional<std::int64_t> supersedesBeyond(int attempt, std::uint64_t sequence, const RunEvent& event) {
  // Only what an attempt begins with: a journal full of them would be folded again and again.
  if (sequence != 0) return std::nullopt;
  const std::string kind = kindOf(event);
  if (kind == "resumed") return stepOf(event);
  if (kind == "started" && attempt > 1) return stepOf(event).value_or(0);
  return std::nullopt;
}

void fold(RunFold& into, int attempt, const RunEvent& event) {
  const std::string kind = kindOf(event);
  if (kind == "started" || kind == "resumed") {
    into.state = RunState::running;
    into.attempt = attempt;
    into.ended = 0;
    into.seconds = 0;
    into.error.clear();
    into.step = stepOf(event).value_or(0);
    into.started = into.started != 0 ? into.started : whole(event, "time").value_or(0);
    foldProgress(into, event);
    return;
  }
  if (const auto step = stepOf(event)) into.step = std::max(into.step, *step);
  if (kind == "state") into.state = stateFromText(text(event, "state")).value_or(into.state);
  if (kind == "checkpoint" && JsonReader(event, "record").boolean("best").ok() && event["best"].get<bool>())
    into.checkpoint = stepOf(event).value_or(into.checkpoint);
  if (kind == "tested") foldTest(into, event);
  if (kind == "finished") foldEnd(into, event);
}

} // namespace loom
