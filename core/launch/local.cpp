// SPDX-License-Identifier: Apache-2.0
// The local launcher: `loom train` as a process of its own, and cores handed out so that two teams never
// share one.
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/launcher.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

void option(std::vector<std::string>& arguments, const char* name, std::string value) {
  arguments.emplace_back(name);
  arguments.push_back(std::move(value));
}

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(fs::path program) : program_(std::move(program)) {}
  std::string name() const override { return "local"; }

  Result<LaunchedRun> start(const TrainRequest& given) override {
    TrainRequest request = given;
    if (request.run.empty() && request.resume.empty()) request.run = newUuid();
    const std::string run = request.resume.empty() ? request.run : request.resume;
    forgetEnded();
    const int wanted = coresOf(request.settings.threads);
    if (taken() > 0 && taken() + wanted > cores()) {
      waiting_.push_back(request);
      return LaunchedRun{run, wanted, true, fmt::format("{} of {} cores are in use", taken(), cores())};
    }
    if (auto launched = launch(request); !launched) return launched.error();
    return LaunchedRun{run, wanted, false, {}};
  }

  Result<std::vector<std::string>> living(const fs::path& project) override {
    std::vector<std::string> runs;
    auto all = journalsIn(project)->runs();
    if (!all) return all.error();
    for (const auto& run : *all)
      if (RunLock::held(runFolder(project, run))) runs.push_back(run);
    return runs;
  }

  Status poll() override {
    forgetEnded();
    while (!waiting_.empty() &&
           (taken() == 0 || taken() + coresOf(waiting_.front().settings.threads) <= cores())) {
      const TrainRequest next = waiting_.front();
      waiting_.pop_front();
      if (auto launched = launch(next); !launched) return launched;
    }
    return {};
  }

  Status cancel(const fs::path& project, const std::string& run) override {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const TrainRequest& one) {
      return one.run == run || one.resume == run;
    });
    if (found != waiting_.end()) {
      waiting_.erase(found);
      return {};
    }
    RunControl stop;
    stop.verb = RunControl::Verb::stop;
    auto sent = sendControl(runFolder(project, run), stop);
    if (!sent) return sent.error();
    return {};
  }

 private:
  struct Running {
    int process = 0;
    std::uint64_t started = 0;
    int cores = 0;
  };

  static int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }
  // "automatic" may take the whole machine.
  static int coresOf(int threads) { return threads > 0 ? std::min(threads, cores()) : cores(); }
  int taken() const {
    int sum = 0;
    for (const auto& one : running_) sum += one.cores;
    return sum;
  }
  void forgetEnded() {
    std::erase_if(running_, [](const Running& one) {
      return processStartTime(one.process) != one.started || one.started == 0;
    });
  }

  Status launch(const TrainRequest& request) {
    const std::string run = request.resume.empty() ? request.run : request.resume;
    const fs::path folder = runFolder(request.project, run);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
      return Error{ErrorKind::input, folder.string(),
                   "The folder of the run cannot be made: " + error.message(), "Make the project writable"};
    Command command;
    auto& arguments = command.arguments;
    arguments = {program_.string(), "train", request.project.string()};
    const TrainSettings& settings = request.settings;
    if (!request.resume.empty()) {
      option(arguments, "--resume", request.resume);
      if (settings.epochs > 0) option(arguments, "--epochs", std::to_string(settings.epochs));
    } else {
      option(arguments, "--run", request.run);
      if (!request.network.empty()) option(arguments, "--network", request.network);
      if (!request.name.empty()) option(arguments, "--name", request.name);
      option(arguments, "--settings", compactJson(toJson(settings)));
    }
    auto process = startDetached(command, folder / "console.log");
    if (!process) return process.error();
    running_.push_back({*process, processStartTime(*process), coresOf(settings.threads)});
    return {};
  }

  fs::path program_;
  std::vector<Running> running_;
  std::deque<TrainRequest> waiting_;
};

} // namespace

const std::vector<LauncherRow>& launchers() {
  static const std::vector<LauncherRow> table = {
      {"local", "This computer",
       [](const fs::path& program) -> std::unique_ptr<Launcher> {
         return std::make_unique<LocalLauncher>(program);
       }},
  };
  return table;
}

} // namespace loom
