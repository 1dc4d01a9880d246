// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/runs_desk.h"
#include "app/studio/bridge/queued_runs.h"
#include "core/base/uuid.h"
#include "core/store/reach.h"
#include <QMutexLocker>
#include <algorithm>

namespace loom {
namespace {

constexpr int followInterval = 100, idleInterval = 1000, troubledInterval = 5000; // ms between two looks
constexpr int reachInterval = 1000; // ms between two looks at whether the runs can be reached

double speedOf(const RunRow& row, const char* key) {
  for (const auto& metric : row.metrics)
    if (metric.key == key) return metric.last;
  return 0;
}

std::int64_t batchOf(const RunRow& row) {
  for (const auto& [name, value] : row.settings)
    if (name == "batch") return std::max<std::int64_t>(1, QString::fromStdString(value).toLongLong());
  return 1;
}

RunView viewOf(RunRow row, std::int64_t version) {
  RunView view;
  view.samplesPerSecond = speedOf(row, "train/samples_per_second");
  view.stepsPerSecond = view.samplesPerSecond / static_cast<double>(batchOf(row));
  if (row.state == RunState::running && view.stepsPerSecond > 0 && row.totalSteps >= row.step)
    view.secondsLeft = static_cast<double>(row.totalSteps - row.step) / view.stepsPerSecond;
  view.version = version;
  for (const auto& metric : row.metrics) view.version += metric.count;
  view.row = std::move(row);
  return view;
}

// It could not be opened again after it was rebuilt.
Error noHistory() {
  return {ErrorKind::other, "history", say("The history is not open"), say("Open the project again")};
}

} // namespace

RunsDesk::RunsDesk(Hub& hub, std::filesystem::path project, std::shared_ptr<RunAccess> access,
                   std::unique_ptr<Store> store, std::function<bool()> inPlace)
    : hub_(hub), project_(std::move(project)), access_(std::move(access)), inPlace_(std::move(inPlace)),
      starts_(hub, project_, *access_), vanished_(hub, *access_) {
  setStore(std::move(store));
  QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { follow(); });
}

RunsDesk::~RunsDesk() { setStore(nullptr); }

void RunsDesk::setStore(std::unique_ptr<Store> store) {
  hub_.setQueried(nullptr);
  store_ = std::move(store);
  if (store_) hub_.setQueried(store_.get());
}

void RunsDesk::begin() {
  readRuns({});
  tellRuns();
  follow();
  timer_.start(followInterval);
}

std::vector<RunView>::iterator RunsDesk::row(const std::string& run) {
  return std::find_if(rows_.begin(), rows_.end(), [&](const RunView& view) { return view.row.id == run; });
}

void RunsDesk::follow() {
  if (!store_) return;
  if (!inPlace_()) return timer_.setInterval(idleInterval);
  lookAtReach();
  std::vector<std::string> changed;
  starts_.look();
  if (starts_.any())
    if (auto polled = starts_.poll(); !polled) trouble(polled.error());
  const bool owner = store_->owner();
  if (!takeIn(changed)) return;
  bool living = starts_.any();
  living |= lookAtTrainers(changed);
  bool tell = !owner || !changed.empty();
  if (!changed.empty()) {
    forgetDeleted(changed);
    readRuns(changed);
  }
  vanished_.report();
  living |= vanished_.any();
  if (starts_.any()) {
    starts_.watch(rows_, versions_);
    tell = true;
  }
  if (tell) tellRuns();
  const int wanted = living && store_->owner() ? followInterval : idleInterval;
  if (timer_.interval() != wanted) timer_.setInterval(wanted);
}

bool RunsDesk::takeIn(std::vector<std::string>& changed) {
  if (!store_->owner()) {
    // `loom runs` may have owned the history for the instant in which the project was opened.
    const QMutexLocker lock(&hub_.queries());
    if (auto mine = store_->takeOver(); !mine) troubleOnce(mine.error());
  }
  if (!store_->owner()) {
    // Another window owns the history: read what it stored. There is no cheap sign of change.
    readRuns({});
    return true;
  }
  auto taken = store_->takeIn(access_->sites());
  if (!taken) {
    // A full disk may have room again: look from time to time, tell it once.
    timer_.setInterval(troubledInterval);
    troubleOnce(taken.error());
    return false;
  }
  if (!taken->problems.empty()) whyUnreachableNow(); // the first of them may be that
  for (const auto& problem : taken->problems)
    if (!unreachable_ || problem.cause.text() != unreachable_->cause.text()) troubleOnce(problem);
  for (const auto& run : taken->changedRuns) ++versions_[run];
  changed = std::move(taken->changedRuns);
  return true;
}

