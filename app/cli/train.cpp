// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "app/cli/screen.h"
#include "app/cli/training_options.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/base/atomic_file.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/base/os/process.h"
#include "core/base/os/signals.h"
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/queue.h"
#include "core/run/journal.h"
#include "core/train/trainer.h"
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <set>

namespace loom {
namespace {

StopFlag stopFlag; // a signal handler can reach nothing else
volatile bool lastWasCtrlC = false;

void onStop(os::StopSignal signal) {
  const bool ctrlC = signal == os::StopSignal::interrupt;
  // The second Ctrl-C ends at once.
  if (ctrlC && lastWasCtrlC) os::exitNow(static_cast<int>(ErrorKind::interrupted));
  lastWasCtrlC = ctrlC;
  stopFlag.wanted = 1;
  if (ctrlC) (void)os::writeMessage("\nSaving a checkpoint; Ctrl-C again ends at once.\n");
}

// Whether the last attempt of a run came to its end.
bool cameToItsEnd(const std::filesystem::path& run) {
  const auto attempts = attemptsIn(run);
  if (!attempts || attempts->empty()) return false;
  const auto text = readWholeFile(run / "attempts" / std::to_string(attempts->back()) / "exit", 1024);
  return text && *text == "finished\n";
}

// The lease of this training: the queue counts its cores, whoever started it.
class ComputerShare {
 public:
  // `speaks`: others that use the same cores are reported.
  ComputerShare(TrainRequest& request, bool speaks) {
    if (runOf(request).empty()) request.run = newUuid();
    int threads = request.settings.threads;
    std::string device = request.settings.device;
    if (!request.resume.empty())
      if (const auto config = readRunConfig(runFolder(request.project, request.resume))) {
        threads = config->settings.threads;
        device = config->settings.device;
      }
    std::error_code failed;
    Lease lease;
    lease.run = runOf(request);
    lease.project = std::filesystem::absolute(request.project, failed).lexically_normal();
    lease.cores = coresOf(threads);
    if (device != "auto" && device != "cpu" && device != "reference") lease.devices = {device};
    auto taken = OwnLease::take(queueFolder(), lease);
    if (!taken) return; // a state folder that cannot be written keeps nobody from training
    lease_ = std::move(*taken);
    int others = 0;
    for (const Lease& one : lease_->others()) others += one.cores;
    if (speaks && others > 0 && others + lease.cores > usableCores())
      std::cerr << fmt::format("Other trainings use {} of {} cores; this one shares them.\n", others,
                               usableCores());
  }
  // "automatic" counts as all cores until the trainer reports how many threads it took.
  void adapt(const Json& event) {
    if (!lease_ || !event.contains("threads") || !event["threads"].is_number_integer()) return;
    lease_->resize(coresOf(event["threads"].get<int>()));
  }
  // Whatever waits for these cores is started, also when the runner was killed.
  void giveBack() {
    if (!lease_) return;
    lease_.reset();
    Queue queue = Queue::ofThisComputer();
    if (const auto looked = queue.ensureRunner(ownProgram()); !looked) warn(toMessage(looked.error()));
  }

