// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/queued_runs.h"
#include "core/network/validate.h"
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace loom {
namespace {

constexpr std::string_view beforeNumber = " · ";

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : compactJson(value);
}

// As the history's catalogue lists those of a run that has begun.
std::map<std::string, std::string> flatSettings(const TrainSettings& settings) {
  std::map<std::string, std::string> flat;
  const Json json = toJson(settings);
  const auto add = [&](std::span<const Field> fields, const char* params) {
    for (const Field& field : fields) flat[std::string(field.name)] = toText(field.standard);
    const auto given = json.find(params);
    if (given == json.end() || !given->is_object()) return;
    for (const auto& [name, value] : given->items()) flat[name] = shown(value);
  };
  if (const auto* row = findOptimizer(settings.optimizer)) add(row->fields, "optimizer_params");
  if (const auto* row = findSchedule(settings.schedule)) add(row->fields, "schedule_params");
  for (const auto& [name, value] : json.items())
    if (!value.is_object()) flat[name == "learning_rate" ? "lr" : name] = shown(value);
  return flat;
}

// The number of "<network> · <n>"; 0: another name.
std::int64_t numberIn(const std::string& name, const std::string& network) {
  const std::string stem = network + std::string(beforeNumber);
  if (!name.starts_with(stem)) return 0;
  std::int64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [rest, failed] = std::from_chars(name.data() + stem.size(), end, number);
  return failed == std::errc() && rest == end && number > 0 ? number : 0;
}

// Without what a person moves or writes on the canvas.
Json trained(Network network) {
  for (auto& [id, node] : network.nodes) {
    node.position = {};
    node.placed = false;
  }
  network.notes.clear();
  network.nextId = 1;
  return toJson(network);
}

} // namespace

void describeQueued(RunRow& row, const TrainRequest& request) {
  const TrainSettings& settings = request.settings;
  row.network = request.network;
  row.optimizer = settings.optimizer;
  row.schedule = settings.schedule;
  row.epochs = settings.epochs;
  auto flat = flatSettings(settings);
  if (request.frozen) {
    row.network = request.frozen->network.name;
    row.data = request.frozen->data.name;
    row.parameters = analyse(request.frozen->network).parameters;
    if (!row.data.empty()) flat["data"] = row.data;
  }
  if (!row.network.empty()) flat["network"] = row.network;
  row.settings.assign(flat.begin(), flat.end());
}

std::string nextRunName(const std::string& network, std::span<const RunView> stored,
                        std::span<const RunView> queued) {
  std::set<std::string> runs;
  std::int64_t highest = 0;
  for (const auto& views : {stored, queued})
    for (const RunView& view : views) {
      runs.insert(view.row.id);
      highest = std::max(highest, numberIn(view.row.name, network));
    }
  highest = std::max(highest, std::int64_t(runs.size()));
  return network + std::string(beforeNumber) + std::to_string(highest + 1);
}

bool sameTraining(const TrainRequest& one, const TrainRequest& other) {
  if (!one.resume.empty() || !other.resume.empty() || !one.frozen || !other.frozen) return false;
  return toJson(one.settings) == toJson(other.settings) &&
         toJson(one.frozen->data) == toJson(other.frozen->data) &&
         trained(one.frozen->network) == trained(other.frozen->network);
}

} // namespace loom
