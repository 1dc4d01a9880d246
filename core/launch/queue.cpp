// SPDX-License-Identifier: Apache-2.0
#include "core/launch/queue.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/project_reach.h"
#include "core/launch/queue_file.h"
#include "core/launch/trainer_process.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include "core/run/run_lock.h"
#include <algorithm>

namespace loom {
namespace {

namespace fs = std::filesystem;

int usedCores(const std::vector<Lease>& leases) {
  int sum = 0;
  for (const Lease& one : leases) sum += one.cores;
  return sum;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What no lease uses. `devices` are those that are taken, since the free ones may not be known.
Resources unusedBeside(const std::vector<Lease>& leases, int cores) {
  Resources unused{std::max(0, cores - usedCores(leases)), std::vector<std::string>()};
  for (const Lease& one : leases)
    unused.devices->insert(unused.devices->end(), one.devices.begin(), one.devices.end());
  return unused;
}

fs::path consoleOf(const QueueEntry& entry) {
  return runFolder(entry.request.project, runOf(entry.request)) / "console.log";
}

std::uint64_t sizeOf(const fs::path& file) {
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  return missing ? 0 : size;
}

std::int64_t attemptsOf(const QueueEntry& entry) {
  const auto attempts = attemptsIn(runFolder(entry.request.project, runOf(entry.request)));
  return attempts ? static_cast<std::int64_t>(attempts->size()) : 0;
}

// What the trainer of this entry said last; empty when it said nothing.
std::string lastWordsOf(const QueueEntry& entry) {
  constexpr std::size_t most = 1u << 16, shown = 1000;
  const fs::path console = consoleOf(entry);
  const std::uint64_t size = sizeOf(console);
  const auto from = std::max(entry.trainer->consoleSize, size > most ? size - most : 0);
  if (from >= size) return {};
  const auto text = bytesFrom(console, from, most);
  if (!text) return {};
  const std::size_t end = text->find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = text->rfind('\n', end);
  return text->substr(before == std::string::npos ? 0 : before + 1, shown);
}

bool ended(const StartedTrainer& trainer) { // a start of 0: it ended before it was asked for
  return trainer.processStart == 0 || processStartTime(trainer.process) != trainer.processStart;
}

Error noEntry(const std::string& word) {
  return {ErrorKind::usage, word, say("The queue does not contain this run"),
          say("Choose one that 'loom queue list' shows")};
}

} // namespace

std::string_view toText(QueueState state) {
  switch (state) {
  case QueueState::waiting:
    return "waiting";
  case QueueState::starting:
    return "starting";
  case QueueState::held:
    return "held";
  case QueueState::unreachable:
    return "unreachable";
  case QueueState::impossible:
    return "impossible";
  case QueueState::failed:
    return "failed";
  }
  return "impossible";
}

bool QueueView::has(QueueState state) const {
  return std::any_of(runs.begin(), runs.end(), [&](const QueuedRun& one) { return one.state == state; });
}
bool QueueView::soon() const { return has(QueueState::waiting) || has(QueueState::starting); }
bool QueueView::waits() const { return soon() || has(QueueState::unreachable); }

Queue::Queue(fs::path folder, Resources resources)
    : folder_(std::move(folder)), resources_(std::move(resources)) {}

Queue Queue::ofThisComputer() { return {queueFolder(), {usableCores(), std::nullopt}}; }

fs::path Queue::fileOf(const std::string& id) const { return folder_ / (id + ".json"); }
fs::path Queue::runnerLock() const { return folder_ / "runner.lock"; }

struct Queue::Entries {
  std::vector<QueueEntry> entries;
  std::vector<Error> problems;
};

Result<QueueEntry> Queue::add(TrainRequest request) {
  std::error_code failed;
  request.project = fs::absolute(request.project, failed).lexically_normal();
  const auto project = openProject(request.project);
  if (!project) return project.error();
  if (request.run.empty() && request.resume.empty()) request.run = newUuid();
  if (auto good = checkRunId(runOf(request)); !good) return good.error();
  if (auto frozen = freeze(request); !frozen) return frozen.error();
  QueueEntry entry;
  entry.id = newUuid();
  entry.projectName = project->name;
  entry.projectId = project->id;
  entry.created = nowMicroseconds();
  entry.boot = bootId();
  entry.name = request.name.empty() ? request.network : request.name;
  int threads = request.settings.threads;
  std::string device = request.settings.device;
  if (!request.resume.empty()) {
    const auto config = readRunConfig(runFolder(request.project, request.resume));
    if (!config) return config.error();
    entry.name = config->name;
    threads = config->settings.threads; // a resumed run has the threads that it began with
    device = config->settings.device;
  }
  entry.cores = coresOf(threads);
  if (device != "auto" && device != "cpu" && device != "reference") entry.devices = {device};
  entry.request = std::move(request);
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  const Entries all = read();
  for (const QueueEntry& one : all.entries) entry.order = std::max(entry.order, one.order + 1);
  if (auto written = writeQueueFile(fileOf(entry.id), entry); !written) return written.error();
  return entry;
}

Queue::Entries Queue::read() const {
  Entries all;
  std::error_code failed;
  for (fs::directory_iterator entry(folder_, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".json") || name == "leases.json") continue;
    auto read = readQueueFile(entry->path());
    std::error_code unknown;
    if (read)
      all.entries.push_back(std::move(*read));
    else if (fs::exists(entry->path(), unknown)) // it may just have been started
      all.problems.push_back(read.error());
  }
  std::sort(all.entries.begin(), all.entries.end(), [](const QueueEntry& a, const QueueEntry& b) {
    return std::tie(a.order, a.created, a.id) < std::tie(b.order, b.created, b.id);
  });
  return all;
}

// What this computer lacks for an entry, whatever else runs; empty when it lacks nothing.
Message Queue::tooFew(const QueueEntry& entry) const {
  if (entry.cores > resources_.cores)
    return say("It uses {} cores; this computer has {}", entry.cores, resources_.cores);
  for (const std::string& device : entry.devices)
    if (resources_.devices && !contains(*resources_.devices, device))
      return say("This computer has no device {}", device);
  return {};
}

// The state of an entry that was not started, without regard to what is in use: waiting, where that alone
// decides.
QueueState Queue::withoutCores(const QueueEntry& entry, ProjectReach& reach, Message& why) const {
  if (!entry.failure.empty()) {
    why = foreign(entry.failure);
    return QueueState::failed;
  }
  if (why = tooFew(entry); !why.empty()) return QueueState::impossible;
  if (entry.boot != bootId()) {
    why = say("The computer was restarted since; confirm that it should start");
    return QueueState::held;
  }
  if (why = reach.whyNot(entry); !why.empty()) return QueueState::unreachable;
  const std::string& resumed = entry.request.resume;
  std::error_code unknown;
  if (!resumed.empty() && !fs::exists(runFolder(entry.request.project, resumed) / "run.json", unknown)) {
    why = say("The folder of the run is missing");
    return QueueState::impossible;
  }
  return QueueState::waiting;
}

// `unused` gets less by what this entry waits for, so that later ones do not overtake it there.
void Queue::judge(QueuedRun& one, Resources& unused, ProjectReach& reach) const {
  const QueueEntry& entry = one.entry;
  if (entry.trainer) { // its lease counts what it uses
    one.state = QueueState::starting;
    return;
  }
  one.state = withoutCores(entry, reach, one.why);
  if (one.state != QueueState::waiting) return;
  if (entry.cores > unused.cores)
    one.why = say("{} of {} cores are in use", resources_.cores - unused.cores, resources_.cores);
  if (!entry.request.resume.empty() && RunLock::held(runFolder(entry.request.project, entry.request.resume)))
    one.why = say("The trainer of this run has not ended yet");
  for (const std::string& device : entry.devices)
    if (contains(*unused.devices, device)) one.why = say("The device {} is in use", device);
  unused.cores = std::max(0, unused.cores - entry.cores);
  unused.devices->insert(unused.devices->end(), entry.devices.begin(), entry.devices.end());
}

Result<QueueView> Queue::look() const {
  Entries all = read();
  QueueView view;
  view.problems = std::move(all.problems);
  view.leases = leasesNow(folder_);
  Resources unused = unusedBeside(view.leases, resources_.cores);
  ProjectReach reach;
  for (QueueEntry& entry : all.entries) {
    view.runs.push_back({std::move(entry), QueueState::waiting, {}});
    judge(view.runs.back(), unused, reach);
  }
  return view;
}

Result<QueuedRun> Queue::find(const std::string& word) const {
  auto view = look();
  if (!view) return view.error();
  std::vector<QueuedRun*> found;
  for (QueuedRun& one : view->runs) {
    const std::string& run = runOf(one.entry.request);
    if (one.entry.id == word || run == word) return std::move(one);
    if (!word.empty() && (one.entry.id.starts_with(word) || run.starts_with(word))) found.push_back(&one);
  }
  if (found.empty()) return noEntry(word);
  if (found.size() > 1)
    return Error{ErrorKind::usage, word, say("Several waiting runs begin like this"),
                 say("Give more of the id")};
  return std::move(*found.front());
}

Status Queue::move(const std::string& id, std::size_t place) {
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  std::vector<QueueEntry> entries = read().entries;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const QueueEntry& one) { return one.id == id; });
  if (found == entries.end()) return noEntry(id);
  QueueEntry moved = std::move(*found);
  entries.erase(found);
  entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(std::min(place, entries.size())),
                 std::move(moved));
  std::int64_t order = 0;
  for (QueueEntry& one : entries) {
    ++order;
    if (one.order == order) continue;
    one.order = order;
    if (auto written = writeQueueFile(fileOf(one.id), one); !written) return written;
  }
  return {};
}

