// SPDX-License-Identifier: Apache-2.0
#include "app/cli/training_options.h"
#include "app/cli/usage.h"
#include "core/base/format.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace loom {
namespace {

// A field of an optimizer or a schedule, and the row that has it.
struct Owned {
  std::string owner;
  const Field* field;
};

// By the field's name: "weight_decay" of Adam, AdamW and SGD is one option.
std::map<std::string, std::vector<Owned>, std::less<>> ownedFields() {
  std::map<std::string, std::vector<Owned>, std::less<>> fields;
  for (const OptimizerRow& row : optimizers())
    for (const Field& field : row.fields)
      fields[std::string(field.name)].push_back({std::string(row.name), &field});
  for (const ScheduleRow& row : schedules())
    for (const Field& field : row.fields)
      fields[std::string(field.name)].push_back({std::string(row.name), &field});
  return fields;
}

std::string ownersOf(const std::vector<Owned>& owned) {
  std::string names;
  for (const Owned& one : owned) names += (names.empty() ? "" : ", ") + one.owner;
  return names;
}

const char* typeName(FieldKind kind) {
  switch (kind) {
  case FieldKind::integer:
  case FieldKind::seed:
    return "N";
  case FieldKind::number:
    return "X";
  case FieldKind::choice:
    return "NAME";
  case FieldKind::size2:
  case FieldKind::integers:
    return "N,N";
  default:
    return "TEXT";
  }
}

// A flag is typed --nesterov or --no-nesterov, everything else with its value.
void addOption(CLI::App& app, TrainingOptions& options, const std::string& name, FieldKind kind,
               const std::string& help, const CLI::Validator& check) {
  std::string* typed = &options.settings[name];
  if (kind == FieldKind::flag) {
    auto* on = app.add_flag_callback(
        "--" + name, [typed] { *typed = "true"; }, help);
    app.add_flag_callback(
           "--no-" + name, [typed] { *typed = "false"; }, "Switches --" + name + " off")
        ->excludes(on);
    return;
  }
  app.add_option("--" + name, *typed, help)->type_name(typeName(kind))->check(check);
}

std::string limitText(double value) {
  return value == std::floor(value) && std::fabs(value) <= 0x1p53
             ? formatWhole(static_cast<std::int64_t>(value))
             : formatExact(value);
}

// What the field takes and its default: "1 to 1,000,000; default 10".
std::string rangeOf(const Field& field) {
  std::string text;
  if (field.kind == FieldKind::seed)
    text = "0 to 18,446,744,073,709,551,615";
  else if (field.minimum != field.maximum && field.above)
    text = fmt::format("above {}, at most {}", limitText(field.minimum), limitText(field.maximum));
  else if (field.minimum != field.maximum)
    text = fmt::format("{} to {}", limitText(field.minimum), limitText(field.maximum));
  for (const auto choice : field.choices) text += fmt::format("{}{}", text.empty() ? "" : ", ", choice);
  std::string standard = toText(field, field.standard);
  if (field.kind == FieldKind::flag) standard = standard == "true" ? "on" : "off";
  if (!standard.empty()) text += fmt::format("{}default {}", text.empty() ? "" : "; ", standard);
  return text;
}

std::string withoutStop(std::string_view help) {
  if (help.ends_with('.')) help.remove_suffix(1);
  return std::string(help);
}

// "SGD, Adam: 0 to 1; default 0. AdamW: 0 to 1; default 0.01".
std::string rangesOf(const std::vector<Owned>& owned) {
  std::vector<std::pair<std::string, std::string>> ranges; // range, owners
  for (const Owned& one : owned) {
    const std::string range = rangeOf(*one.field);
    const auto same =
        std::find_if(ranges.begin(), ranges.end(), [&](const auto& other) { return other.first == range; });
    if (same == ranges.end())
      ranges.emplace_back(range, one.owner);
    else
      same->second += ", " + one.owner;
  }
  std::string text;
  for (const auto& [range, owners] : ranges)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ". ", owners, range);
  return text;
}

void addSetting(CLI::App& app, TrainingOptions& options, const TrainSetting& row) {
  const Field& field = row.field;
  const auto check = [&field] {
    if (field.name == "device") return knownDevice();
    if (field.kind == FieldKind::choice) return oneOf({field.choices.begin(), field.choices.end()});
    return fieldValue({&field});
  };
  addOption(app, options, std::string(row.option), field.kind,
            fmt::format("{} ({})", withoutStop(field.help), rangeOf(field)), check());
}

