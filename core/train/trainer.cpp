// SPDX-License-Identifier: Apache-2.0
#include "core/train/trainer.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/run/fit.h"
#include "core/run/run_lock.h"
#include "core/train/attempt.h"
#include <fmt/format.h>
#include <new>

namespace loom {
namespace {

namespace fs = std::filesystem;

std::string freeRunName(const fs::path& project, const std::string& network) {
  std::error_code error;
  int count = 0;
  for (fs::directory_iterator entry(project / "runs", error), end; !error && entry != end;
       entry.increment(error))
    if (fs::exists(entry->path() / "run.json")) ++count;
  return fmt::format("{} · {}", network, count + 1);
}

Status makeFolders(const fs::path& run) {
  std::error_code error;
  // The project's own folder is never made: it may have been moved since it was read.
  for (const fs::path& folder : {run.parent_path(), run, run / "attempts", run / "control",
                                 run / "checkpoints", run / "evaluations"}) {
    fs::create_directory(folder, error);
    if (error)
      return Error{ErrorKind::input, run,
                   say("The folder of the run cannot be made: {}", foreign(error.message())),
                   say("Make the project's folder writable, or copy the project to a place that is")};
  }
  return {};
}

// A new run: everything that run.json freezes is found out here.
Result<RunConfig> freeze(const Project& project, const TrainRequest& request, const Network& network,
                         const Material& material, const Machine& machine) {
  RunConfig config;
  config.id = request.run;
  config.name = request.name.empty() ? freeRunName(project.folder, network.name) : request.name;
  config.engineVersion = NEUROLOOM_VERSION;
  config.created = nowMicroseconds();
  config.network = network;
  config.data = project.data;
  config.dataHash = material.data.contentHash;
  config.normalisation = material.normalisation;
  config.settings = request.settings;
  config.settings.threads = machine.executable->threads();
  config.settings.device = machine.device.id;
  config.backend = machine.device.backend;
  config.trainSamples = static_cast<std::int64_t>(material.split.train.size());
  config.validationSamples = static_cast<std::int64_t>(material.split.validation.size());
  config.testSamples = static_cast<std::int64_t>(material.split.test.size());
  for (const TensorId id : machine.plan->parameters) config.parameters += machine.plan->tensor(id).elements();
  config.classes = material.data.classes;
  config.targetNames = material.data.targetNames;
  return config;
}

Result<TrainOutcome> trainUnguarded(TrainRequest request, const EventListener& listener, StopFlag& stop) {
  auto project = openProject(request.project);
  if (!project) return project.error();
  const bool resuming = !request.resume.empty();
  if (!resuming && request.run.empty()) request.run = newUuid();
  const std::string& run = resuming ? request.resume : request.run;
  if (auto good = checkRunId(run); !good) return good.error();
  const fs::path folder = runFolder(project->folder, run);
  const auto exists = [&] {
    std::error_code missing;
    return !resuming && fs::exists(folder / "run.json", missing);
  };
  const Error existing{ErrorKind::usage, folder, say("There is a run of this id already"),
                       say("Resume it (--resume), or leave the id out")};
  if (exists()) return existing;
  std::optional<RunConfig> config;
  std::optional<RunLock> lock;
  std::set<std::string> oldCommands;
  Network network;
  TrainSettings settings = request.settings;
  if (request.frozen) project->data = request.frozen->data;
  DatasetSpec spec = project->data;
  if (resuming) {
    auto read = readRunConfig(folder);
    if (!read) return read.error();
    config = std::move(*read);
    auto taken = RunLock::take(folder); // first of all: reading the data may take long
    if (!taken) return taken.error();
    lock = std::move(*taken);
    oldCommands = commandsThere(folder);
    if (request.settings.epochs > 0 && request.settings.epochs < config->settings.epochs)
      return Error{
          ErrorKind::usage, "--epochs",
          say("The run has {} epochs, {} were asked for", config->settings.epochs, request.settings.epochs),
          say("Leave them as they are, or raise them")};
    if (request.settings.epochs > config->settings.epochs) config->settings.epochs = request.settings.epochs;
    if (auto good = check(config->settings); !good) return good.error();
    settings = config->settings;
    network = config->network;
    spec = config->data;
  } else {
    if (auto good = check(settings); !good) return good.error();
    auto loaded = request.frozen ? Result<Network>(std::move(request.frozen->network))
                                 : loadNetwork(*project, request.network);
    if (!loaded) return loaded.error();
    network = std::move(*loaded);
    if (auto good = firstError(network, analyse(network)); !good) return good.error();
  }
  auto material = makeMaterial(spec, project->folder, config ? &config->normalisation : nullptr);
  if (!material) return material.error();
  if (config)
    if (auto good = checkRunData(*config, **material); !good) return good.error();
  if (auto fits = checkFit(network, factsOf((*material)->data)); !fits) return fits.error();
  auto options = trainingOptions(settings, (*material)->split);
  if (!options) return options.error();
  auto machine = makeMachine(network, *options, settings.device, settings.threads);
  if (!machine) return machine.error();
  if (!resuming) {
    request.settings = settings;
    auto frozen = freeze(*project, request, network, **material, *machine);
    if (!frozen) return frozen.error();
    config = std::move(*frozen);
  }
  if (auto made = makeFolders(folder); !made) return made.error();
  if (!lock) {
    auto taken = RunLock::take(folder);
    if (!taken) return taken.error();
    lock = std::move(*taken);
    if (exists()) return existing; // another trainer of this id was faster, and has ended already
  }
  if (!resuming)
    if (auto written = writeFileAtomically(folder / "run.json", canonicalJson(toJson(*config))); !written)
      return written.error();
  Attempt attempt(folder, *config, **material, *machine, listener, stop, std::move(oldCommands));
  return attempt.run(resuming);
}

} // namespace

Error outOfMemory() {
  return {ErrorKind::memory, "memory", say("There is not enough memory for this network and batch"),
          say("Use a smaller batch (loom estimate names the largest), or close other programs")};
}

Result<TrainOutcome> train(const TrainRequest& request, const EventListener& listener, StopFlag& stop) {
  try {
    return trainUnguarded(request, listener, stop);
  } catch (const std::bad_alloc&) {
    return outOfMemory();
  }
}

} // namespace loom
