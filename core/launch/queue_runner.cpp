// SPDX-License-Identifier: Apache-2.0
// The runner: the process that looks after the queue while something waits.
#include "core/base/subprocess.h"
#include "core/launch/queue.h"
#include <algorithm>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds betweenLooks(250), mostBetweenLooks(30'000), mostUnaware(1'000);

// Another value: an entry or a lease was written or removed. Where that cannot be seen it never changes.
fs::file_time_type changeOf(const fs::path& folder) {
  std::error_code unknown;
  return fs::last_write_time(folder, unknown);
}

// Sleeps at least once, so that a queue that changes all the time does not keep a core busy.
void sleepUnlessChanged(std::chrono::milliseconds pause, const std::function<bool()>& changed) {
  const auto step = std::min(pause, mostUnaware);
  for (auto slept = step;; slept += step) {
    std::this_thread::sleep_for(step);
    if (slept >= pause || changed()) return;
  }
}

} // namespace

bool Queue::hasRunner() const {
  std::error_code unknown;
  if (!fs::exists(runnerLock(), unknown)) return false;
  // Under the queue's lock: trying the runner's lock must not keep a runner from taking it.
  const auto lock = lockQueue(folder_);
  if (!lock) return false;
  const auto mine = FileLock::take(runnerLock(), std::chrono::milliseconds(0));
  return mine && !*mine;
}

Status Queue::ensureRunner(const fs::path& program) {
  const auto view = look();
  if (!view) return view.error();
  if (!view->waits() || hasRunner()) return {};
  Command command;
  command.arguments = {program.string(), "queue", "run"};
  command.folder = "/"; // it must not keep a disk from being unmounted
  const auto process = startDetached(command, folder_ / "runner.log");
  if (!process) return process.error();
  return {};
}

Status Queue::run(const fs::path& program, const Sleep& given) {
  const Sleep& sleep = given ? given : Sleep(sleepUnlessChanged);
  std::optional<FileLock> runner;
  {
    const auto lock = lockQueue(folder_);
    if (!lock) return lock.error();
    auto mine = FileLock::take(runnerLock(), std::chrono::milliseconds(0));
    if (!mine) return mine.error();
    if (!*mine) return {}; // another one runs
    runner = std::move(*mine);
  }
  auto pause = betweenLooks;
  for (;;) {
    const auto seen = changeOf(folder_);
    if (const auto started = start(program); !started) return started.error();
    const auto view = look();
    if (!view || !view->waits()) {
      // The last look is made under the lock that everybody takes who adds an entry: what is added later
      // finds no runner and starts another one.
      const auto lock = lockQueue(folder_);
      if (!lock) return lock.error();
      if (const auto last = look(); last && last->waits()) continue;
      runner.reset();
      return {};
    }
    // A project may stay away for days, and a look at its folder may wake a disk.
    pause = view->soon() ? betweenLooks : std::min(2 * pause, mostBetweenLooks);
    const auto changed = [&] { return changeOf(folder_) != seen; };
    sleep(pause, changed);
    if (changed()) pause = betweenLooks;
  }
}

} // namespace loom
