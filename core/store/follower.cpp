// SPDX-License-Identifier: Apache-2.0
#include "core/store/follower.h"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace loom {
namespace {

constexpr std::size_t readAtOnce = 4u << 20, mostInBatch = 8u << 20;
// Points alone move the catalogue's offset, which costs an fsync, only so often.
constexpr std::uint64_t mostLag = 1u << 20;
// A journal may be hostile: its first wrong records are told one by one, the rest by their number.
constexpr int mostTold = 5;
constexpr std::size_t mostRemembered = 10'000;

} // namespace

// Both databases' transactions, begun by the first write and committed when they have grown enough. Bytes,
// not time, decide, so that a long read is not cut into small commits.
class Follower::Batch {
 public:
  explicit Batch(Follower& follower) : follower_(follower) {}
  void begin() {
    if (catalogue_) return;
    catalogue_.emplace(follower_.catalogueFile_, true);
    metrics_.emplace(follower_.metricsFile_, true);
  }
  void grow(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ >= mostInBatch) commit();
  }
  void commit() {
    if (!catalogue_) return;
    follower_.catalogue_.flush();
    follower_.series_.flush();
    catalogue_->commit();
    catalogue_.reset();
    metrics_->commit();
    metrics_.reset();
    bytes_ = 0;
  }

 private:
  Follower& follower_;
  std::optional<Transaction> catalogue_, metrics_;
  std::size_t bytes_ = 0;
};

Follower::Follower(const Database& catalogue, const Database& metrics)
    : catalogueFile_(catalogue), metricsFile_(metrics), catalogue_(catalogue), series_(metrics) {
  const char* read = "SELECT attempt,offset,sequence,damaged FROM source WHERE run=?";
  const char* write =
      "INSERT INTO source VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET offset=?3,sequence=?4,damaged=?5";
  readEvents_ = catalogue.prepare(read);
  readPoints_ = metrics.prepare(read);
  writeEvents_ = catalogue.prepare(write);
  writePoints_ = metrics.prepare(write);
}

void Follower::takeIn(JournalSource& source, TakeInResult& result) {
  try {
    const auto runs = source.runs();
    if (!runs) return tell(result, runs.error());
    Batch batch(*this);
    for (const std::string& uuid : *runs) takeRun(source, uuid, batch, result);
    if (source.whole()) removeVanished(*runs, batch, result);
    batch.commit();
  } catch (...) {
    forget();
    throw;
  }
  result.changed = !result.changedRuns.empty();
}

Follower::Run& Follower::runOf(const std::string& uuid, Batch& batch) {
  if (const auto known = runs_.find(uuid); known != runs_.end()) return known->second;
  Run run;
  auto found = catalogue_.find(uuid);
  if (!found) {
    batch.begin();
    found = catalogue_.add(uuid);
  }
  run.inCatalogue = found->number;
  run.configured = found->configured;
  run.alive = found->alive;
  // Adding a number that is there already writes nothing, but needs the transaction when it is not.
  batch.begin();
  run.inMetrics = series_.runNumber(uuid);
  for (Rows rows = readEvents_.query(run.inCatalogue); rows.next();) {
    Attempt& attempt = run.attempts[static_cast<int>(rows.integer(0))];
    attempt.events = {static_cast<std::uint64_t>(rows.integer(1)),
                      static_cast<std::uint64_t>(rows.integer(2)), false};
    attempt.damaged = rows.integer(3) != 0;
    attempt.eventsStored = attempt.events.offset;
  }
  for (Rows rows = readPoints_.query(run.inMetrics); rows.next();)
    run.attempts[static_cast<int>(rows.integer(0))].points = {
        static_cast<std::uint64_t>(rows.integer(1)), static_cast<std::uint64_t>(rows.integer(2)), false};
  return runs_.emplace(uuid, std::move(run)).first->second;
}

