// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/run_starts.h"
#include "app/studio/bridge/queued_runs.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include <algorithm>
#include <cerrno>

namespace loom {
namespace {

// In the queue, and its trainer was not started.
bool isQueued(const LaunchedRun& one) { return one.waiting && one.queue != QueueState::starting; }
bool cannotStart(const LaunchedRun& one) {
  return isQueued(one) && (one.queue == QueueState::impossible || one.queue == QueueState::failed);
}

} // namespace

Status RunStarts::start(const TrainRequest& request, std::int64_t version) {
  const std::string id = runOf(request);
  const auto before = access_.site(id).consoleSize(id);
  auto launched = hub_.launcher().start(request);
  if (!launched) return launched.error();
  consoleFrom_[id] = before ? *before : 0;
  fresh_.insert(id);
  std::erase_if(waiting_, [&](const RunView& view) { return view.row.id == id; });
  RunView view;
  view.row.id = id;
  view.row.name = request.name.empty() ? request.network : request.name;
  describeQueued(view.row, request);
  view.row.created = nowMicroseconds();
  view.starting = true;
  view.version = version;
  waiting_.insert(waiting_.begin(), view);
  return {};
}

bool RunStarts::takeBack(const std::string& run, Status& status) {
  look();
  const bool waits = std::any_of(launched_.begin(), launched_.end(),
                                 [&](const LaunchedRun& one) { return isQueued(one) && one.run == run; });
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

Status RunStarts::release(const std::string& run) {
  look();
  for (const LaunchedRun& one : launched_)
    if (isQueued(one) && one.run == run) return hub_.launcher().release(one.entry);
  return Error{ErrorKind::usage, run, say("The queue does not contain this run"), say("Start a new run")};
}

std::optional<std::string> RunStarts::sameWaits(TrainRequest request) {
  const auto view = queue_.look();
  if (!view || !freeze(request)) return std::nullopt; // the start reports it
  for (const LaunchedRun& one : launched_) {
    if (!isQueued(one) || cannotStart(one)) continue;
    for (const QueuedRun& queued : view->runs)
      if (queued.entry.id == one.entry && sameTraining(queued.entry.request, request)) return one.run;
  }
  return std::nullopt;
}

Status RunStarts::poll() {
  const bool waits = std::any_of(launched_.begin(), launched_.end(), [](const LaunchedRun& one) {
    return one.waiting && (one.queue == QueueState::waiting || one.queue == QueueState::unreachable);
  });
  return waits ? hub_.launcher().poll() : Status();
}

void RunStarts::look() {
  launched_ = hub_.launcher().known(project_);
  adopt();
}

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
    view.starting = true;
    view.waiting = isQueued(one);
    rememberConsole(one.run);
  }
  std::stable_sort(waiting_.begin(), waiting_.end(), [](const RunView& left, const RunView& right) {
    return left.row.created > right.row.created;
  });
}

void RunStarts::rememberConsole(const std::string& run) {
  const auto now = access_.site(run).consoleSize(run);
  consoleFrom_[run] = now ? *now : 0;
}

void RunStarts::describe() {
  if (std::none_of(launched_.begin(), launched_.end(), isQueued)) return;
  const auto view = queue_.look();
  if (!view) return;
  int place = 0;
  for (const QueuedRun& one : view->runs) {
    const bool waits = one.state == QueueState::waiting || one.state == QueueState::held;
    if (waits) ++place;
    const QueueEntry& entry = one.entry;
    const auto known = std::find_if(waiting_.begin(), waiting_.end(), [&](const RunView& known) {
      return known.row.id == runOf(entry.request);
    });
    if (known == waiting_.end() || !known->waiting) continue;
    known->place = waits ? place : 0;
    if (known->queued == entry.created) continue;
    known->queued = entry.created;
    if (entry.request.resume.empty()) describeQueued(known->row, entry.request);
  }
}

bool RunStarts::wasTakenBack(const RunView& view) {
  if (!view.waiting) return false;
  const auto now = access_.site(view.row.id).consoleSize(view.row.id);
  return now && *now <= consoleFrom_[view.row.id];
}

void RunStarts::forget(const std::string& run) {
  fresh_.erase(run);
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
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    const std::string id = one->row.id;
    const auto process = std::find_if(launched_.begin(), launched_.end(),
                                      [&](const LaunchedRun& launched) { return launched.run == id; });
    const auto known =
        std::find_if(stored.begin(), stored.end(), [&](const RunView& view) { return view.row.id == id; });
    const bool waits = process != launched_.end() && isQueued(*process);
    if (!waits && known != stored.end() &&
        (known->row.state == RunState::running || known->row.state == RunState::paused)) {
      fresh_.erase(id);
      one = waiting_.erase(one);
      continue;
    }
    if (process != launched_.end()) {
      one = follow(*one, *process) ? std::next(one) : waiting_.erase(one);
      continue;
    }
    fresh_.erase(id);
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
    const Error error = errorOf(id, from, say("The trainer exited before it started training"));
    hub_.tell(
        [run = QString::fromStdString(id), error](Bridge& bridge) { Q_EMIT bridge.startFailed(run, error); });
  }
  describe();
}

bool RunStarts::follow(RunView& view, const LaunchedRun& launched) {
  const std::string& run = launched.run;
  const bool waits = isQueued(launched), impossible = cannotStart(launched);
  if (impossible && fresh_.erase(run) > 0) {
    Error error = errorOf(run, consoleFrom_[run], launched.waitsFor);
    // What stays in the queue all the same is shown there with its reason.
    if (hub_.launcher().cancel(project_, run)) {
      consoleFrom_.erase(run);
      // The console is removed with what else the start made.
      if (const auto left = access_.site(run).consoleSize(run); !left || *left == 0)
        error.fix = say("Change what prevents it and start the run again");
      hub_.tell([run = QString::fromStdString(run), error](Bridge& bridge) {
        Q_EMIT bridge.startFailed(run, error);
      });
      return false;
    }
  }
  if (waits) fresh_.erase(run);
  // What an earlier start wrote there does not belong to the next one.
  if (impossible && !view.impossible) rememberConsole(run);
  view.waiting = waits;
  view.held = waits && launched.queue == QueueState::held;
  view.impossible = impossible;
  view.failed = impossible && launched.queue == QueueState::failed;
  view.unreachable = waits && launched.queue == QueueState::unreachable;
  view.waitsFor = waits ? QString::fromStdString(launched.waitsFor.text()) : QString();
  if (!waits) {
    view.place = 0;
    view.queued = 0;
  }
  return true;
}

// A trainer that ends before its journal begins gives its reason on its console alone.
Error RunStarts::errorOf(const std::string& run, std::uint64_t consoleFrom, Message otherwise) {
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
  const auto written = access_.site(run).consoleSize(run);
  return {ErrorKind::other, "loom train", last.isEmpty() ? std::move(otherwise) : foreign(last.toStdString()),
          written && *written > 0 ? say("Look at {}", access_.consolePlace(run))
                                  : say("Change what prevents it and start the run again")};
}

} // namespace loom
