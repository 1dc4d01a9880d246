// SPDX-License-Identifier: Apache-2.0
#include "core/run/settings.h"
#include "core/base/size.h"
#include <algorithm>
#include <cassert>

namespace loom {
namespace {

std::vector<std::string_view> namesOf(const auto& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

Field required(Field field) {
  field.required = true;
  return field;
}
Field aboveMinimum(Field field) {
  field.above = true;
  return field;
}

// A row over a member of TrainSettings, whose own default is the field's.
template<auto Member>
TrainSetting rowOf(Field (*make)(const TrainSettings& standard), std::string_view option,
                   bool costs = false) {
  using Type = std::decay_t<decltype(TrainSettings{}.*Member)>;
  TrainSetting row;
  row.field = make(TrainSettings{});
  row.option = option;
  row.costs = costs;
  row.get = [](const TrainSettings& settings) -> ParamValue {
    if constexpr (std::is_same_v<Type, std::uint64_t>)
      return std::to_string(settings.*Member);
    else if constexpr (std::is_integral_v<Type>)
      return std::int64_t{settings.*Member};
    else
      return settings.*Member;
  };
  row.set = [](TrainSettings& settings, const ParamValue& value) {
    if constexpr (std::is_same_v<Type, std::uint64_t>)
      settings.*Member = seedOf(value);
    else if constexpr (std::is_integral_v<Type>)
      settings.*Member = static_cast<Type>(std::get<std::int64_t>(value));
    else
      settings.*Member = std::get<Type>(value);
  };
  return row;
}

// The one place of a training setting's limits.
std::vector<TrainSetting> makeTable() {
  using S = TrainSettings;
  return {
      rowOf<&S::epochs>(
          [](const S& s) {
            return integerField("epochs", "Epochs", s.epochs, 1, 1'000'000,
                                "Number of passes over the training data");
          },
          "epochs", true),
      rowOf<&S::batch>(
          [](const S& s) {
            return integerField("batch", "Batch", s.batch, 1, static_cast<double>(maxBatch),
                                "Samples per step");
          },
          "batch", true),
      rowOf<&S::learningRate>(
          [](const S& s) {
            return aboveMinimum(numberField("learning_rate", "Learning rate", s.learningRate, 0, 1000,
                                            "The highest one, where the schedule changes it"));
          },
          "lr"),
      rowOf<&S::optimizer>(
          [](const S& s) {
            return choiceField("optimizer", "Optimizer", s.optimizer, namesOf(optimizers()),
                               "The rule that updates the weights");
          },
          "optimizer"),
      rowOf<&S::schedule>(
          [](const S& s) {
            return choiceField("schedule", "Schedule", s.schedule, namesOf(schedules()),
                               "How the learning rate changes over the steps");
          },
          "schedule"),
      rowOf<&S::seed>(
          [](const S& s) {
            return seedField("seed", "Seed", s.seed, "The same seed gives the same losses, bit for bit");
          },
          "seed"),
      rowOf<&S::threads>(
          [](const S& s) {
            return integerField("threads", "Threads", s.threads, 0, 4096,
                                "0 lets the size of the network choose. A run uses as many cores.");
          },
          "threads", true),
      rowOf<&S::device>(
          [](const S& s) {
            return required(
                textField("device", "Device", s.device, "auto, cpu, or another id of 'loom devices'"));
          },
          "device", true),
      rowOf<&S::checkpointEvery>(
          [](const S& s) {
            static_assert(checkpointsApart == std::chrono::seconds(30)); // a field's texts are literals
            return integerField("checkpoint_every", "Checkpoint", s.checkpointEvery, 0, 0x1p53,
                                "Steps between checkpoints; 0: after an epoch, at most once per 30 s, and at "
                                "the end of the run");
          },
          "checkpoint-every"),
      rowOf<&S::keepCheckpoints>(
          [](const S& s) {
            return integerField("keep_checkpoints", "Keep last", s.keepCheckpoints, 1, 1'000'000,
                                "Checkpoints that are kept besides the best one");
          },
          "keep-checkpoints"),
      rowOf<&S::workers>(
          [](const S& s) {
            return integerField("workers", "Workers", s.workers, 0, 1,
                                "0: batches are made in step with the training, not ahead");
          },
          "workers"),
  };
}

Error withPlace(Error error, std::string place) {
  error.place = std::move(place);
  return error;
}

// Errors of a file's member name the file.
Error inFile(const Error& error, const std::string& place) {
  return {ErrorKind::input, say("{}, member '{}'", place, error.place.text()), error.cause, error.fix};
}

Result<Params> paramsOf(const Json& json, const char* key, std::string_view owner,
                        const std::vector<Field>& fields, const std::string& place) {
  const auto object = JsonReader(json, place).object(key);
  if (!object) return object.error();
  auto given = paramsFromJson(**object, place);
  if (!given) return given;
  auto checked = checkFields(owner, fields, *given);
  if (!checked) return inFile(checked.error(), place);
  return checked;
}

// Up to version 0.1 a file could ask for as many as 64 workers, of which one was made.
Json withOneWorker(const Json& value) {
  constexpr std::int64_t mostOnce = 64;
  const bool many = value.is_number_integer() && value >= 2 && value <= mostOnce;
  return many ? Json(1) : value;
}

} // namespace

const std::vector<TrainSetting>& trainSettings() {
  static const std::vector<TrainSetting> table = makeTable();
  return table;
}

const TrainSetting& trainSetting(std::string_view name) {
  const auto& table = trainSettings();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const TrainSetting& one) { return one.field.name == name; });
  assert(row != table.end());
  return *row;
}