void Follower::takeRun(JournalSource& source, const std::string& uuid, Batch& batch, TakeInResult& result) {
  const auto attempts = source.attempts(uuid);
  if (!attempts) return tell(result, attempts.error());
  if (const auto known = runs_.find(uuid); known != runs_.end() && known->second.cold) {
    // What ended stays as it is until another attempt or another byte appears.
    const auto& had = known->second.attempts;
    const bool same =
        had.size() == attempts->size() && (had.empty() || had.rbegin()->first == attempts->back());
    const auto size =
        attempts->empty() ? Result<std::uint64_t>(std::uint64_t{0}) : source.size(uuid, attempts->back());
    if (same && size && *size == known->second.coldSize) return;
  }
  if (attempts->empty() && !runs_.contains(uuid) && !source.config(uuid))
    return; // nothing was started here yet
  Run& run = runOf(uuid, batch);
  const std::int64_t before = result.records;
  bool changed = false;
  // Asked before the journal is read: a trainer that is gone has written everything by now.
  const bool alive = source.alive(uuid);
  if (!run.configured) {
    configure(source, uuid, run, batch, result);
    changed = run.configured;
  }
  bool readable = true;
  for (const int number : *attempts) {
    Attempt& attempt = run.attempts[number];
    if (!attempt.ended && !(readable = takeAttempt(source, uuid, run, number, batch, result))) break;
    attempt.ended = number != attempts->back();
  }
  if (alive != run.alive) {
    batch.begin();
    catalogue_.setAlive(run.inCatalogue, alive);
    run.alive = alive;
    changed = true;
  }
  if (changed || result.records != before) result.changedRuns.push_back(uuid);
  run.cold = !alive && readable && run.configured;
  if (!run.cold) return;
  run.coldSize = 0;
  if (!attempts->empty()) {
    Attempt& last = run.attempts[attempts->back()];
    if (last.events.offset != last.eventsStored) {
      batch.begin();
      storeMarks(run, attempts->back(), last, true);
    }
    if (const auto size = source.size(uuid, attempts->back())) run.coldSize = *size;
  }
  batch.grow(0);
}

void Follower::configure(JournalSource& source, const std::string& uuid, Run& run, Batch& batch,
                         TakeInResult& result) {
  const auto json = readConfigText(source.config(uuid), fmt::format("run.json of run {}", uuid));
  if (!json) return tell(result, json.error());
  batch.begin();
  catalogue_.configure(run.inCatalogue, *json);
  run.configured = true;
}

bool Follower::takeAttempt(JournalSource& source, const std::string& uuid, Run& run, int number, Batch& batch,
                           TakeInResult& result) {
  const std::string place = fmt::format("journal of run {}, attempt {}", uuid, number);
  Attempt& attempt = run.attempts[number];
  for (;;) {
    const Mark from = attempt.events.offset < attempt.points.offset ? attempt.events : attempt.points;
    const auto bytes = source.bytes(uuid, number, from.offset, readAtOnce);
    if (!bytes) {
      tell(result, bytes.error());
      return false;
    }
    if (bytes->empty()) {
      if (const auto size = source.size(uuid, number); size && *size < from.offset)
        tell(result, {ErrorKind::input, place,
                      fmt::format("it is shorter ({} bytes) than what was taken in ({})", *size, from.offset),
                      "The history keeps what it has; restore the journal from a copy"});
      return true;
    }
    const JournalLines split = splitJournal(*bytes, from.offset, place, {from.sequence, from.behindDamage});
    if (split.offset == from.offset) return true; // half a record
    batch.begin();
    bool sawEvents = false;
    for (const JournalLine& line : split.lines) {
      sawEvents = sawEvents || !isPoints(line.json);
      takeLine(run, number, attempt, line, place, result);
    }
    for (const Error& damage : split.damages) tellRecord(attempt, result, damage);
    attempt.untold += split.moreDamages;
    tellRest(attempt, place, result);
    attempt.damaged = attempt.damaged || split.damaged();
    // What is damaged at the end of these bytes is done with, too.
    for (Mark* mark : {&attempt.events, &attempt.points})
      if (mark->offset < split.offset) *mark = {split.offset, *split.state.next, split.state.behindDamage};
    storeMarks(run, number, attempt,
               sawEvents || split.damaged() || attempt.events.offset - attempt.eventsStored >= mostLag);
    batch.grow(bytes->size());
    if (bytes->size() < readAtOnce) return true;
  }
}

