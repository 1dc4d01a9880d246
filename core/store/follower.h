// SPDX-License-Identifier: Apache-2.0
// Takes in what the journals contain. Each database keeps the offset up to which it has a journal, in the
// transaction that stores the rows; the catalogue is committed first, so that metrics.db's offset means: both
// have it. A record that one of them has already is skipped there, so that every record is taken exactly
// once, whatever is killed. A journal is known by its first record: the trainer gives an attempt the next free
// number, so that a run restored from an older copy and resumed has another journal under a known number.
#pragma once
#include "core/run/site.h"
#include "core/store/catalogue.h"
#include "core/store/series_writer.h"
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace loom {

class Batch;

class Follower {
 public:
  Follower(const Database& catalogue, const Database& metrics);
  // Throws SqlFailure; then the open transactions are rolled back and what is kept in memory is forgotten.
  // `mark`: see ProjectStore.
  void takeIn(RunSites& sites, bool mark, TakeInResult& result);

 private:
  struct Mark {
    std::uint64_t offset = 0, sequence = 0;
    bool behindDamage = false;
  }; // how far one database has a journal
  struct Attempt {
    Mark events, points;
    // The catalogue's offset on disk; it may lag behind where only points came.
    std::uint64_t eventsStored = 0;
    bool damaged = false, ended = false; // damaged: somewhere before the marks
    int reported = 0;                    // of its wrong records
    std::int64_t unreported = 0;         // the further ones
    std::string first;                   // its first record as it was stored; empty: not known
  };
  struct Run {
    std::int64_t inCatalogue = 0, inMetrics = 0;
    bool configured = false, cold = false;
    bool compared = false; // the first records of its journals, in this session
    bool lives = false;    // its trainer, when it was looked at last
    bool resumed = false;  // its epochs may have been raised: run.json is read again
    RunPlace place;
    std::map<int, Attempt> attempts;
    std::uint64_t coldSize = 0;
  };
  void takeRun(RunSite& site, const std::string& uuid, Batch& batch, TakeInResult& result);
  // What a database has of the run does not match its checksum: the run is removed, so that it is taken in
  // again. It stays as it is, and is shown as damaged, where its files do not contain all of it any more.
  void checkStored(JournalSource& source, const std::string& uuid, const std::vector<int>& attempts,
                   Batch& batch, TakeInResult& result);
  // Whether the files contain all that the databases have of the run, of its attempts before `before`.
  bool isComplete(JournalSource& source, const std::string& uuid, const std::vector<int>& attempts,
                  int before = std::numeric_limits<int>::max());
  bool storePlace(RunSite& site, const Liveness& liveness, const std::string& uuid, Run& run, Batch& batch);
  // False when the source failed: later attempts must wait.
  bool takeAttempt(JournalSource& source, const std::string& uuid, Run& run, int number, Batch& batch,
                   TakeInResult& result);
  void takeLine(Run& run, int number, Attempt& attempt, const JournalLine& line, const Place& place,
                TakeInResult& result);
  // The first attempt whose journal is another one than the history has, with the step that it begins with
  // (replaced.cpp). A damaged first record says nothing.
  struct Replaced {
    int attempt = 0;
    std::int64_t step = 0;
  };
  std::optional<Replaced> findReplaced(JournalSource& source, const std::string& uuid, Run& run,
                                       const std::vector<int>& attempts);
  // Takes back what came from the journals that are gone, so that the new ones can be taken in.
  void takeBack(JournalSource& source, const std::string& uuid, const Replaced& replaced,
                const std::vector<int>& attempts, Batch& batch, TakeInResult& result);
  void storeMarks(const Run& run, int number, Attempt& attempt, bool withEvents);
  void configure(JournalSource& source, const std::string& uuid, Run& run, Batch& batch,
                 TakeInResult& result);
  Run& runOf(const std::string& uuid, Batch& batch);
  void removeVanished(RunSites& sites, const std::vector<RunSites::Listed>& there, Batch& batch,
                      TakeInResult& result);
  void remove(const std::string& uuid, Batch& batch);
  // A run that trained when it was last seen and is not there now is out of reach, not killed.
  bool loseSight(const std::string& uuid, const Message& why, Batch& batch);
  void markOwn(RunSites& sites, const std::vector<RunSites::Listed>& there);
  std::set<std::string> knownRuns(); // of either database
  // Why what is there is not taken in; nothing when it is the project's own.
  std::optional<Error> strangeFolder(RunSites& sites, const Result<std::vector<RunSites::Listed>>& runs);
  StoredRuns ownRuns();                             // those of the project's own folder
  void report(TakeInResult& result, Error problem); // each once in a session
  void reportRecord(Attempt& attempt, TakeInResult& result, Error problem);
  void reportRest(Attempt& attempt, const Place& place, TakeInResult& result);
  void forget();

  const Database& catalogueFile_;
  const Database& metricsFile_;
  CatalogueWriter catalogue_;
  SeriesWriter series_;
  Statement readEvents_, readPoints_, writeEvents_, writePoints_, readFirst_;
  std::map<std::string, Run> runs_;
  std::set<std::string> reported_;
  bool markTried_ = false;
  std::optional<std::vector<std::string>>
      sound_; // the runs of a folder without a marker that is the right one
  PointColumns columns_;
};

} // namespace loom
