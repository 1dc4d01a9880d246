// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/vanished_runs.h"

namespace loom {
namespace {

constexpr qint64 justNow = 10'000;  // ms
constexpr qint64 endsWithin = 3000; // ms that the trainer of a deleted run is given before it is reported

} // namespace

bool VanishedRuns::seen(const std::string& run, bool alive) {
  const auto [place, added] = trainers_.try_emplace(run);
  Trainer& trainer = place->second;
  const bool changed = !added && trainer.alive != alive;
  trainer.alive = alive;
  if (alive) {
    if (!trainer.process) {
      const Liveness now = access_.liveness(run);
      trainer.process = RunLock::Holder{now.process, now.start};
    }
    trainer.recent.setRemainingTime(justNow);
  }
  return changed;
}

void VanishedRuns::add(const RunView& view, std::optional<RunLock::Holder> process) {
  const auto known = trainers_.find(view.row.id);
  const bool wasSeen = known != trainers_.end() && known->second.process.has_value();
  // Of a folder that is deleted file by file the lock may go first: then it looks killed for a moment.
  const bool trained = view.row.state == RunState::running || view.row.state == RunState::paused ||
                       (view.row.state == RunState::killed && wasSeen && !known->second.recent.hasExpired());
  if (trained) {
    Gone gone{view, {}, QDeadlineTimer(endsWithin)};
    if (wasSeen) gone.trainer = *known->second.process;
    if (process) gone.trainer = *process;
    gone_.push_back(std::move(gone));
  }
  if (known != trainers_.end()) trainers_.erase(known);
}

void VanishedRuns::report() {
  std::erase_if(gone_, [&](const Gone& one) {
    const bool known = one.trainer.process != 0;
    const bool lives = access_.lives(one.trainer);
    if (lives && !one.until.hasExpired()) return false;
    const RunRow& row = one.view.row;
    const int process = one.trainer.process;
    const Error error{
        ErrorKind::input, access_.place(row.id).string(),
        lives ? say("The folder of “{}” was deleted while it trained, with its curves and checkpoints. Its "
                    "trainer still runs (process {}), but this project can no longer follow it.",
                    row.name, process)
        : known ? say("The folder of “{}” was deleted while it trained, with its curves and checkpoints. Its "
                      "trainer has ended.",
                      row.name)
                : say("The folder of “{}” was deleted while it trained, with its curves and checkpoints. Its "
                      "trainer ends as soon as it notices.",
                      row.name),
        lives ? say("End it with: kill {}. To have the run back, bring its folder back from a copy", process)
              : say("Bring the folder back from a copy and resume the run, or start a new one")};
    hub_.tell([run = QString::fromStdString(row.id), error](Bridge& bridge) {
      Q_EMIT bridge.runVanished(run, error);
    });
    return true;
  });
}

} // namespace loom
