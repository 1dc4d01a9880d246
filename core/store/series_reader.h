// SPDX-License-Identifier: Apache-2.0
// The reading half of metrics.db: points and buckets of a range. Only reads; the caller holds a transaction
// where several answers must fit together.
#pragma once
#include "core/store/chunk.h"
#include "core/store/rows.h"
#include "core/store/sqlite.h"
#include <limits>
#include <optional>

namespace loom {

class SeriesReader {
 public:
  explicit SeriesReader(const Database& database);
  std::vector<std::string> keys(const std::string& run); // sorted
  std::vector<SeriesPoint> points(const std::string& run, const std::string& key, std::int64_t first,
                                  std::int64_t last,
                                  std::size_t most = std::numeric_limits<std::size_t>::max());
  // As they are stored: chunk by chunk, and last what fills no chunk yet.
  std::int64_t blocks(const std::string& run, const std::string& key);
  PointBlock blockAt(const std::string& run, const std::string& key, std::int64_t index);
  std::vector<Bucket> buckets(const std::string& run, const std::string& key, std::int64_t first,
                              std::int64_t last, int pixels);
  struct Summary {
    std::string run;
    MetricSummary metric;
    double lastSeconds = 0;
    bool damaged = false; // it does not match its checksum
  };
  std::vector<Summary> summaries(const std::string& run); // empty: of all runs; sorted by run and key
  // Every chunk against its own points; a sentence for each that does not fit.
  std::vector<Message> checkChunks(const std::string& run);

 private:
  struct Series {
    std::int64_t number = 0, chunks = 0, firstStep = 0, lastStep = 0;
  };
  std::optional<Series> find(const std::string& run, const std::string& key);
  // Of the first chunk whose last step is not before `step`; `chunks` when there is none.
  std::int64_t chunkAt(const Series& series, std::int64_t step);
  void readRaw(std::int64_t id, PointBlock& into);
  void readTail(const Series& series, PointBlock& into);
  class BucketMaker;
  class ChunkWalk;

  const Database& database_;
  Statement keys_, find_, summaries_, summariesOf_, lastStep_, chunks_, fine_, raw_, tail_;
};

} // namespace loom
