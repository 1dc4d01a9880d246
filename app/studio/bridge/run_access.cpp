// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in the project's own runs/ folder.
#include "app/studio/bridge/run_access.h"
#include "core/base/atomic_file.h"
#include "core/base/subprocess.h"
#include "core/run/project.h"
#include <algorithm>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t maxConsole = 1 << 20;
constexpr std::uintmax_t leastSpace = 64u << 10;

class LocalRuns : public RunAccess {
 public:
  explicit LocalRuns(fs::path project) : project_(std::move(project)), journals_(journalsIn(project_)) {}
  JournalSource& journals() override { return *journals_; }
  fs::path place(const std::string& run) const override { return runFolder(project_, run); }
  bool gone(const std::string& run) override {
    std::error_code unknown;
    return !fs::exists(place(run), unknown) && !unknown;
  }
  std::optional<RunLock::Holder> trainer(const std::string& run) override {
    return RunLock::holder(place(run));
  }
  bool lives(const RunLock::Holder& trainer) override {
    return trainer.process != 0 && processStartTime(trainer.process) == trainer.start;
  }
  Result<std::string> send(const std::string& run, const RunControl& command) override {
    return sendControl(place(run), command);
  }
  std::uint64_t consoleSize(const std::string& run) override {
    std::error_code none;
    const auto size = fs::file_size(consolePlace(run), none);
    return none ? 0 : size;
  }
  std::string console(const std::string& run, std::uint64_t from) override {
    auto text = readWholeFile(consolePlace(run), maxConsole);
    return text && text->size() > from ? text->substr(from) : std::string();
  }
  fs::path consolePlace(const std::string& run) const override { return place(run) / "console.log"; }
  bool diskFull() override {
    std::error_code unknown;
    const auto space = fs::space(project_, unknown);
    return !unknown && space.available < leastSpace;
  }
  Result<RunConfig> config(const std::string& run) override { return readRunConfig(place(run)); }
  Result<std::optional<Evaluation>> evaluation(const std::string& run, std::int64_t step,
                                               const std::string& split) override {
    const auto kept = place(run) / "evaluations" / (std::to_string(step) + "-" + split);
    std::error_code error;
    if (step < 0 || !fs::exists(kept / "summary.json", error)) return std::optional<Evaluation>();
    auto evaluation = readEvaluation(place(run), step, split);
    if (!evaluation) return evaluation.error();
    return std::optional<Evaluation>(std::move(*evaluation));
  }

 private:
  fs::path project_;
  std::unique_ptr<JournalSource> journals_;
};

} // namespace

std::shared_ptr<RunAccess> runsOf(const fs::path& project) { return std::make_shared<LocalRuns>(project); }

bool anyTrains(JournalSource& journals) {
  const auto runs = journals.runs();
  return runs &&
         std::any_of(runs->begin(), runs->end(), [&](const std::string& run) { return journals.alive(run); });
}

} // namespace loom
