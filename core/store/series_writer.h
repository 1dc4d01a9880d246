// SPDX-License-Identifier: Apache-2.0
// The writing half of metrics.db: points into chunks, and back out of them where a resumed attempt
// supersedes. Everything happens inside a transaction that the caller holds; after a rollback the caller
// calls forget().
#pragma once
#include "core/run/journal.h"
#include "core/store/chunk.h"
#include "core/store/sqlite.h"
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace loom {

void createMetrics(const Database& database);   // the schema, in an empty file
void completeMetrics(const Database& database); // adds what a file of an earlier version does not have

// What the checksum of a series is of.
inline constexpr std::string_view seriesColumns = "key,chunks,points,non_finite,first_step,last_step,last_"
                                                  "time,last,minimum,minimum_step,maximum,maximum_step";
inline constexpr int seriesWidth = 12; // columns

class SeriesWriter {
 public:
  static constexpr std::int64_t mostSeries = 100'000; // of one run

  explicit SeriesWriter(const Database& database);
  std::int64_t runNumber(const std::string& uuid); // made when it is new
  std::vector<std::string> uuids();                // of all runs, sorted
  // A point that is not beyond the last one of its series is skipped: the first one counts. So are
  // all when the run would have too many series, or the series too many points. Returns how many.
  std::int64_t append(std::int64_t run, const PointColumns& columns);
  void supersede(std::int64_t run, std::int64_t step); // drops every point beyond it
  // False when what is stored of a series of the run does not match its checksum; see CatalogueWriter::fits().
  bool fits(const std::string& uuid);
  void flush();  // before COMMIT: unsealed points and what is known of the series
  void forget(); // what is kept in memory
  void remove(std::int64_t run);

 private:
  // What is in rows of the table `tail` is not kept here, so that ten thousand open series are small.
  struct Series {
    std::int64_t number = 0, chunks = 0;
    Digest digest;
    double last = 0;
    std::int64_t tailRows = 0;
    std::size_t tailStored = 0; // points in these rows
    PointBlock fresh;           // points behind them
    bool changed = false;
    std::size_t tailSize() const { return tailStored + fresh.size(); }
  };
  struct Run {
    std::unordered_map<std::string, Series> series; // those that are held
    std::int64_t count = 0;                         // of all that it has
  };
  Run& runOf(std::int64_t run);
  Series* find(std::int64_t run, const std::string& key); // held, or loaded; null when there is none
  Series* make(std::int64_t run, const std::string& key);
  PointBlock tailOf(const Series& series); // all that is behind the chunks
  void seal(Series& series);
  void storeTail(Series& series);
  void dropTailRows(Series& series);
  void store(Series& series);
  void storeChecksum(std::int64_t number);
  void cutBack(Series& series, std::int64_t step);

  const Database& database_;
  Statement findRun_, addRun_, listRuns_, countSeries_, findSeries_, listBeyond_, listNumbers_, addSeries_,
      updateSeries_, dropSeries_, readShown_, writeChecksum_, dropChecksum_, listChecksums_;
  Statement addChunk_, addFine_, addRaw_, readRaw_, findChunk_, readChunks_, dropChunks_, dropFine_, dropRaw_;
  Statement addTail_, readTail_, countTail_, dropTail_, dropRun_, dropSources_;
  std::unordered_map<std::int64_t, Run> runs_;
  std::size_t held_ = 0; // series in memory
  std::set<std::int64_t> damaged_;
};

} // namespace loom
