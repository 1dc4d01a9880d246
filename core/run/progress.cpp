// SPDX-License-Identifier: Apache-2.0
#include "core/run/progress.h"
#include "core/run/members.h"
#include <cmath>
#include <limits>

namespace loom {
namespace {

constexpr int stateSchema = 1;
constexpr std::int64_t maxEpochs = 1'000'000'000; // the run's own number is the limit in checkProgress()
constexpr std::size_t maxMetrics = 64, maxMetricName = 256;

Message earlierCheckpoint() {
  return say("Use an earlier checkpoint; `loom train PROJECT --resume RUN` takes the newest whole one");
}

// The order is part of the value (the loss is first), so a list of pairs and not an object.
Json pairsToJson(const MetricList& metrics) {
  Json list = Json::array();
  for (const auto& [name, value] : metrics) list.push_back(Json::array({name, numberOrText(value)}));
  return list;
}

void readMetrics(Members& members, const char* key, MetricList& into) {
  const Json* list = members.array(key, maxMetrics);
  if (!list) return;
  for (const Json& pair : *list) {
    const bool good = pair.is_array() && pair.size() == 2 && pair[0].is_string() &&
                      pair[0].get_ref<const std::string&>().size() <= maxMetricName;
    const auto value = good ? numberFromJson(pair[1]) : std::nullopt;
    if (!value)
      return members.refuse(
          say("Member '{}' must contain pairs of a name and a number", std::string_view(key)));
    into.emplace_back(pair[0].get<std::string>(), *value);
  }
}

// What must be true of the values together, whatever the run is.
void checkTogether(Members& members, const Progress& progress) {
  const Best& best = progress.best;
  members.require(best.step <= progress.step,
                  say("Member 'best_step' must be at most the step {} (got {})", progress.step, best.step));
  members.require(best.step < 0 || (!best.metrics.empty() && std::isfinite(best.loss())),
                  say("Member 'best_metrics' must begin with a finite loss"));
  members.require(progress.epoch > 0 || best.step < 0,
                  say("Member 'best_step' must be -1 before the first epoch ends (got {})", best.step));
  members.require(progress.step >= progress.epoch && progress.step >= progress.batch,
                  say("Member 'step' is smaller than the epochs or the batches that are done"));
  members.require(progress.correctSum <= static_cast<double>(progress.sampleCount),
                  say("Member 'epoch_correct' must be at most the number of samples {} (got {})",
                      progress.sampleCount, progress.correctSum));
}

} // namespace

Json metricsToJson(const MetricList& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = numberOrText(value);
  return json;
}

Json toJson(const Progress& progress) {
  return {{"schema", stateSchema},
          {"step", progress.step},
          {"epoch", progress.epoch},
          {"batch", progress.batch},
          {"rate_factor", progress.rateFactor},
          {"seconds", progress.seconds},
          {"epoch_loss_sum", numberOrText(progress.lossSum)},
          {"epoch_correct", progress.correctSum},
          {"epoch_samples", progress.sampleCount},
          {"best_step", progress.best.step},
          {"best_metrics", pairsToJson(progress.best.metrics)},
          {"last_metrics", pairsToJson(progress.last)}};
}

Result<Progress> progressFromJson(const Json& json, const std::string& place) {
  Members members(json, place, earlierCheckpoint());
  Progress progress;
  if (members.good()) members.schema(stateSchema);
  if (!members.good()) return members.error();
  members.integer("step", progress.step, 0, maxCount);
  members.integer("epoch", progress.epoch, 0, maxEpochs);
  members.integer("batch", progress.batch, 0, maxSamples);
  members.number("rate_factor", progress.rateFactor, std::numeric_limits<double>::min(),
                 std::numeric_limits<double>::max());
  members.number("seconds", progress.seconds, 0, maxSeconds);
  members.anyNumber("epoch_loss_sum", progress.lossSum); // a loss may be infinite
  members.number("epoch_correct", progress.correctSum, 0, static_cast<double>(maxSamples));
  members.integer("epoch_samples", progress.sampleCount, 0, maxSamples);
  members.integer("best_step", progress.best.step, -1, maxCount);
  readMetrics(members, "best_metrics", progress.best.metrics);
  readMetrics(members, "last_metrics", progress.last);
  if (members.good()) checkTogether(members, progress);
  if (!members.good()) return members.error();
  return progress;
}

Status checkProgress(const Progress& progress, const TrainSettings& settings, std::int64_t trainSamples,
                     const std::string& place) {
  const auto wrong = [&](Message cause) {
    return Error{ErrorKind::input, place, std::move(cause), earlierCheckpoint()};
  };
  const std::int64_t perEpoch = (trainSamples + settings.batch - 1) / settings.batch;
  if (progress.epoch > settings.epochs)
    return wrong(say("Member 'epoch' must be between 0 and {} (got {})", settings.epochs, progress.epoch));
  if (progress.batch > perEpoch)
    return wrong(say("Member 'batch' must be between 0 and {} (got {})", perEpoch, progress.batch));
  if (progress.epoch == settings.epochs && progress.batch > 0)
    return wrong(say("Member 'batch' must be 0 after the last epoch (got {})", progress.batch));
  if (const std::int64_t steps = progress.epoch * perEpoch + progress.batch; progress.step != steps)
    return wrong(say("Member 'step' must be {} after {} epochs and {} batches (got {})", steps,
                     progress.epoch, progress.batch, progress.step));
  const std::int64_t samples = progress.batch == perEpoch ? trainSamples : progress.batch * settings.batch;
  if (progress.sampleCount != samples)
    return wrong(say("Member 'epoch_samples' must be {} after {} batches (got {})", samples, progress.batch,
                     progress.sampleCount));
  if (progress.best.step >= 0 && (progress.best.step == 0 || progress.best.step % perEpoch != 0))
    return wrong(say("Member 'best_step' must be the end of an epoch of {} steps (got {})", perEpoch,
                     progress.best.step));
  return {};
}

} // namespace loom
