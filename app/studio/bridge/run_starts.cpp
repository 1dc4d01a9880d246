// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/run_starts.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include <algorithm>
#include <cerrno>

namespace loom {

Status RunStarts::start(const TrainRequest& request, std::int64_t version) {
  const std::string id = request.resume.empty() ? request.run : request.resume;
  const auto before = access_.site(id).consoleSize(id);
  auto launched = hub_.launcher().start(request);
  if (!launched) return launched.error();
  consoleFrom_[id] = before ? *before : 0;
  RunView view;
  view.row.id = id;
  view.row.name = request.name.empty() ? request.network : request.name;
  view.row.network = request.network;
  view.row.epochs = request.settings.epochs;
  view.row.created = nowMicroseconds();
  view.starting = true;
  view.version = version;
  waiting_.insert(waiting_.begin(), view);
  return {};
}

bool RunStarts::takeBack(const std::string& run, Status& status) {
  look();
  const bool waits = std::any_of(launched_.begin(), launched_.end(),
                                 [&](const LaunchedRun& one) { return one.waiting && one.run == run; });
  if (!waits) return false;
  status = hub_.launcher().cancel(project_, run);
  forget(run);
  look();
  return true;
}

Status RunStarts::decideHeld(bool start) {
  look();
  for (const LaunchedRun& one : launched_) {
    if (!one.waiting || one.queue != QueueState::held) continue;
    const Status done =
        start ? hub_.launcher().release(one.entry) : hub_.launcher().cancel(project_, one.run);
    if (!done) return done;
    if (!start) forget(one.run);
  }
  return {};
}

Status RunStarts::poll() {
  const bool waits = std::any_of(launched_.begin(), launched_.end(), [](const LaunchedRun& one) {
    return one.waiting && one.queue == QueueState::waiting;
  });
  return waits ? hub_.launcher().poll() : Status();
}

void RunStarts::look() { launched_ = hub_.launcher().known(project_); }

void RunStarts::adopt() {
  for (const LaunchedRun& one : launched_) {
    const bool known = std::any_of(waiting_.begin(), waiting_.end(),
                                   [&](const RunView& view) { return view.row.id == one.run; });
    if (!one.waiting || known) continue;
    RunView& view = waiting_.emplace_back();
    view.row.id = one.run;
    view.row.name = one.name;
    view.row.network = one.network;
    view.row.epochs = one.epochs;
    view.row.created = one.created;
    view.starting = view.waiting = true;
    const auto before = access_.site(one.run).consoleSize(one.run);
    consoleFrom_[one.run] = before ? *before : 0;
  }
}

bool RunStarts::wasTakenBack(const RunView& view) {
  if (!view.waiting) return false;
  const auto now = access_.site(view.row.id).consoleSize(view.row.id);
  return now && *now <= consoleFrom_[view.row.id];
}

void RunStarts::forget(const std::string& run) {
  std::erase_if(waiting_, [&](const RunView& view) { return view.row.id == run; });
}

std::optional<RunLock::Holder> RunStarts::process(const std::string& run) const {
  for (const auto& one : launched_)
    if (one.run == run && one.process != 0) return RunLock::Holder{one.process, one.processStart};
  return std::nullopt;
}

void RunStarts::watch(const std::vector<RunView>& stored,
                      const std::map<std::string, std::int64_t>& versions) {
  look();
  adopt();
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    const std::string id = one->row.id;
    const auto process = std::find_if(launched_.begin(), launched_.end(),
                                      [&](const LaunchedRun& launched) { return launched.run == id; });
    const auto known =
        std::find_if(stored.begin(), stored.end(), [&](const RunView& view) { return view.row.id == id; });
    const bool waits = process != launched_.end() && process->waiting;
    if (!waits && known != stored.end() &&
        (known->row.state == RunState::running || known->row.state == RunState::paused)) {
      one = waiting_.erase(one);
      continue;
    }
    if (process != launched_.end()) {
      one->waiting = process->waiting;
      one->held = process->waiting && process->queue == QueueState::held;
      one->waitsFor = QString::fromStdString(process->waitsFor.text());
      ++one;
      continue;
    }
    if (wasTakenBack(*one)) {
      consoleFrom_.erase(id);
      one = waiting_.erase(one);
      continue;
    }
    // A very short run has ended by now, and a resumed one may have failed in its journal: those are told
    // there.
    const auto version = versions.find(id);
    const bool wrote = known != stored.end() && version != versions.end() && version->second > one->version;
    one = waiting_.erase(one);
    const std::uint64_t from = consoleFrom_[id];
    consoleFrom_.erase(id);
    if (wrote) continue;
    hub_.tell([run = QString::fromStdString(id), error = errorOf(id, from)](Bridge& bridge) {
      Q_EMIT bridge.startFailed(run, error);
    });
  }
}

// A trainer that ends before its journal begins gives its reason on its console alone.
Error RunStarts::errorOf(const std::string& run, std::uint64_t consoleFrom) {
  if (access_.gone(run))
    return {ErrorKind::input, access_.place(run).string(),
            say("The folder of the run was deleted before it began"), say("Start the run again")};
  QString last;
  for (const QString& line : QString::fromStdString(access_.console(run, consoleFrom)).split('\n'))
    if (!line.trimmed().isEmpty()) last = line.trimmed();
  // On a full disk the trainer cannot write even that.
  if (last.isEmpty() && access_.diskFull())
    return writeError(access_.place(run), say("the run cannot begin"), ENOSPC);
  if (last.startsWith("loom: ")) last.remove(0, 6);
  return {ErrorKind::other, "loom train",
          last.isEmpty() ? say("The trainer exited before it started training") : foreign(last.toStdString()),
          say("Look at {}", access_.consolePlace(run))};
}

} // namespace loom
