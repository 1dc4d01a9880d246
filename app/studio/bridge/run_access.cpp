// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/run_access.h"
#include "core/base/subprocess.h"
#include "core/run/project.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t maxConsole = 1 << 20;
constexpr std::uintmax_t leastSpace = 64u << 10;

} // namespace

fs::path RunAccess::place(const std::string& run) const { return runFolder(project_, run); }

bool RunAccess::gone(const std::string& run) const {
  std::error_code unknown;
  return !fs::exists(place(run), unknown) && !unknown;
}

bool RunAccess::lives(const RunLock::Holder& trainer) const {
  return trainer.process != 0 && processStartTime(trainer.process) == trainer.start;
}

std::string RunAccess::console(const std::string& run, std::uint64_t from) {
  auto text = site(run).console(run, from, maxConsole);
  return text ? std::move(*text) : std::string();
}

fs::path RunAccess::consolePlace(const std::string& run) const { return place(run) / "console.log"; }

bool RunAccess::diskFull() const {
  std::error_code unknown;
  const auto space = fs::space(project_, unknown);
  return !unknown && space.available < leastSpace;
}

Result<std::optional<Evaluation>> RunAccess::evaluation(const std::string& run, std::int64_t step,
                                                        const std::string& split) {
  if (!site(run).evaluated(run, step, split)) return std::optional<Evaluation>();
  auto evaluation = site(run).evaluation(run, step, split);
  if (!evaluation) return evaluation.error();
  return std::optional<Evaluation>(std::move(*evaluation));
}

} // namespace loom