const OptimizerRow* findOptimizer(std::string_view name) {
  const auto& rows = optimizers();
  const auto& field = trainSetting("optimizer").field;
  const auto known = checkField(field, std::string(name));
  if (!known) return nullptr;
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const OptimizerRow& one) {
    return one.name == std::get<std::string>(*known);
  });
  return row == rows.end() ? nullptr : &*row;
}

const ScheduleRow* findSchedule(std::string_view name) {
  const auto& rows = schedules();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const ScheduleRow& each) { return each.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

Json toJson(const TrainSettings& settings) {
  Json json = Json::object();
  for (const TrainSetting& row : trainSettings())
    json[std::string(row.field.name)] = toJson(row.field, row.get(settings));
  json["optimizer_params"] = toJson(settings.optimizerParams);
  json["schedule_params"] = toJson(settings.scheduleParams);
  return json;
}

Result<TrainSettings> settingsFromJson(const Json& json, const std::string& place) {
  if (!json.is_object())
    return Error{ErrorKind::input, place, say("Expected a JSON object"),
                 say("Restore the file from a backup")};
  TrainSettings settings;
  for (const TrainSetting& row : trainSettings()) {
    const auto member = json.find(std::string(row.field.name));
    if (member == json.end()) continue;
    auto value =
        fieldFromJson(row.field, row.field.name == "workers" ? withOneWorker(*member) : Json(*member));
    if (!value) return inFile(value.error(), place);
    row.set(settings, *value);
  }
  const OptimizerRow* optimizer = findOptimizer(settings.optimizer);
  if (json.contains("optimizer_params")) {
    auto params = paramsOf(json, "optimizer_params", optimizer->name, optimizer->fields, place);
    if (!params) return params.error();
    settings.optimizerParams = std::move(*params);
  }
  const ScheduleRow* schedule = findSchedule(settings.schedule);
  if (json.contains("schedule_params")) {
    auto params = paramsOf(json, "schedule_params", schedule->name, schedule->fields, place);
    if (!params) return params.error();
    settings.scheduleParams = std::move(*params);
  }
  if (const Status good = check(settings); !good) return inFile(good.error(), place);
  return settings;
}

Status check(const TrainSettings& settings) {
  for (const TrainSetting& row : trainSettings())
    if (auto value = checkField(row.field, row.get(settings)); !value)
      return withPlace(value.error(), std::string(row.option));
  if (auto attributes = updateAttributes(settings); !attributes) return attributes.error();
  if (auto schedule = scheduleOf(settings); !schedule) return schedule.error();
  return {};
}

Result<Params> updateAttributes(const TrainSettings& settings) {
  const OptimizerRow* row = findOptimizer(settings.optimizer);
  if (!row) return checkField(trainSetting("optimizer").field, settings.optimizer).error();
  auto params = completeFields(row->name, row->fields, settings.optimizerParams);
  if (!params) return params;
  if (row->check)
    if (Status good = row->check(*params); !good) return good.error();
  return row->attributes ? row->attributes(*params) : *params;
}

Result<Schedule> scheduleOf(const TrainSettings& settings) {
  const ScheduleRow* row = findSchedule(settings.schedule);
  if (!row) return checkField(trainSetting("schedule").field, settings.schedule).error();
  auto params = completeFields(row->name, row->fields, settings.scheduleParams);
  if (!params) return params.error();
  return Schedule{row, std::move(*params)};
}

} // namespace loom
