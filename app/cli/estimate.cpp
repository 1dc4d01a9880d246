// SPDX-License-Identifier: Apache-2.0
#include "core/train/estimate.h"
#include "app/cli/training_options.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include <memory>

namespace loom {

void defineEstimate(CLI::App& app, Action& action) {
  struct Options : TrainingOptions {
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  defineCostOptions(app, *options);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto project = openProject(options->project);
    if (!project) return report(project.error());
    TrainSettings settings = project->defaults;
    if (auto taken = takeOver(*options, settings); !taken) return report(taken.error());
    auto estimate = estimateRun(*project, options->network, settings);
    if (!estimate) return report(asTyped(estimate.error()));
    if (options->json) {
      printJson(toJson(*estimate));
      return 0;
    }
    const auto bytes = [](std::int64_t count) { return formatBytes(static_cast<std::uint64_t>(count)); };
    printTable({{"parameters", formatCount(estimate->parameters)},
                {"multiply-adds a sample", formatCountShort(estimate->multiplyAdds)},
                {"memory", bytes(estimate->memoryBytes)},
                {"largest batch", estimate->largestBatch > 0 ? formatCount(estimate->largestBatch) : "none"},
                {"steps", formatCount(estimate->steps)},
                {"time a step", formatSeconds(estimate->secondsPerStep) +
                                    (estimate->measured ? "" : ", computed from the size: too large to try")},
                {"time in all", formatDuration(estimate->seconds)},
                {"device", estimate->device + ", " + counted(estimate->threads, "thread", "threads")}},
               {false, true});
    if (!estimate->fits) {
      const Bytes needed{static_cast<std::uint64_t>(estimate->memoryBytes)};
      const Bytes present{static_cast<std::uint64_t>(estimate->machineBytes)};
      warn(estimate->largestBatch > 0
               ? say("This does not fit in memory: it takes {} of memory, {} has {}. A training is refused "
                     "before it begins. Use a batch of at most {}.",
                     needed, estimate->device, present, Count{estimate->largestBatch})
               : say("This does not fit in memory: it takes {} of memory, {} has {}. A training is refused "
                     "before it begins. Use smaller layers.",
                     needed, estimate->device, present));
    }
    return 0;
  };
}

} // namespace loom