// A trainer that was killed writes nothing more; only its lock tells.
bool RunsDesk::lookAtTrainers(std::vector<std::string>& changed) {
  bool living = false;
  for (const auto& view : rows_) {
    const auto state = view.row.state;
    if (state != RunState::running && state != RunState::paused && state != RunState::waiting &&
        state != RunState::outOfReach)
      continue;
    const Liveness liveness = access_->liveness(view.row.id);
    if (liveness.unknown()) continue; // nothing is known to have changed
    const bool alive = liveness.running();
    if (vanished_.seen(view.row.id, alive)) changed.push_back(view.row.id);
    living |= alive;
  }
  return living;
}

void RunsDesk::lookAtReach() {
  if (nextReachLook_.hasExpired()) whyUnreachableNow();
}

std::optional<Error> RunsDesk::whyUnreachableNow() {
  auto why = whyUnreachable(project_, access_->sites());
  nextReachLook_.setRemainingTime(reachInterval);
  const auto words = [](const std::optional<Error>& error) {
    return error ? error->message() : std::string();
  };
  if (words(why) != words(unreachable_))
    hub_.tell([why](Bridge& bridge) { Q_EMIT bridge.reachChanged(why); });
  unreachable_ = why;
  return why;
}

void RunsDesk::forgetDeleted(const std::vector<std::string>& changed) {
  for (const auto& id : changed) {
    const auto known = row(id);
    // A folder may be missing because its disk is; the history knows which.
    if (known == rows_.end() || !access_->gone(id) || store_->run(id)) continue;
    vanished_.add(*known, starts_.process(id));
    starts_.forget(id);
    rows_.erase(known);
  }
}

void RunsDesk::readRuns(const std::vector<std::string>& changed) {
  constexpr std::size_t few = 20;
  if (changed.empty() || changed.size() > few) {
    auto rows = store_->runs();
    if (!rows) return trouble(rows.error());
    rows_.clear();
    for (auto& one : *rows) {
      const auto version = versions_[one.id];
      rows_.push_back(viewOf(std::move(one), version));
    }
    return;
  }
  for (const auto& id : changed) {
    auto read = store_->run(id);
    if (!read) continue; // it left the history
    RunView view = viewOf(std::move(*read), versions_[id]);
    if (const auto known = row(id); known != rows_.end()) {
      *known = std::move(view);
      continue;
    }
    const auto place = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const RunView& one) { return one.row.created <= view.row.created; });
    rows_.insert(place, std::move(view));
  }
}

void RunsDesk::tellRuns() {
  if (!store_) return;
  QVector<RunView> views;
  views.reserve(qsizetype(rows_.size() + starts_.views().size()));
  for (const auto& start : starts_.views())
    if (row(start.row.id) == rows_.end()) views.push_back(start);
  for (const auto& one : rows_) {
    views.push_back(one);
    for (const auto& start : starts_.views())
      if (start.row.id == one.row.id) {
        views.back().waiting = start.waiting;
        views.back().waitsFor = start.waitsFor;
        views.back().held = start.held;
        views.back().impossible = start.impossible;
        views.back().failed = start.failed;
        views.back().unreachable = start.unreachable;
        views.back().place = start.place;
        views.back().queued = start.queued;
        views.back().starting = true;
        break;
      }
  }
  hub_.tell([views](Bridge& bridge) { Q_EMIT bridge.runsChanged(views); });
}

void RunsDesk::trouble(const Error& error) {
  hub_.tell([error](Bridge& bridge) { Q_EMIT bridge.troubled(error); });
}

void RunsDesk::troubleOnce(const Error& error) {
  if (hub_.stopping()) return; // the query was interrupted
  const std::string message = error.message();
  if (std::find(told_.begin(), told_.end(), message) != told_.end()) return;
  told_.push_back(message);
  trouble(error);
}

// The trainer would count the runs that have begun by then: a run has one name from the moment it is queued.
Status RunsDesk::start(TrainRequest request) {
  request.project = project_;
  if (auto why = whyUnreachableNow()) return *why; // nothing is made beside a lost disk
  if (request.run.empty() && request.resume.empty()) request.run = newUuid();
  if (request.name.empty() && !request.network.empty())
    request.name = nextRunName(request.network, rows_, starts_.views());
  const auto version = versions_[runOf(request)];
  return starts_.start(request, version);
}

void RunsDesk::tellQueue() {
  starts_.watch(rows_, versions_);
  tellRuns();
  timer_.setInterval(followInterval);
}

void RunsDesk::answer(const StartRun& question, const Reply<RunAsked>& reply) {
  starts_.look();
  TrainRequest request = question.request;
  request.project = project_;
  if (!question.another)
    if (const auto same = starts_.sameWaits(request)) return reply(RunAsked{QString::fromStdString(*same)});
  if (auto started = start(std::move(request)); !started) return reply(started.error());
  reply(RunAsked{});
  tellQueue();
}

