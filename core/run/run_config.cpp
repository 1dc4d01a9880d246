// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"
#include "core/run/find_run.h"
#include "core/run/members.h"
#include "core/run/seal.h"

namespace loom {
namespace {

Message restoreFix() { return say("Correct it or restore the file from a backup"); }

// What must be true of the values together.
void checkTogether(Members& members, const RunConfig& config) {
  members.require(checkRunId(config.id).ok(), say("Member 'id' is not the id of a run"));
  members.require(config.trainSamples + config.validationSamples + config.testSamples <= maxSamples,
                  say("The parts of the data must have at most {} samples together", maxSamples));
  members.require(config.classes.empty() || config.targetNames.empty(),
                  say("Only one of the members 'classes' and 'target_names' can have entries"));
  members.require(
      config.normalisation.targetMean.size() == config.targetNames.size(),
      say("Member 'normalisation' must have a mean and a deviation for each target ({}), it has {}",
          config.targetNames.size(), config.normalisation.targetMean.size()));
}

} // namespace

Json toJson(const RunConfig& config) {
  return sealed({{"schema", runSchema},
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
                 {"target_names", config.targetNames}});
}

Result<RunConfig> runConfigFromJson(const Json& json, const std::string& place) {
  RunConfig config;
  Members members(json, place, restoreFix());
  if (members.good()) members.schema(runSchema);
  const Seal seal = members.good() ? sealOf(json) : Seal::absent;
  members.require(seal != Seal::broken, say("The file does not match its own hash"));
  if (!members.good()) return members.error();
  config.sealed = seal == Seal::intact;
  members.text("id", config.id);
  members.text("name", config.name, maxRunNameBytes);
  members.text("engine_version", config.engineVersion);
  members.integer("created", config.created, 0, maxCount);
  if (const Json* network = members.object("network"))
    members.take(networkFromJson(*network, place + ", network"), config.network);
  if (const Json* data = members.object("data"))
    members.take(datasetFromJson(*data, place + ", data"), config.data);
  members.text("data_hash", config.dataHash);
  if (const Json* normalisation = members.object("normalisation"))
    members.take(normalisationFromJson(*normalisation, place + ", normalisation"), config.normalisation);
  if (const Json* settings = members.object("settings"))
    members.take(settingsFromJson(*settings, place + ", settings"), config.settings);
  members.text("backend", config.backend);
  members.integer("train_samples", config.trainSamples, 0, maxSamples);
  members.integer("validation_samples", config.validationSamples, 0, maxSamples);
  members.integer("test_samples", config.testSamples, 0, maxSamples);
  members.integer("parameters", config.parameters, 0, maxCount);
  members.texts("classes", config.classes);
  members.texts("target_names", config.targetNames);
  if (members.good()) checkTogether(members, config);
  if (!members.good()) return members.error();
  return config;
}

Result<RunConfig> readRunConfig(const std::filesystem::path& runFolder) {
  const auto file = runFolder / "run.json";
  const auto json = readJsonFile(file);
  if (!json) return json.error();
  auto config = runConfigFromJson(*json, file.string());
  if (!config) return config;
  if (const std::string folder = runIdOf(runFolder); config->id != folder)
    return Error{ErrorKind::input, file,
                 say("It belongs to the run {}, the folder is that of the run {}", config->id, folder),
                 say("Restore the file from a backup")};
  return config;
}

std::string runIdOf(const std::filesystem::path& runFolder) {
  const std::string name = runFolder.filename().string();
  return name.empty() ? runFolder.parent_path().filename().string() : name;
}

} // namespace loom