 private:
  std::optional<OwnLease> lease_;
};

struct Options : TrainingOptions {
  std::string resume, name, run, queued;
  std::string frozen; // --settings
  bool asJson = false;
};

std::string words(std::string status) {
  std::replace(status.begin(), status.end(), '_', ' ');
  return status;
}

int exitCode(const TrainOutcome& outcome) {
  if (outcome.status == "finished") return 0;
  if (outcome.status == "stopped")
    return static_cast<int>(lastWasCtrlC ? ErrorKind::interrupted : ErrorKind::stopped);
  return outcome.error ? static_cast<int>(outcome.error->kind) : 1;
}

// The options that a resumed run can use; all others are frozen in its run.json.
Status checkResumed(const CLI::App& app) {
  static const std::set<std::string> used{"PROJECT", "--resume", "--epochs", "--json", "--help"};
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0 && !used.contains(option->get_name()))
      return Error{ErrorKind::usage, option->get_name(), say("A resumed run continues with its own settings"),
                   say("Remove the option; only --epochs can be raised")};
  return {};
}

// What is asked of a new run; its settings are not checked yet.
Result<TrainRequest> newRequest(const Options& options, const Project& project) {
  TrainRequest request;
  request.network = options.network;
  request.name = options.name;
  request.settings = project.defaults;
  if (!options.queued.empty()) {
    // What waited in the queue is trained as it was when it was queued.
    auto json = readJsonFile(options.queued);
    if (!json) return json.error();
    auto queued = requestFromJson(*json, options.queued);
    if (!queued) return queued.error();
    request = std::move(*queued);
  }
  request.project = project.folder;
  request.run = options.run;
  if (!options.frozen.empty()) {
    auto json = parseJson(options.frozen, "--settings");
    if (!json) return json.error();
    auto settings = settingsFromJson(*json, "--settings");
    if (!settings) return settings.error();
    request.settings = *settings;
  }
  return request;
}

// Reports when the run to resume has nothing left to train. Fewer epochs than it had are refused by train().
void noticeFinished(const TrainRequest& request) {
  const auto folder = runFolder(request.project, request.resume);
  const auto config = readRunConfig(folder);
  const std::int64_t epochs = request.settings.epochs;
  if (!config || (epochs != 0 && epochs != config->settings.epochs) || !cameToItsEnd(folder)) return;
  std::cerr << sayCount("The run has finished its {} epoch; nothing is left to train. With more --epochs it "
                        "continues.",
                        "The run has finished its {} epochs; nothing is left to train. With more --epochs it "
                        "continues.",
                        config->settings.epochs)
                   .text()
            << "\n";
}

Result<TrainRequest> requestFrom(const Options& options, const CLI::App& app) {
  const bool resumes = !options.resume.empty();
  if (resumes)
    if (auto good = checkResumed(app); !good) return good.error();
  const auto project = openProject(options.project);
  if (!project) return project.error();
  auto request = newRequest(options, *project);
  if (!request) return request;
  TrainSettings& settings = request->settings;
  if (auto taken = takeOver(options, settings, !options.frozen.empty()); !taken) return taken.error();
  if (auto good = check(settings); !good) return asTyped(good.error());
  const auto sites = sitesOf(project->folder);
  if (resumes) {
    auto found = reachableRun(project->folder, *sites, options.resume);
    if (!found) return found.error();
    request->resume = *found;
  }
  if (auto good = mayWriteRuns(project->folder, *sites, request->resume); !good) return good.error();
  if (!resumes) return request; // of a queued request, --epochs is in its file
  if (app.get_option("--epochs")->count() == 0) settings.epochs = 0;
  return request;
}

void printOutcome(const TrainOutcome& outcome, const std::string& project) {
  std::cout << say("Run {}: {} after {}, {}, {}", outcome.run.substr(0, 8), words(outcome.status),
                   sayCount("{} epoch", "{} epochs", outcome.epochs),
                   sayCount("{} step", "{} steps", Count{outcome.steps}), Seconds{outcome.seconds})
                   .text()
            << "\n";
  std::vector<std::vector<std::string>> rows;
  if (outcome.checkpoint >= 0)
    rows.push_back({"  best checkpoint", "step " + formatCount(outcome.checkpoint)});
  for (const auto& [name, value] : outcome.metrics)
    rows.push_back({"  " + name, name.ends_with("accuracy") ? formatPercent(value) : formatLoss(value)});
  printTable(rows, {false, true});
  if (outcome.status == "stopped")
    std::cerr
        << say("Resume it: loom train {} --resume {}", shellPath(project), outcome.run.substr(0, 8)).text()
        << "\n";
}

int run(const Options& options, const CLI::App& app) {
  auto request = requestFrom(options, app);
  if (!request) return report(request.error());
  if (!options.resume.empty()) noticeFinished(*request);
  os::onStopSignals(onStop);
  os::ignoreBrokenPipes();
  Screen screen;
  ComputerShare share(*request, options.queued.empty() && request->resume.empty());
  auto outcome = train(
      *request,
      [&](const Json& event) {
        share.adapt(event);
        if (options.asJson)
          printJson(event);
        else
          screen.show(event);
      },
      stopFlag);
  share.giveBack();
  screen.close();
  if (!outcome) return report(outcome.error());
  if (options.asJson)
    printJson(toJson(*outcome));
  else
    printOutcome(*outcome, options.project);
  if (outcome->error) (void)reportText(*outcome->error);
  return exitCode(*outcome);
}

} // namespace

void defineTrain(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  defineTrainingOptions(app, *options);
  app.add_option("--resume", options->resume,
                 "Go on with this run, exactly: its folder, a beginning of it, or last")
      ->type_name("RUN");
  app.add_option("--name", options->name, "The run's name")->type_name("NAME")->check(runName());
  app.add_option("--run", options->run, "The id of the new run")->group("");
  app.add_option("--settings", options->frozen, "Settings as JSON")->group("");
  app.add_option("--queued", options->queued, "The file of a request that waited")->group("");
  app.add_flag("--json", options->asJson, "One event a line, and last a summary");
  action = [options, &app] { return run(*options, app); };
}

} // namespace loom