void RunsDesk::answer(const ResumeRun& question, const Reply<Done>& reply) {
  TrainRequest request;
  request.resume = question.run.toStdString();
  request.settings.epochs = question.epochs;
  if (auto config = access_->site(request.resume).config(request.resume))
    request.settings.threads = config->settings.threads; // it has as many cores as before
  if (auto started = start(std::move(request)); !started) return reply(started.error());
  reply(Done{});
  tellQueue();
}

void RunsDesk::answer(const ControlRun& question, const Reply<Done>& reply) {
  const std::string run = question.run.toStdString();
  Status status;
  if (question.verb == RunControl::Verb::stop && starts_.takeBack(run, status)) {
    if (!status)
      reply(status.error());
    else
      reply(Done{});
    return tellRuns();
  }
  if (question.queuedOnly) return reply(Done{});
  RunControl command;
  command.verb = question.verb;
  command.value = question.value;
  command.by = qgetenv("USER").toStdString();
  if (auto sent = access_->site(run).send(run, command); !sent) return reply(sent.error());
  reply(Done{});
}

void RunsDesk::answer(const StartAgain& question, const Reply<Done>& reply) {
  if (Status released = starts_.release(question.run.toStdString()); !released)
    return reply(released.error());
  reply(Done{});
  tellQueue();
}

void RunsDesk::answer(const DecideHeldRuns& question, const Reply<Done>& reply) {
  if (Status decided = starts_.decideHeld(question.start); !decided) return reply(decided.error());
  reply(Done{});
  tellQueue();
}

void RunsDesk::answer(const SeriesOf& question, const Reply<QVector<Bucket>>& reply) {
  if (!reply.wanted()) return;
  if (!store_) return reply(noHistory());
  auto buckets = store_->buckets(question.run.toStdString(), question.key.toStdString(), question.first,
                                 question.last, question.pixels);
  if (!buckets) {
    troubleOnce(buckets.error());
    return reply(buckets.error());
  }
  reply(QVector<Bucket>(buckets->begin(), buckets->end()));
}

void RunsDesk::answer(const EventsOf& question, const Reply<QVector<StoredEvent>>& reply) {
  if (!reply.wanted()) return;
  if (!store_) return reply(noHistory());
  auto events = store_->events(question.run.toStdString());
  if (!events) return reply(events.error());
  reply(QVector<StoredEvent>(events->begin(), events->end()));
}

void RunsDesk::answer(const NetworkOfRun& question, const Reply<Network>& reply) {
  hub_.onPool([run = question.run.toStdString(), access = access_, reply] {
    if (!reply.wanted()) return;
    auto config = access->site(run).config(run);
    if (!config) return reply(config.error());
    reply(config->network);
  });
}

void RunsDesk::answer(const KeptEvaluation& question, const Reply<std::optional<Evaluation>>& reply) {
  if (!store_) return reply(noHistory());
  const std::string run = question.run.toStdString();
  auto row = store_->run(run);
  if (!row) return reply(row.error());
  hub_.onPool([run, split = question.split.toStdString(), step = row->checkpoint, access = access_, reply] {
    if (reply.wanted()) reply(access->evaluation(run, step, split));
  });
}

void RunsDesk::answer(const LabelRun& question, const Reply<Done>& reply) {
  if (!store_) return reply(noHistory());
  const std::string run = question.run.toStdString();
  Status changed;
  if (question.tags) {
    std::vector<std::string> words;
    for (const auto& tag : *question.tags) words.push_back(tag.toStdString());
    changed = store_->setTags(run, words);
  }
  if (changed && question.note) changed = store_->setNote(run, question.note->toStdString());
  if (changed && question.name) changed = store_->setName(run, question.name->toStdString());
  if (changed && question.archived) changed = store_->setArchived(run, *question.archived);
  if (!changed) return reply(changed.error());
  reply(Done{});
  readRuns({run});
  tellRuns();
}

void RunsDesk::answer(const RebuildHistory&, const Reply<HistoryReport>& reply) {
  setStore(nullptr); // rebuilding needs the lock
  auto report = loom::rebuildHistory(project_);
  auto store = Store::open(project_, Store::Access::automatic);
  if (store) setStore(std::move(*store));
  if (!report) return reply(report.error());
  if (!store) return reply(store.error());
  HistoryReport answer{report->good, {}};
  for (const auto& finding : report->findings) answer.findings << QString::fromStdString(finding.text());
  reply(answer);
  readRuns({});
  tellRuns();
}

} // namespace loom
