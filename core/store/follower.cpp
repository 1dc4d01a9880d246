// SPDX-License-Identifier: Apache-2.0
#include "core/store/follower.h"
#include "core/base/format.h"
#include "core/store/batch.h"
#include <algorithm>
#include <chrono>

namespace loom {
namespace {

constexpr std::size_t readAtOnce = 4u << 20;
// Points alone move the catalogue's offset, which costs an fsync, only so often.
constexpr std::uint64_t mostLag = 1u << 20;
// A journal may be hostile: its first wrong records are reported one by one, the rest by their number.
constexpr int maxReported = 5;
constexpr std::size_t mostRemembered = 10'000;

} // namespace

Follower::Follower(const Database& catalogue, const Database& metrics)
    : catalogueFile_(catalogue), metricsFile_(metrics), catalogue_(catalogue), series_(metrics) {
  const char* read = "SELECT attempt,offset,sequence,damaged FROM source WHERE run=?";
  const char* write =
      "INSERT INTO source VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET offset=?3,sequence=?4,damaged=?5";
  readEvents_ = catalogue.prepare(read);
  readPoints_ = metrics.prepare(read);
  writeEvents_ = catalogue.prepare(write);
  writePoints_ = metrics.prepare(write);
  readFirst_ = catalogue.prepare("SELECT json FROM event WHERE run=? AND attempt=? AND sequence=0");
}

void Follower::takeIn(RunSites& sites, bool mark, TakeInResult& result) {
  try {
    const auto runs = sites.runs();
    Batch batch(catalogueFile_, catalogue_, metricsFile_, series_);
    const auto strange = mark ? strangeFolder(sites, runs) : std::nullopt;
    if (runs && !strange) {
      for (const auto& [uuid, site] : *runs) takeRun(*site, uuid, batch, result);
      removeVanished(sites, *runs, batch, result);
    } else {
      report(result, strange ? *strange : runs.error());
      const Message why = strange ? strange->cause : say("The folder of the runs cannot be read");
      for (const std::string& uuid : knownRuns())
        if (loseSight(uuid, why, batch)) result.changedRuns.push_back(uuid);
    }
    batch.commit();
  } catch (...) {
    forget();
    throw;
  }
  result.changed = !result.changedRuns.empty();
}

std::set<std::string> Follower::knownRuns() {
  // Either file may know of a run that the other does not, when one of them had to be rebuilt.
  std::set<std::string> known;
  for (const auto& names : {catalogue_.uuids(), series_.uuids()}) known.insert(names.begin(), names.end());
  return known;
}

StoredRuns Follower::ownRuns() {
  StoredRuns known;
  for (const std::string& uuid : knownRuns())
    if (catalogue_.placeOf(uuid).site.empty()) known.runs.push_back(uuid);
  known.place = catalogueFile_.file().parent_path();
  return known;
}

// Before anything is taken in: what is in a folder that contains none of the known runs must not become known,
// because the next look would take that folder for the right one. Where it is the right one, it gets its
// marker. Nothing is asked again while a folder without a marker contains the same runs.
std::optional<Error> Follower::strangeFolder(RunSites& sites,
                                             const Result<std::vector<RunSites::Listed>>& runs) {
  if (markTried_) return std::nullopt;
  std::vector<std::string> there;
  if (runs)
    for (const auto& [uuid, site] : *runs) there.push_back(uuid);
  if (sound_ && *sound_ == there) return std::nullopt;
  if (auto why = sites.whyUnreachable([this] { return ownRuns(); })) return why;
  if (!runs) return std::nullopt;
  markOwn(sites, *runs);
  sound_ = std::move(there);
  return std::nullopt;
}

// Projects of earlier versions have no marker. It is written when every run that the history knows at this
// site is there: then this is the folder that it was made from. An empty folder gets none, since it may be a
// mount point; nor does one that contains some of the runs: it may be half of a backup.
void Follower::markOwn(RunSites& sites, const std::vector<RunSites::Listed>& there) {
  if (markTried_ || there.empty()) return;
  const auto listing = sites.own().listing();
  markTried_ = listing && listing->complete;
  if (!listing || !listing->markable) return;
  for (const std::string& uuid : ownRuns().runs)
    if (!std::binary_search(listing->runs.begin(), listing->runs.end(), uuid)) return;
  markTried_ = true; // a folder that cannot be written stays without
  if (const auto marked = sites.own().mark(); !marked) return;
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
  run.place = catalogue_.placeOf(uuid);
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
  for (auto& [number, attempt] : run.attempts)
    for (Rows rows = readFirst_.query(run.inCatalogue, number); rows.next();) attempt.first = rows.text(0);
  return runs_.emplace(uuid, std::move(run)).first->second;
}

void Follower::takeRun(RunSite& site, const std::string& uuid, Batch& batch, TakeInResult& result) {
  JournalSource& source = site.journals();
  const auto attempts = source.attempts(uuid);
  if (!attempts) return report(result, attempts.error());
  if (const auto known = runs_.find(uuid); known != runs_.end() && known->second.cold) {
    // What ended stays as it is until another attempt or another byte appears.
    const auto& had = known->second.attempts;
    const bool same =
        had.size() == attempts->size() && (had.empty() || had.rbegin()->first == attempts->back());
    const auto size =
        attempts->empty() ? Result<std::uint64_t>(std::uint64_t{0}) : source.size(uuid, attempts->back());
    if (same && size && *size == known->second.coldSize) return;
  }
  // Asked before the journal is read: a trainer that is gone has written everything by now.
  const Liveness liveness = site.liveness(uuid);
  if (attempts->empty() && !runs_.contains(uuid) && !liveness.unknown() && !source.config(uuid))
    return; // nothing was started here yet
  if (!runs_.contains(uuid)) checkStored(source, uuid, *attempts, batch, result);
  if (const auto replaced = findReplaced(source, uuid, runOf(uuid, batch), *attempts))
    takeBack(source, uuid, *replaced, *attempts, batch, result);
  Run& run = runOf(uuid, batch);
  run.lives = liveness.running();
  // A resumption writes run.json when its attempt has begun: it may have raised the epochs.
  run.resumed = run.configured && std::ranges::any_of(*attempts, [&](int number) {
                  return number > 1 && !run.attempts.contains(number);
                });
  const std::int64_t before = result.records;
  bool changed = false;
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
  if (std::exchange(run.resumed, false)) configure(source, uuid, run, batch, result);
  changed = storePlace(site, liveness, uuid, run, batch) || changed;
  if (changed || result.records != before) result.changedRuns.push_back(uuid);
  run.cold = liveness.ended() && readable && run.configured;
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

void Follower::checkStored(JournalSource& source, const std::string& uuid, const std::vector<int>& attempts,
                           Batch& batch, TakeInResult& result) {
  const bool rows = catalogue_.fits(uuid), points = series_.fits(uuid);
  if (rows && points) return;
  const Place place(say("run {}", uuid));
  if (!isComplete(source, uuid, attempts))
    return report(result,
                  {ErrorKind::input, place,
                   say("stored values do not match their checksum, and the run's files no longer contain "
                       "all of them"),
                   say("Restore the run's folder from a backup, then open the project again")});
  remove(uuid, batch);
  report(result, {ErrorKind::input, place,
                  say("stored values did not match their checksum and were read again from the run's files"),
                  say("Nothing needs to be done; check the disk if this happens again")});
}

bool Follower::isComplete(JournalSource& source, const std::string& uuid, const std::vector<int>& attempts,
                          int before) {
  if (const auto found = catalogue_.find(uuid); found && found->configured)
    if (!readConfigText(source.config(uuid), "run.json")) return false;
  for (const Database* database : {&catalogueFile_, &metricsFile_}) {
    Statement marks = database->prepare("SELECT attempt,offset,damaged FROM source WHERE run=(SELECT id FROM "
                                        "run WHERE uuid=?) AND attempt<?");
    for (Rows rows = marks.query(uuid, before); rows.next();) {
      const int attempt = static_cast<int>(rows.integer(0));
      if (rows.integer(2) != 0 || std::find(attempts.begin(), attempts.end(), attempt) == attempts.end())
        return false;
      const auto size = source.size(uuid, attempt);
      if (!size || *size < static_cast<std::uint64_t>(rows.integer(1))) return false;
    }
  }
  return true;
}

bool Follower::storePlace(RunSite& site, const Liveness& liveness, const std::string& uuid, Run& run,
                          Batch& batch) {
  RunPlace now{site.id(), liveness.state, liveness.since, liveness.why.text()};
  // Unknown since the first time.
  if (now.liveness == run.place.liveness) now.since = run.place.since;
  if (now == run.place) return false;
  batch.begin();
  catalogue_.setPlace(uuid, now);
  run.place = std::move(now);
  return true;
}

void Follower::configure(JournalSource& source, const std::string& uuid, Run& run, Batch& batch,
                         TakeInResult& result) {
  const auto json = readConfigText(source.config(uuid), Place(say("run.json of run {}", uuid)));
  if (!json) return report(result, json.error());
  batch.begin();
  catalogue_.configure(run.inCatalogue, *json);
  run.configured = true;
}

bool Follower::takeAttempt(JournalSource& source, const std::string& uuid, Run& run, int number, Batch& batch,
                           TakeInResult& result) {
  const Place place = placeOfJournal(uuid, number);
  Attempt& attempt = run.attempts[number];
  for (;;) {
    const Mark from = attempt.events.offset < attempt.points.offset ? attempt.events : attempt.points;
    const auto bytes = source.bytes(uuid, number, from.offset, readAtOnce);
    if (!bytes) {
      report(result, bytes.error());
      return false;
    }
    if (bytes->empty()) {
      // The journal of an attempt that has just begun may not contain its first record yet.
      if (const auto size = source.size(uuid, number); size && *size < from.offset && !run.lives)
        report(result, {ErrorKind::input, place,
                        say("it has {} bytes, but {} were taken in before", *size, from.offset),
                        say("The history keeps what it has; restore the journal from a backup")});
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
    for (const Error& damage : split.damages) reportRecord(attempt, result, damage);
    attempt.unreported += split.moreDamages;
    reportRest(attempt, place, result);
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

void Follower::takeLine(Run& run, int number, Attempt& attempt, const JournalLine& line, const Place& place,
                        TakeInResult& result) {
  const bool points = line.end > attempt.points.offset, events = line.end > attempt.events.offset;
  const Mark reached{line.end, line.sequence + 1, false};
  if (points) attempt.points = reached;
  if (events) attempt.events = reached;
  ++result.records;
  const auto recordPlace = [&] { return placeOfRecord(place, line.sequence); };
  const auto takePoints = [&] {
    if (!points) return;
    if (!readPoints(line.json, place, columns_)) // the place is only put together for a wrong record
      return reportRecord(attempt, result, readPoints(line.json, recordPlace(), columns_).error());
    const std::int64_t skipped = series_.append(run.inMetrics, columns_);
    // A resumed run may measure its test figure again, with the checkpoint of the same step.
    if (skipped > 0 && !columns_.key.starts_with("test/"))
      reportRecord(
          attempt, result,
          {ErrorKind::input, recordPlace(),
           sayCount(
               "{} point of {} is skipped: its step is not above the last one, or the run has too many "
               "points",
               "{} points of {} are skipped: their steps are not above the last one, or the run has too many "
               "points",
               skipped, columns_.key),
           say("Nothing needs to be done")});
  };
  if (isPoints(line.json)) return takePoints();
  const auto event = parseJson(line.json, recordPlace());
  if (!event) return reportRecord(attempt, result, event.error());
  const std::string kind = event->is_object() ? kindOf(*event) : std::string();
  if (kind.empty())
    return reportRecord(attempt, result,
                        {ErrorKind::input, recordPlace(), say("the record has no kind"),
                         say("The record is skipped and the rest of the run is read")});
  if (kind == "points") return takePoints();
  if (events && kind == "resumed") run.resumed = true;
  if (points)
    if (const auto beyond = supersedesBeyond(number, line.sequence, *event))
      series_.supersede(run.inMetrics, *beyond);
  if (events) catalogue_.take(run.inCatalogue, number, line.sequence, *event);
  if (line.sequence == 0) attempt.first = line.json;
}

void Follower::storeMarks(const Run& run, int number, Attempt& attempt, bool withEvents) {
  writePoints_.run(run.inMetrics, number, attempt.points.offset, attempt.points.sequence, attempt.damaged);
  if (!withEvents) return;
  writeEvents_.run(run.inCatalogue, number, attempt.events.offset, attempt.events.sequence, attempt.damaged);
  attempt.eventsStored = attempt.events.offset;
}

void Follower::removeVanished(RunSites& sites, const std::vector<RunSites::Listed>& there, Batch& batch,
                              TakeInResult& result) {
  const auto isListed = [&](const std::string& uuid) {
    const auto listed =
        std::lower_bound(there.begin(), there.end(), uuid,
                         [](const RunSites::Listed& one, const std::string& name) { return one.run < name; });
    return listed != there.end() && listed->run == uuid;
  };
  const std::set<std::string> all = knownRuns();
  if (std::all_of(all.begin(), all.end(), isListed)) return;
  std::map<std::string, std::vector<std::string>> missing; // by site
  std::map<std::string, std::size_t> known;
  for (const std::string& uuid : all) {
    const std::string site = catalogue_.placeOf(uuid).site;
    ++known[site];
    if (!isListed(uuid)) missing[site].push_back(uuid);
  }
  for (const auto& [id, runs] : missing) {
    const auto listing = sites.named(id).listing();
    const Message why = listing ? listing->why : say("The folder of the runs cannot be read");
    // One run may well have been deleted; several at once are a disk, a mount or a copy that is incomplete.
    const bool allAtOnce = runs.size() > 1 && runs.size() == known[id];
    for (const std::string& uuid : runs) {
      const bool isThere = listing && std::binary_search(listing->runs.begin(), listing->runs.end(), uuid);
      if (listing && listing->complete && !isThere && !allAtOnce)
        remove(uuid, batch);
      else if (!loseSight(uuid, why.empty() ? say("The folder of the run is missing") : why, batch))
        continue;
      result.changedRuns.push_back(uuid);
    }
  }
}

void Follower::remove(const std::string& uuid, Batch& batch) {
  batch.begin();
  const std::int64_t inMetrics = series_.runNumber(uuid);
  if (const auto run = catalogue_.find(uuid)) catalogue_.remove(run->number);
  series_.remove(inMetrics);
  runs_.erase(uuid);
}

bool Follower::loseSight(const std::string& uuid, const Message& why, Batch& batch) {
  RunPlace place = catalogue_.placeOf(uuid);
  if (place.liveness == Liveness::State::ended ||
      (place.liveness == Liveness::State::unknown && place.why == why.text()))
    return false;
  if (place.liveness == Liveness::State::running) place.since = nowMicroseconds();
  place.liveness = Liveness::State::unknown;
  place.why = why.text();
  batch.begin();
  catalogue_.setPlace(uuid, place);
  if (const auto run = runs_.find(uuid); run != runs_.end()) run->second.place = place;
  return true;
}

void Follower::report(TakeInResult& result, Error problem) {
  if (reported_.size() >= mostRemembered) reported_.clear();
  if (reported_.insert(problem.message()).second) result.problems.push_back(std::move(problem));
}

void Follower::reportRecord(Attempt& attempt, TakeInResult& result, Error problem) {
  if (attempt.reported++ < maxReported)
    report(result, std::move(problem));
  else
    ++attempt.unreported;
}

void Follower::reportRest(Attempt& attempt, const Place& place, TakeInResult& result) {
  if (attempt.unreported == 0) return;
  report(result, {ErrorKind::input, place,
                  sayCount("{} more record like these", "{} more records like these", attempt.unreported),
                  say("Nothing needs to be done; the rest of the run is read")});
  attempt.unreported = 0;
}

void Follower::forget() {
  runs_.clear();
  catalogue_.forget();
  series_.forget();
}

} // namespace loom
