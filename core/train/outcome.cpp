// SPDX-License-Identifier: Apache-2.0
#include "core/train/outcome.h"
#include "core/base/message_json.h"

namespace loom {

Json toJson(const TrainOutcome& outcome) {
  Json metrics = Json::object();
  for (const auto& [name, value] : outcome.metrics) metrics[name] = numberOrText(value);
  Json json{{"run", outcome.run},     {"status", outcome.status},   {"epochs", outcome.epochs},
            {"steps", outcome.steps}, {"seconds", outcome.seconds}, {"metrics", metrics}};
  json["checkpoint"] = outcome.checkpoint >= 0 ? Json(outcome.checkpoint) : Json(nullptr);
  if (outcome.error) json["error"] = toJson(*outcome.error);
  return json;
}

} // namespace loom