void Follower::takeLine(Run& run, int number, Attempt& attempt, const JournalLine& line,
                        const std::string& place, TakeInResult& result) {
  const bool points = line.end > attempt.points.offset, events = line.end > attempt.events.offset;
  const Mark reached{line.end, line.sequence + 1, false};
  if (points) attempt.points = reached;
  if (events) attempt.events = reached;
  ++result.records;
  const auto recordPlace = [&] { return fmt::format("{}, record {}", place, line.sequence); };
  const auto takePoints = [&] {
    if (!points) return;
    if (const auto read = readPoints(line.json, recordPlace(), columns_); !read)
      return tellRecord(attempt, result, read.error());
    const std::int64_t passedOver = series_.append(run.inMetrics, columns_);
    // A resumed run may measure its test figure again, with the checkpoint of the same step.
    if (passedOver > 0 && !columns_.key.starts_with("test/"))
      tellRecord(
          attempt, result,
          {ErrorKind::input, recordPlace(),
           fmt::format("{} points of {} go back behind what was there, or are more than a run may have; "
                       "they are passed over",
                       passedOver, columns_.key),
           "Nothing needs to be done"});
  };
  if (isPoints(line.json)) return takePoints();
  const auto event = parseJson(line.json, recordPlace());
  if (!event) return tellRecord(attempt, result, event.error());
  const std::string kind = event->is_object() ? kindOf(*event) : std::string();
  if (kind.empty())
    return tellRecord(attempt, result,
                      {ErrorKind::input, recordPlace(), "the record does not say what it is",
                       "The record is passed over; the rest of the run is read"});
  if (kind == "points") return takePoints();
  if (points)
    if (const auto beyond = supersedesBeyond(number, line.sequence, *event))
      series_.supersede(run.inMetrics, *beyond);
  if (events) catalogue_.take(run.inCatalogue, number, line.sequence, *event);
}

void Follower::storeMarks(const Run& run, int number, Attempt& attempt, bool withEvents) {
  writePoints_.run(run.inMetrics, number, attempt.points.offset, attempt.points.sequence, attempt.damaged);
  if (!withEvents) return;
  writeEvents_.run(run.inCatalogue, number, attempt.events.offset, attempt.events.sequence, attempt.damaged);
  attempt.eventsStored = attempt.events.offset;
}

void Follower::removeVanished(const std::vector<std::string>& there, Batch& batch, TakeInResult& result) {
  // Either file may know of a run that the other does not, when one of them had to be made again.
  std::set<std::string> known;
  for (const auto& names : {catalogue_.uuids(), series_.uuids()}) known.insert(names.begin(), names.end());
  for (const std::string& uuid : known) {
    if (std::binary_search(there.begin(), there.end(), uuid)) continue;
    batch.begin();
    const std::int64_t inMetrics = series_.runNumber(uuid);
    if (const auto run = catalogue_.find(uuid)) catalogue_.remove(run->number);
    series_.remove(inMetrics);
    runs_.erase(uuid);
    result.changedRuns.push_back(uuid);
  }
}

void Follower::tell(TakeInResult& result, Error problem) {
  if (told_.size() >= mostRemembered) told_.clear();
  if (told_.insert(problem.message()).second) result.problems.push_back(std::move(problem));
}

void Follower::tellRecord(Attempt& attempt, TakeInResult& result, Error problem) {
  if (attempt.told++ < mostTold)
    tell(result, std::move(problem));
  else
    ++attempt.untold;
}

void Follower::tellRest(Attempt& attempt, const std::string& place, TakeInResult& result) {
  if (attempt.untold == 0) return;
  tell(result, {ErrorKind::input, place, fmt::format("{} more records like these", attempt.untold),
                "Nothing needs to be done; the rest of the run is read"});
  attempt.untold = 0;
}

void Follower::forget() {
  runs_.clear();
  catalogue_.forget();
  series_.forget();
}

} // namespace loom
