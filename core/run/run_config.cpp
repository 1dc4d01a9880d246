// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"

namespace loom {
namespace {

// Reads member after member into a value and keeps the first Error.
class Members {
 public:
  Members(const Json& object, const std::string& place) : object_(object), reader_(object, place) {
    if (!object.is_object())
      error_ = Error{ErrorKind::input, place, say("Expected a JSON object"),
                     say("Restore the file from a backup")};
  }
  void read(const char* key, std::int64_t& into) { take(reader_.integer(key), into); }
  void read(const char* key, std::string& into) { take(reader_.text(key), into); }
  void read(const char* key, int& into) {
    std::int64_t wide = 0;
    read(key, wide);
    if (wide < 0 || wide > 1'000'000)
      refuse(say("Member '{}' is {}, which is out of range", std::string_view(key), wide));
    else
      into = static_cast<int>(wide);
  }
  void read(const char* key, std::vector<std::string>& into) {
    const auto list = reader_.array(key);
    if (!list) return keep(list.error());
    for (const Json& element : **list) {
      if (!element.is_string())
        return refuse(say("Member '{}' contains something that is not a text", std::string_view(key)));
      into.push_back(element.get<std::string>());
    }
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
  void refuse(Message cause) {
    keep({ErrorKind::input, reader_.place(), std::move(cause),
          say("Correct it or restore the file from a backup")});
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

} // namespace

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
                 say("The file has format {}, this program reads up to {}", schema, runSchema),
                 say("Use a newer Neuroloom")};
  if (schema < 1)
    return Error{ErrorKind::input, place, say("Unsupported format version {}", schema),
                 say("Restore the file from a backup")};
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
