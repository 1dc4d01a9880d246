// SPDX-License-Identifier: Apache-2.0
// The writing half of metrics.db: points into chunks, and back out of them where a resumed attempt
// supersedes. Everything happens inside a transaction that the caller holds; after a rollback the caller
// calls forget().
#pragma once
#include "core/run/journal.h"
#include "core/store/chunk.h"
#include "core/store/sqlite.h"
#include <memory>
#include <unordered_map>

namespace loom {

void createMetrics(const Database& database); // the schema, in an empty file

class SeriesWriter {
 public:
  explicit SeriesWriter(const Database& database);
  std::int64_t runNumber(const std::string& uuid); // made when it is new
  // A point that does not lie beyond the last one of its series is passed over: the first one counts. Returns
  // how many.
  std::int64_t append(std::int64_t run, const PointColumns& columns);
  void supersede(std::int64_t run, std::int64_t step); // drops every point beyond it
  void flush();  // before COMMIT: unsealed points and what is known of the series
  void forget(); // what is kept in memory
  void forget(std::int64_t run);
  void remove(std::int64_t run);

 private:
  struct Series {
    std::int64_t number = 0, chunks = 0;
    Digest digest;
    double last = 0;
    PointBlock tail;            // points behind the sealed chunks
    std::size_t tailStored = 0; // of them in rows of the table
    std::int64_t tailRows = 0;
    bool changed = false;
  };
  using RunSeries = std::unordered_map<std::string, Series>;
  RunSeries& seriesOf(std::int64_t run);
  void seal(Series& series);
  void storeTail(Series& series);
  void dropTailRows(Series& series);
  void cutBack(Series& series, std::int64_t step);

  const Database& database_;
  Statement findRun_, addRun_, listSeries_, addSeries_, updateSeries_, dropSeries_;
  Statement addChunk_, addFine_, addRaw_, readRaw_, findChunk_, readChunks_, dropChunks_, dropFine_, dropRaw_;
  Statement addTail_, readTail_, dropTail_, dropRun_, dropSources_;
  std::unordered_map<std::int64_t, RunSeries> runs_;
};

} // namespace loom
