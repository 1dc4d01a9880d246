// SPDX-License-Identifier: Apache-2.0
// Takes in what the journals hold. Each database keeps the offset up to which it has a journal, in the
// transaction that stores the rows; the catalogue is committed first, so that metrics.db's offset means: both
// have it. A record that one of them has already is passed over there, so that every record is taken exactly
// once, whatever is killed.
#pragma once
#include "core/store/catalogue.h"
#include "core/store/series_writer.h"
#include <map>
#include <set>

namespace loom {

class Follower {
 public:
  Follower(const Database& catalogue, const Database& metrics);
  // Throws SqlFailure; then the open transactions are rolled back and what is kept in memory is forgotten.
  void takeIn(JournalSource& source, TakeInResult& result);

 private:
  struct Mark {
    std::uint64_t offset = 0, sequence = 0;
    bool behindDamage = false;
  }; // how far one database has a journal
  struct Attempt {
    Mark events, points;
    std::uint64_t eventsStored =
        0; // the catalogue's offset on disk; it may lag behind where only points came
    bool damaged = false, ended = false; // damaged: somewhere before the marks
    int told = 0;                        // of its records
    std::int64_t untold = 0;             // behind so many
  };
  struct Run {
    std::int64_t inCatalogue = 0, inMetrics = 0;
    bool configured = false, alive = false, cold = false;
    std::map<int, Attempt> attempts;
    std::uint64_t coldSize = 0;
  };
  class Batch;
  void takeRun(JournalSource& source, const std::string& uuid, Batch& batch, TakeInResult& result);
  // False when the source failed: later attempts must wait.
  bool takeAttempt(JournalSource& source, const std::string& uuid, Run& run, int number, Batch& batch,
                   TakeInResult& result);
  void takeLine(Run& run, int number, Attempt& attempt, const JournalLine& line, const std::string& place,
                TakeInResult& result);
  void storeMarks(const Run& run, int number, Attempt& attempt, bool withEvents);
  void configure(JournalSource& source, const std::string& uuid, Run& run, Batch& batch,
                 TakeInResult& result);
  Run& runOf(const std::string& uuid, Batch& batch);
  void removeVanished(const std::vector<std::string>& there, Batch& batch, TakeInResult& result);
  void tell(TakeInResult& result, Error problem); // each once in a session
  void tellRecord(Attempt& attempt, TakeInResult& result, Error problem);
  void tellRest(Attempt& attempt, const std::string& place, TakeInResult& result);
  void forget();

  const Database& catalogueFile_;
  const Database& metricsFile_;
  CatalogueWriter catalogue_;
  SeriesWriter series_;
  Statement readEvents_, readPoints_, writeEvents_, writePoints_;
  std::map<std::string, Run> runs_;
  std::set<std::string> told_;
  PointColumns columns_;
};

} // namespace loom
