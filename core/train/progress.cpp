// SPDX-License-Identifier: Apache-2.0
#include "core/train/progress.h"

namespace loom {
namespace {

constexpr int stateSchema = 1;

// Order matters (the loss stands first), so a list of pairs and not an object.
Json pairsToJson(const std::vector<std::pair<std::string, double>>& metrics) {
  Json list = Json::array();
  for (const auto& [name, value] : metrics) list.push_back(Json::array({name, numberOrText(value)}));
  return list;
}

Result<std::vector<std::pair<std::string, double>>> pairsFromJson(const JsonReader& reader, const char* key) {
  std::vector<std::pair<std::string, double>> metrics;
  const auto list = reader.array(key);
  if (!list) return list.error();
  for (const Json& pair : **list) {
    const bool good = pair.is_array() && pair.size() == 2 && pair[0].is_string();
    const auto value = good ? numberFromJson(pair[1]) : std::nullopt;
    if (!value)
      return Error{ErrorKind::input, reader.place(),
                   say("member '{}' contains no metrics", std::string_view(key)),
                   say("Use an earlier checkpoint")};
    metrics.emplace_back(pair[0].get<std::string>(), *value);
  }
  return metrics;
}

} // namespace

Json metricsToJson(const std::vector<std::pair<std::string, double>>& metrics) {
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
  const JsonReader reader(json, place);
  Progress progress;
  std::optional<Error> error;
  const auto take = [&](auto result, auto& into) {
    if (result)
      into = *result;
    else if (!error)
      error = result.error();
  };
  std::int64_t schema = 0;
  take(reader.integer("schema"), schema);
  if (!error && schema > stateSchema)
    return Error{ErrorKind::input, place, say("the checkpoint was written by a newer version"),
                 say("Use a newer Neuroloom")};
  take(reader.integer("step"), progress.step);
  take(reader.integer("epoch"), progress.epoch);
  take(reader.integer("batch"), progress.batch);
  take(reader.number("rate_factor"), progress.rateFactor);
  take(reader.number("seconds"), progress.seconds);
  take(reader.number("epoch_loss_sum"), progress.lossSum);
  take(reader.number("epoch_correct"), progress.correctSum);
  take(reader.integer("epoch_samples"), progress.sampleCount);
  take(reader.integer("best_step"), progress.best.step);
  take(pairsFromJson(reader, "best_metrics"), progress.best.metrics);
  take(pairsFromJson(reader, "last_metrics"), progress.last);
  if (error) return *error;
  return progress;
}

} // namespace loom