void addPlaces(CLI::App& app, TrainingOptions& options) {
  app.add_option("PROJECT", options.project,
                 "The project's folder. Its own settings replace the defaults below")
      ->required();
  app.add_option("--network", options.network, "The network's name; the project's first when left out")
      ->type_name("NAME");
}

std::string given(const TrainingOptions& options, std::string_view name) {
  const auto found = options.settings.find(name);
  return found == options.settings.end() ? std::string() : found->second;
}

// Sets one parameter of the chosen optimizer or schedule; false: neither has it.
Result<bool> takeParam(const std::string& name, const std::string& typed, std::span<const Field> fields,
                       Params& into) {
  const Field* field = findField(fields, name);
  if (!field) return false;
  auto value = parseField(*field, typed);
  if (!value) {
    Error error = value.error();
    error.place = optionName(name);
    return error;
  }
  into.set(name, std::move(*value));
  return true;
}

} // namespace

std::string optionName(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Error asTyped(Error error) {
  std::string name = error.place.text();
  const auto dot = name.find('.');
  const bool isOwned = dot != std::string::npos && (findOptimizer(name.substr(0, dot)) != nullptr ||
                                                    findSchedule(name.substr(0, dot)) != nullptr);
  if (isOwned) name.erase(0, dot + 1);
  for (const TrainSetting& row : trainSettings())
    if (name == row.option || name == row.field.name) {
      error.place = "--" + std::string(row.option);
      return error;
    }
  if (ownedFields().contains(name)) error.place = optionName(name);
  return error;
}

void defineCostOptions(CLI::App& app, TrainingOptions& options) {
  addPlaces(app, options);
  for (const TrainSetting& row : trainSettings())
    if (row.costs) addSetting(app, options, row);
}

void defineTrainingOptions(CLI::App& app, TrainingOptions& options) {
  addPlaces(app, options);
  for (const TrainSetting& row : trainSettings()) addSetting(app, options, row);
  for (const auto& [name, owned] : ownedFields()) {
    std::vector<const Field*> fields;
    for (const Owned& one : owned) fields.push_back(one.field);
    addOption(app, options, optionName(name).substr(2), fields.front()->kind,
              fmt::format("{} ({})", withoutStop(fields.front()->help), rangesOf(owned)), fieldValue(fields));
  }
}

Status takeOver(const TrainingOptions& options, TrainSettings& settings, bool keepRate) {
  const std::string optimizer = settings.optimizer, schedule = settings.schedule;
  for (const TrainSetting& row : trainSettings()) {
    const std::string typed = given(options, row.option);
    if (typed.empty()) continue;
    auto value = parseField(row.field, typed);
    if (!value) {
      Error error = value.error();
      error.place = "--" + std::string(row.option);
      return error;
    }
    row.set(settings, *value);
  }
  // The parameters of another row are not this one's.
  if (settings.schedule != schedule) settings.scheduleParams = {};
  if (settings.optimizer != optimizer) {
    settings.optimizerParams = {};
    if (given(options, "lr").empty() && !keepRate)
      if (const auto* row = findOptimizer(settings.optimizer)) settings.learningRate = row->learningRate;
  }
  const OptimizerRow* rule = findOptimizer(settings.optimizer);
  const ScheduleRow* curve = findSchedule(settings.schedule);
  if (!rule || !curve) {
    const Status known = check(settings);
    return known ? known : Status(asTyped(known.error()));
  }
  for (const auto& [name, owned] : ownedFields()) {
    const std::string typed = given(options, optionName(name).substr(2));
    if (typed.empty()) continue;
    auto ofRule = takeParam(name, typed, rule->fields, settings.optimizerParams);
    if (!ofRule) return ofRule.error();
    auto ofCurve = takeParam(name, typed, curve->fields, settings.scheduleParams);
    if (!ofCurve) return ofCurve.error();
    if (*ofRule || *ofCurve) continue;
    const bool schedules = findSchedule(owned.front().owner) != nullptr;
    return Error{ErrorKind::usage, optionName(name),
                 say("{} does not have this parameter; {} has it", schedules ? curve->name : rule->name,
                     ownersOf(owned)),
                 schedules ? say("Add --schedule {}, or remove {}", owned.front().owner, optionName(name))
                           : say("Add --optimizer {}, or remove {}", owned.front().owner, optionName(name))};
  }
  return {};
}

} // namespace loom
