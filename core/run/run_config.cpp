// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"
#include <cmath>
#include <fmt/format.h>

namespace loom {
namespace {

// Reads member after member into a value and keeps the first Error.
class Members {
 public:
  Members(const Json& object, const std::string& place) : object_(object), reader_(object, place) {
    if (!object.is_object())
      error_ = Error{ErrorKind::input, place, "it holds no object", "Restore the file from a copy"};
  }
  void read(const char* key, std::int64_t& into) { take(reader_.integer(key), into); }
  void read(const char* key, std::uint64_t& into) { take(reader_.unsignedInteger(key), into); }
  void read(const char* key, double& into) { take(reader_.number(key), into); }
  void read(const char* key, std::string& into) { take(reader_.text(key), into); }
  void read(const char* key, int& into) {
    std::int64_t wide = 0;
    read(key, wide);
    if (wide < 0 || wide > 1'000'000)
      refuse(key, fmt::format("is {}, which is out of range", wide));
    else
      into = static_cast<int>(wide);
  }
  void read(const char* key, Params& into) {
    if (const auto value = object(key)) take(paramsFromJson(*value, reader_.place()), into);
  }
  void read(const char* key, std::vector<std::string>& into) {
    const auto list = reader_.array(key);
    if (!list) return keep(list.error());
    for (const Json& element : **list) {
      if (!element.is_string()) return refuse(key, "holds something that is no text");
      into.push_back(element.get<std::string>());
    }
  }
  // What may be absent keeps the value that it has.
  template<class T> void readIfThere(const char* key, T& into) {
    if (!error_ && reader_.has(key)) read(key, into);
  }
  // Null once an Error is kept.
  const Json* object(const char* key) {
    const auto found = reader_.object(key);
    if (!found) keep(found.error());
    return error_ ? nullptr : *found;
  }
  template<class T> void take(Result<T> result, T& into) {
    if (!result) return keep(result.error());
    if (!error_) into = std::move(*result);
  }
  void refuse(const char* key, std::string what) {
    keep({ErrorKind::input, reader_.place(), fmt::format("member '{}' {}", key, what),
          "Correct it or restore the file from a copy"});
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  void keep(Error error) {
    if (!error_) error_ = std::move(error);
  }
  const Json& object_;
  JsonReader reader_;
  std::optional<Error> error_;
};

Error wrongSetting(std::string_view name, std::string cause, std::string fix) {
  return {ErrorKind::usage, std::string(name), std::move(cause), std::move(fix)};
}

std::string listed(const auto& rows) {
  std::string text;
  for (const auto& row : rows) text += fmt::format("{}{}", text.empty() ? "" : ", ", row.name);
  return text;
}

// The names, types and ranges of a row's fields.
Status checkParams(std::string_view owner, const std::vector<Field>& fields, const Params& params) {
  for (const auto& [name, value] : params) {
    const Field* field = nullptr;
    for (const Field& each : fields)
      if (each.name == name) field = &each;
    if (!field)
      return wrongSetting(name, fmt::format("{} has no parameter '{}'", owner, name),
                          fields.empty() ? "Leave it out" : fmt::format("Use one of {}", listed(fields)));
    if (field->kind == FieldKind::flag) {
      if (!std::holds_alternative<bool>(value))
        return wrongSetting(name, fmt::format("'{}' of {} is true or false", name, owner),
                            "Write true or false");
      continue;
    }
    const bool isNumber =
        std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
    const double number = params.getDouble(name, NAN);
    if (!isNumber || !(number >= field->minimum && number <= field->maximum))
      return wrongSetting(name, fmt::format("'{}' of {} is {}", name, owner, toText(value)),
                          fmt::format("Choose a number from {} to {}", field->minimum, field->maximum));
  }
  return {};
}

Status checkRange(std::string_view name, std::int64_t value, std::int64_t from, std::int64_t to) {
  if (value >= from && value <= to) return {};
  return wrongSetting(name, fmt::format("{} is out of range", value),
                      fmt::format("Choose a whole number from {} to {}", from, to));
}

} // namespace

Json toJson(const TrainSettings& settings) {
  return {{"epochs", settings.epochs},
          {"batch", settings.batch},
          {"learning_rate", numberOrText(settings.learningRate)},
          {"optimizer", settings.optimizer},
          {"optimizer_params", toJson(settings.optimizerParams)},
          {"schedule", settings.schedule},
          {"schedule_params", toJson(settings.scheduleParams)},
          {"seed", settings.seed},
          {"threads", settings.threads},
          {"device", settings.device},
          {"checkpoint_every", settings.checkpointEvery},
          {"keep_checkpoints", settings.keepCheckpoints},
          {"workers", settings.workers}};
}

Result<TrainSettings> settingsFromJson(const Json& json, const std::string& place) {
  TrainSettings settings;
  Members members(json, place);
  members.readIfThere("epochs", settings.epochs);
  members.readIfThere("batch", settings.batch);
  members.readIfThere("learning_rate", settings.learningRate);
  members.readIfThere("optimizer", settings.optimizer);
  members.readIfThere("optimizer_params", settings.optimizerParams);
  members.readIfThere("schedule", settings.schedule);
  members.readIfThere("schedule_params", settings.scheduleParams);
  members.readIfThere("seed", settings.seed);
  members.readIfThere("threads", settings.threads);
  members.readIfThere("device", settings.device);
  members.readIfThere("checkpoint_every", settings.checkpointEvery);
  members.readIfThere("keep_checkpoints", settings.keepCheckpoints);
  members.readIfThere("workers", settings.workers);
  if (members.error()) return *members.error();
  if (const Status good = check(settings); !good) {
    Error error = good.error();
    return Error{ErrorKind::input, place, fmt::format("'{}': {}", error.place.text(), error.cause.text()), error.fix};
  }
  return settings;
}

Status check(const TrainSettings& settings) {
  if (auto good = checkRange("epochs", settings.epochs, 1, 1'000'000); !good) return good;
  if (auto good = checkRange("batch", settings.batch, 1, 1 << 20); !good) return good;
  if (!(settings.learningRate > 0 && settings.learningRate <= highestLearningRate))
    return wrongSetting("lr", fmt::format("the learning rate is {}", settings.learningRate),
                        "Choose a number above 0 and up to 1000, such as 0.001");
  const OptimizerRow* optimizer = findOptimizer(settings.optimizer);
  if (!optimizer)
    return wrongSetting("optimizer", fmt::format("there is no optimizer '{}'", settings.optimizer),
                        fmt::format("Use one of {}", listed(optimizers())));
  if (auto good = checkParams(optimizer->name, optimizer->fields, settings.optimizerParams); !good)
    return good;
  // PyTorch's rule; without it the two options say nothing.
  if (settings.optimizerParams.getBool("nesterov") && (settings.optimizerParams.getDouble("momentum") <= 0 ||
                                                       settings.optimizerParams.getDouble("dampening") != 0))
    return wrongSetting("nesterov", "Nesterov wants a momentum above 0 and a dampening of 0",
                        "Set momentum to 0.9, or switch nesterov off");
  const ScheduleRow* schedule = findSchedule(settings.schedule);
  if (!schedule)
    return wrongSetting("schedule", fmt::format("there is no schedule '{}'", settings.schedule),
                        fmt::format("Use one of {}", listed(schedules())));
  if (auto good = checkParams(schedule->name, schedule->fields, settings.scheduleParams); !good) return good;
  if (auto good = checkRange("threads", settings.threads, 0, 4096); !good) return good;
  if (settings.device.empty())
    return wrongSetting("device", "it is empty", "Use auto, or a name that `loom devices` lists");
  if (auto good = checkRange("checkpoint-every", settings.checkpointEvery, 0, std::int64_t{1} << 53); !good)
    return good;
  if (auto good = checkRange("keep-checkpoints", settings.keepCheckpoints, 1, 1'000'000); !good) return good;
  return checkRange("workers", settings.workers, 0, 64);
}

Json toJson(const RunConfig& config) {
  return {{"schema", runSchema},
          {"id", config.id},
          {"name", config.name},
          {"engine_version", config.engineVersion},
          {"created", config.created},
          {"network", toJson(config.network)},
          {"data", toJson(config.data)},
          {"data_hash", config.dataHash},
          {"normalisation", toJson(config.normalisation)},
          {"settings", toJson(config.settings)},
          {"backend", config.backend},
          {"train_samples", config.trainSamples},
          {"validation_samples", config.validationSamples},
          {"test_samples", config.testSamples},
          {"parameters", config.parameters},
          {"classes", config.classes},
          {"target_names", config.targetNames}};
}

Result<RunConfig> runConfigFromJson(const Json& json, const std::string& place) {
  RunConfig config;
  Members members(json, place);
  int schema = 0;
  members.read("schema", schema);
  if (members.error()) return *members.error();
  if (schema > runSchema)
    return Error{ErrorKind::input, place,
                 fmt::format("it is of format {}, this program reads up to {}", schema, runSchema),
                 "Use a newer Neuroloom"};
  if (schema < 1)
    return Error{ErrorKind::input, place, fmt::format("there is no format {}", schema),
                 "Restore the file from a copy"};
  members.read("id", config.id);
  members.read("name", config.name);
  members.read("engine_version", config.engineVersion);
  members.read("created", config.created);
  if (const Json* network = members.object("network"))
    members.take(networkFromJson(*network, place + ", network"), config.network);
  if (const Json* data = members.object("data"))
    members.take(datasetFromJson(*data, place + ", data"), config.data);
  members.read("data_hash", config.dataHash);
  if (const Json* normalisation = members.object("normalisation"))
    members.take(normalisationFromJson(*normalisation, place + ", normalisation"), config.normalisation);
  if (const Json* settings = members.object("settings"))
    members.take(settingsFromJson(*settings, place + ", settings"), config.settings);
  members.read("backend", config.backend);
  members.read("train_samples", config.trainSamples);
  members.read("validation_samples", config.validationSamples);
  members.read("test_samples", config.testSamples);
  members.read("parameters", config.parameters);
  members.read("classes", config.classes);
  members.read("target_names", config.targetNames);
  if (members.error()) return *members.error();
  return config;
}

Result<RunConfig> readRunConfig(const std::filesystem::path& runFolder) {
  const auto file = runFolder / "run.json";
  const auto json = readJsonFile(file);
  if (!json) return json.error();
  return runConfigFromJson(*json, file.string());
}

} // namespace loom