Status Queue::remove(const std::string& id) {
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  if (!isQueueId(id)) return noEntry(id);
  const auto entry = readQueueFile(fileOf(id));
  if (entry && entry->trainer && !ended(*entry->trainer))
    return Error{ErrorKind::usage, id, say("The trainer of this run is starting"),
                 say("Stop the run when it has begun")};
  std::error_code failed;
  if (!fs::remove(fileOf(id), failed)) {
    if (failed) return writeError(fileOf(id), say("The entry cannot be removed"), failed.value());
    return noEntry(id);
  }
  if (entry && entry->madeFolder) removeStart(runFolder(entry->request.project, runOf(entry->request)));
  return {};
}

Result<std::size_t> Queue::release(const std::string& id) {
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  bool found = id.empty();
  std::size_t released = 0;
  Entries all = read();
  for (QueueEntry& one : all.entries) {
    if (!id.empty() && one.id != id) continue;
    found = true;
    if (one.trainer || (one.boot == bootId() && one.failure.empty())) continue;
    one.boot = bootId();
    one.failure.clear();
    if (auto written = writeQueueFile(fileOf(one.id), one); !written) return written.error();
    ++released;
  }
  if (!found) return noEntry(id);
  return released;
}

// Whoever looked after the queue before may have been killed just after it started this entry.
bool Queue::hasBegun(const QueueEntry& entry, const std::vector<Lease>& leases) const {
  const std::string& run = runOf(entry.request);
  for (const Lease& lease : leases)
    if (lease.run == run && lease.project == entry.request.project && lease.since >= entry.created)
      return true;
  if (!entry.request.resume.empty()) return false;
  const fs::path folder = runFolder(entry.request.project, run);
  std::error_code unknown;
  return RunLock::held(folder) || fs::exists(folder / "run.json", unknown);
}

