// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/train/trainer.h"
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace loom {
namespace {

StopFlag stopFlag; // a signal handler can reach nothing else
volatile std::sig_atomic_t lastSignal = 0;

void onSignal(int signal) {
  // The second Ctrl-C ends at once.
  if (signal == SIGINT && lastSignal == SIGINT) ::_exit(static_cast<int>(ErrorKind::interrupted));
  lastSignal = signal;
  stopFlag.wanted = 1;
}

struct Options {
  std::string project, network, optimizer, schedule, device, resume, name, run, settings;
  std::int64_t epochs = 0, batch = 0, checkpointEvery = -1;
  double lr = 0;
  std::uint64_t seed = 0;
  int threads = -1, workers = -1;
  bool json = false;
};

// On a terminal one line that is written over; elsewhere one line an epoch.
class Screen {
 public:
  Screen() : live_(isTerminal(STDERR_FILENO)) {}
  void show(const Json& event) {
    const std::string kind = event.value("event", std::string());
    if (kind == "progress" && live_) {
      const double share = event.value("total_steps", 1.0) > 0
                               ? event.value("step", 0.0) / event.value("total_steps", 1.0)
                               : 0;
      constexpr int cells = 24;
      std::string bar;
      for (int cell = 0; cell < cells; ++cell) bar += cell < share * cells ? "━" : "╌";
      std::fprintf(stderr, "\r\033[K%s %3.0f %%  epoch %lld of %lld  loss %s  %.1f steps/s  %s left",
                   bar.c_str(), share * 100, static_cast<long long>(event.value("epoch", std::int64_t{0})),
                   static_cast<long long>(event.value("epochs", std::int64_t{0})),
                   formatLoss(numberFromJson(event["loss"]).value_or(0)).c_str(),
                   event.value("steps_per_second", 0.0),
                   formatDuration(event.value("seconds_left", 0.0)).c_str());
      open_ = true;
    } else if (kind == "epoch") {
      close();
      const auto number = [&](const char* key) {
        return event.contains(key) ? numberFromJson(event[key]) : std::nullopt;
      };
      std::string line = fmt::format("epoch {:>3}  train loss {}", event.value("epoch", std::int64_t{0}),
                                     formatLoss(number("train_loss").value_or(0)));
      if (const auto loss = number("val_loss")) line += "  val loss " + formatLoss(*loss);
      if (const auto accuracy = number("val_accuracy")) line += "  val accuracy " + formatPercent(*accuracy);
      if (const auto r2 = number("val_r2")) line += fmt::format("  val R² {:.3f}", *r2);
      std::cerr << line << "\n";
    } else if (kind == "note") {
      close();
      std::cerr << event.value("level", std::string("note")) << ": " << event.value("text", std::string())
                << "\n";
    } else if (kind == "started" || kind == "resumed") {
      std::cerr << (kind == "started" ? "Run " : "Going on with run ")
                << event.value("run", std::string()).substr(0, 8) << " on "
                << event.value("device", std::string()) << ", " << event.value("threads", 1)
                << (event.value("threads", 1) == 1 ? " thread" : " threads") << "\n";
    }
  }
  void close() {
    if (open_) std::fputs("\r\033[K", stderr);
    open_ = false;
  }

 private:
  bool live_, open_ = false;
};

int exitCode(const TrainOutcome& outcome) {
  if (outcome.status == "finished") return 0;
  if (outcome.status == "stopped")
    return lastSignal == SIGINT ? static_cast<int>(ErrorKind::interrupted)
                                : static_cast<int>(ErrorKind::stopped);
  return outcome.error ? static_cast<int>(outcome.error->kind) : 1;
}

int run(const Options& options, const CLI::App& app) {
  auto project = openProject(options.project);
  if (!project) return report(project.error());
  TrainRequest request;
  request.project = project->folder;
  request.network = options.network;
  request.name = options.name;
  request.run = options.run;
  request.settings = project->defaults;
  if (!options.settings.empty()) {
    auto json = parseJson(options.settings, "--settings");
    if (!json) return report(json.error());
    auto settings = settingsFromJson(*json, "--settings");
    if (!settings) return report(settings.error());
    request.settings = *settings;
  }
  TrainSettings& settings = request.settings;
  const auto given = [&](const char* name) { return app.get_option(name)->count() > 0; };
  if (given("--epochs")) settings.epochs = options.epochs;
  if (given("--batch")) settings.batch = options.batch;
  if (given("--lr")) settings.learningRate = options.lr;
  if (given("--optimizer")) {
    const auto* row = findOptimizer(options.optimizer);
    if (row == nullptr)
      return report({ErrorKind::usage, "--optimizer", "There is no optimizer '" + options.optimizer + "'",
                     "Use SGD, Adam or AdamW"});
    if (settings.optimizer != row->name) settings.optimizerParams = {}; // those belong to another one
    settings.optimizer = row->name;
    if (!given("--lr") && options.settings.empty() && project->defaults.optimizer != row->name)
      settings.learningRate = row->learningRate;
  }
  if (given("--schedule")) settings.schedule = options.schedule;
  if (given("--seed")) settings.seed = options.seed;
  if (given("--threads")) settings.threads = options.threads;
  if (given("--workers")) settings.workers = options.workers;
  if (given("--device")) settings.device = options.device;
  if (given("--checkpoint-every")) settings.checkpointEvery = options.checkpointEvery;
  if (auto good = check(settings); !good) return report(good.error());
  if (!options.resume.empty()) {
    for (const char* fixed :
         {"--network", "--batch", "--lr", "--optimizer", "--schedule", "--seed", "--threads", "--device"})
      if (given(fixed))
        return report({ErrorKind::usage, fixed, "A resumed run goes on exactly as it began",
                       "Leave it out; only --epochs may be raised"});
    auto found = findRun(project->folder, options.resume);
    if (!found) return report(found.error());
    request.resume = *found;
    if (!given("--epochs")) settings.epochs = 0;
  }

  struct sigaction action {};
  action.sa_handler = onSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  Screen screen;
  const EventListener listener = [&](const Json& event) {
    if (options.json)
      printJson(event);
    else
      screen.show(event);
  };
  auto outcome = train(request, listener, stopFlag);
  screen.close();
  if (!outcome) return report(outcome.error());
  if (options.json) {
    printJson(toJson(*outcome));
  } else {
    std::string line =
        fmt::format("Run {}: {} after {} epochs, {} steps, {}", outcome->run.substr(0, 8), outcome->status,
                    outcome->epochs, formatCount(outcome->steps), formatSeconds(outcome->seconds));
    std::cout << line << "\n";
    for (const auto& [name, value] : outcome->metrics)
      std::cout << "  " << name << "  "
                << (name.ends_with("accuracy") ? formatPercent(value) : formatLoss(value)) << "\n";
    if (outcome->checkpoint >= 0) std::cout << "  checkpoint  " << outcome->checkpoint << "\n";
    if (outcome->status == "stopped")
      std::cerr << "Go on with: loom train " << options.project << " --resume " << outcome->run.substr(0, 8)
                << "\n";
  }
  if (outcome->error) (void)report(*outcome->error);
  return exitCode(*outcome);
}

} // namespace

void defineTrain(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  app.add_option("PROJECT", options->project, "The project's folder")->required();
  app.add_option("--network", options->network, "The network's name; the project's first when left out");
  app.add_option("--epochs", options->epochs, "How often the training data is gone through")
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", options->batch, "Samples a step")->check(CLI::PositiveNumber);
  app.add_option("--lr", options->lr, "Learning rate")->check(CLI::PositiveNumber);
  app.add_option("--optimizer", options->optimizer, "SGD, Adam or AdamW");
  app.add_option("--schedule", options->schedule, "constant, cosine or one-cycle");
  app.add_option("--seed", options->seed, "Start of all randomness");
  app.add_option("--threads", options->threads, "Threads; chosen by the size of the network when left out")
      ->check(CLI::Range(0, 1024));
  app.add_option("--workers", options->workers, "0: batches are made in step with the training")
      ->check(CLI::Range(0, 1));
  app.add_option("--device", options->device, "auto, cpu, or another id of 'loom devices'");
  app.add_option("--checkpoint-every", options->checkpointEvery,
                 "Steps between checkpoints; each epoch, at most every 30 s, when left out")
      ->check(CLI::PositiveNumber);
  app.add_option("--resume", options->resume, "Go on with this run: its folder, a beginning of it, or last");
  app.add_option("--name", options->name, "The run's name");
  app.add_option("--run", options->run, "The id of the new run")->group("");
  app.add_option("--settings", options->settings, "Settings as JSON")->group("");
  app.add_flag("--json", options->json, "One event a line, and last a summary");
  action = [options, &app] { return run(*options, app); };
}

} // namespace loom
