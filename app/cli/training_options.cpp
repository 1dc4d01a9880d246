// SPDX-License-Identifier: Apache-2.0
#include "app/cli/training_options.h"
#include "app/cli/usage.h"

namespace loom {

void defineTrainingOptions(CLI::App& app, TrainingOptions& options) {
  app.add_option("PROJECT", options.project, "The project's folder")->required();
  app.add_option("--network", options.network, "The network's name; the project's first when left out")
      ->type_name("NAME");
  app.add_option("--epochs", options.epochs, "How often the training data is gone through")
      ->type_name("N")
      ->check(wholeNumber(1, 1'000'000));
  app.add_option("--batch", options.batch, "Samples a step")->type_name("N")->check(wholeNumber(1, 1 << 20));
  app.add_option("--threads", options.threads, "Threads; chosen by the size of the network when left out")
      ->type_name("N")
      ->check(wholeNumber(0, 1024));
  app.add_option("--device", options.device, "auto, cpu, or another id of 'loom devices'")
      ->type_name("ID")
      ->check(knownDevice());
}

void takeOver(const CLI::App& app, const TrainingOptions& options, TrainSettings& settings) {
  const auto given = [&](const char* name) { return app.get_option(name)->count() > 0; };
  if (given("--epochs")) settings.epochs = options.epochs;
  if (given("--batch")) settings.batch = options.batch;
  if (given("--threads")) settings.threads = options.threads;
  if (given("--device")) settings.device = options.device;
}

} // namespace loom