// A run that has begun needs no entry; a trainer that ended before that leaves its reason in the entry, which
// waits until a person releases or removes it. Where the project cannot be reached, that was the reason, and it
// waits for the project instead. Under the queue's lock.
Status Queue::settle(QueueEntry& entry) {
  const bool over = ended(*entry.trainer) || entry.boot != bootId(); // asked first: it may begin meanwhile
  std::error_code unknown;
  const fs::path run = runFolder(entry.request.project, runOf(entry.request));
  if (attemptsOf(entry) > entry.trainer->attempts ||
      (entry.request.resume.empty() && fs::exists(run / "run.json", unknown))) {
    fs::remove(fileOf(entry.id), unknown);
    return {};
  }
  if (!over) return {};
  if (entry.boot != bootId()) {
    // The computer went down: the user is asked first.
  } else if (!ProjectReach().whyNot(entry).empty()) {
    if (entry.madeFolder) removeStart(run);
  } else {
    entry.failure = lastWordsOf(entry);
    if (entry.failure.empty()) entry.failure = say("The trainer exited before it started training").text();
    if (entry.failure.starts_with("loom: ")) entry.failure.erase(0, 6);
  }
  entry.trainer.reset();
  return writeQueueFile(fileOf(entry.id), entry);
}

// Starts the trainer of an entry. An Error: the entry or the table cannot be written.
Status Queue::begin(QueueEntry& entry, std::vector<Lease>& leases, const fs::path& program, bool watched,
                    Outcome& outcome) {
  StartedTrainer trainer{0, 0, attemptsOf(entry), sizeOf(consoleOf(entry))};
  const std::string& run = runOf(entry.request);
  std::error_code unknown;
  const bool there = fs::exists(runFolder(entry.request.project, run), unknown);
  const auto process = startTrainer({program.string()}, entry.request);
  if (!process) {
    if (!ProjectReach().whyNot(entry).empty()) return {}; // it was there a moment ago: it waits
    outcome.failed.emplace_back(entry.id, process.error());
    entry.failure = process.error().message();
    return writeQueueFile(fileOf(entry.id), entry);
  }
  trainer.process = *process;
  trainer.processStart = processStartTime(*process);
  outcome.started.push_back({run, entry.request.project, entry.cores, *process, trainer.processStart});
  leases.push_back({run, entry.request.project, entry.cores, entry.devices, *process, trainer.processStart,
                    bootId(), nowMicroseconds()});
  if (auto written = writeLeases(folder_, leases); !written) return written;
  if (watched) {
    fs::remove(fileOf(entry.id), unknown);
    return {};
  }
  entry.trainer = trainer;
  entry.madeFolder = entry.madeFolder || (!there && entry.request.resume.empty());
  return writeQueueFile(fileOf(entry.id), entry);
}

Result<Queue::Outcome> Queue::start(const fs::path& program, const std::string& watched) {
  Outcome outcome;
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  std::optional<Error> problem;
  auto leases = readLeases(folder_, problem);
  if (!leases) return leases.error();
  Resources unused = unusedBeside(*leases, resources_.cores);
  Entries all = read();
  ProjectReach reach;
  for (QueueEntry& entry : all.entries) {
    if (entry.trainer) {
      if (auto settled = settle(entry); !settled) return settled.error();
      continue;
    }
    QueuedRun one{std::move(entry), QueueState::waiting, {}};
    judge(one, unused, reach);
    if (one.state != QueueState::waiting || !one.why.empty()) continue;
    if (hasBegun(one.entry, *leases)) {
      std::error_code unknown;
      fs::remove(fileOf(one.entry.id), unknown);
    } else if (auto begun = begin(one.entry, *leases, program, one.entry.id == watched, outcome); !begun)
      return begun.error();
  }
  return outcome;
}

} // namespace loom
