// SPDX-License-Identifier: Apache-2.0
// The local launcher: `loom train` as a process of its own, and cores handed out so that two teams never
// share one.
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/launcher.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include <algorithm>
#include <deque>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

// One argument: a value that begins with a dash must not be taken for an option.
void option(std::vector<std::string>& arguments, const std::string& name, const std::string& value) {
  arguments.push_back(name + "=" + value);
}

std::string idOf(const TrainRequest& request) {
  return request.resume.empty() ? request.run : request.resume;
}

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(fs::path program) : program_(std::move(program)) {}
  std::string name() const override { return "local"; }

  Result<LaunchedRun> start(const TrainRequest& given) override {
    TrainRequest request = given;
    if (request.run.empty() && request.resume.empty()) request.run = newUuid();
    const std::string run = idOf(request);
    if (auto good = checkRunId(run); !good) return good.error();
    forgetEnded();
    const int wanted = wantedBy(request);
    const int held = taken(request.project);
    if (!waiting_.empty() || (held > 0 && held + wanted > cores())) {
      waiting_.push_back(request);
      return LaunchedRun{run, wanted, true, reason(held)};
    }
    if (auto launched = launch(request); !launched) return launched.error();
    return running_.back();
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
    while (!waiting_.empty()) {
      const int held = taken(waiting_.front().project);
      if (held > 0 && held + wantedBy(waiting_.front()) > cores()) break;
      const TrainRequest next = waiting_.front();
      waiting_.pop_front();
      if (auto launched = launch(next); !launched) return launched;
    }
    return {};
  }

  std::vector<LaunchedRun> known() const override {
    std::vector<LaunchedRun> all;
    for (const auto& one : waiting_)
      all.push_back({idOf(one), wantedBy(one), true, reason(taken(one.project))});
    all.insert(all.end(), running_.begin(), running_.end());
    return all;
  }

  Status cancel(const fs::path& project, const std::string& run) override {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const TrainRequest& one) {
      return one.run == run || one.resume == run;
    });
    if (found != waiting_.end()) {
      waiting_.erase(found);
      return {};
    }
    if (auto good = checkRunId(run); !good) return good;
    RunControl stop;
    stop.verb = RunControl::Verb::stop;
    auto sent = sendControl(runFolder(project, run), stop);
    if (!sent) return sent.error();
    return {};
  }

 private:
  static int cores() { return usableCores(); }
  // "automatic" may take the whole machine.
  static int coresOf(int threads) { return threads > 0 ? std::min(threads, cores()) : cores(); }
  static std::string reason(int held) { return fmt::format("{} of {} cores are in use", held, cores()); }
  // A resumed run has the threads that it began with.
  static int wantedBy(const TrainRequest& request) {
    if (request.resume.empty()) return coresOf(request.settings.threads);
    const auto config = readRunConfig(runFolder(request.project, request.resume));
    return coresOf(config ? config->settings.threads : 0);
  }
  // By our own trainers, and by those of this project that another window or a terminal started. What
  // "automatic" came to stands in run.json as soon as a trainer has prepared.
  int taken(const fs::path& project) const {
    int sum = 0;
    for (const auto& one : running_) {
      const auto config = readRunConfig(runFolder(project, one.run));
      sum += config ? coresOf(config->settings.threads) : one.threads;
    }
    auto runs = journalsIn(project)->runs();
    if (!runs) return sum;
    for (const auto& run : *runs) {
      const bool ours = std::any_of(running_.begin(), running_.end(),
                                    [&](const LaunchedRun& one) { return one.run == run; });
      if (ours || !RunLock::held(runFolder(project, run))) continue;
      auto config = readRunConfig(runFolder(project, run));
      sum += coresOf(config ? config->settings.threads : 0);
    }
    return sum;
  }
  void forgetEnded() {
    std::erase_if(running_, [](const LaunchedRun& one) {
      return processStartTime(one.process) != one.processStart || one.processStart == 0;
    });
  }

  Status launch(const TrainRequest& request) {
    const std::string run = idOf(request);
    std::error_code error;
    const fs::path project = fs::absolute(request.project, error), folder = runFolder(project, run);
    if (!fs::exists(project / "project.json", error))
      return Error{ErrorKind::input, project.string(), "The project's folder is not there any more",
                   "Open the project where it lies now"};
    // A run that goes on has a folder; one that was deleted is not made anew.
    if (!request.resume.empty() && !fs::exists(folder / "run.json", error))
      return Error{ErrorKind::input, folder.string(), "The run's folder is not there any more",
                   "Bring it back from a copy, or train anew"};
    error.clear();
    if (request.resume.empty())
      for (const auto& one : {folder.parent_path(), folder})
        if (!error) fs::create_directory(one, error);
    if (error)
      return Error{ErrorKind::input, folder.string(),
                   "The folder of the run cannot be made: " + error.message(), "Make the project writable"};
    Command command;
    auto& arguments = command.arguments;
    arguments = {program_.string(), "train", project.string()};
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
    if (!process) {
      // Nothing began: what was made for it goes away again.
      if (request.resume.empty()) {
        if (fs::is_empty(folder / "console.log", error)) fs::remove(folder / "console.log", error);
        fs::remove(folder, error);
      }
      return process.error();
    }
    running_.push_back({run, wantedBy(request), false, {}, *process, processStartTime(*process)});
    return {};
  }

  fs::path program_;
  std::vector<LaunchedRun> running_;
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
