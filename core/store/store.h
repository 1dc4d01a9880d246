// SPDX-License-Identifier: Apache-2.0
// The memory of runs: history/catalogue.db and history/metrics.db, an index of the journals that can be rebuilt
// from them at any time. One process owns the writing (flock on history/lock); others read. Series lie
// in chunks with a min/max pyramid, so that any (range, pixels) is answered from few rows, a spike is never
// lost and the same question gives the same answer. Not thread safe: one Store per thread.
#pragma once
#include "core/run/site.h"
#include "core/store/rows.h"
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

namespace loom {

struct VerifyReport {
  bool good = true;
  std::vector<Message> findings;
  std::int64_t runs = 0, records = 0, points = 0;
  std::optional<Error> unreachable; // the runs cannot be reached; then the report is not good
};

class Store {
 public:
  enum class Access { owner, reader, automatic }; // automatic: owner when the lock is free, else reader
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& project, Access access);
  virtual ~Store() = default;
  virtual bool owner() const = 0;
  // A reader becomes the owner when the lock is free by now; else nothing changes (ask owner()). An Error:
  // the databases cannot be opened for writing; the store reads on.
  virtual Status takeOver() = 0; // not while another thread may interrupt()

  // Reads every journal from where it stopped; each batch of records with its offset in one transaction. A
  // run leaves the history only when its own site can be read completely and does not contain it, and never
  // when all runs of that site are missing at once. Owner only.
  virtual Result<TakeInResult> takeIn(RunSites& sites) = 0;
  // Reader: waits until the owner's offsets passed the sizes that the journals have now (at most `limit`).
  virtual Status waitForOwner(RunSites& sites, std::chrono::milliseconds limit) = 0;

  virtual Result<std::vector<RunRow>> runs() = 0; // newest first
  virtual Result<RunRow> run(const std::string& id) = 0;
  virtual Result<std::vector<std::string>> keys(const std::string& run) = 0;
  virtual Result<std::vector<SeriesPoint>> points(const std::string& run, const std::string& key,
                                                  std::int64_t first, std::int64_t last) = 0;
  // At most `most` of them from step `first` on: a long series in pieces, each in a short transaction.
  virtual Result<std::vector<SeriesPoint>> pointsFrom(const std::string& run, const std::string& key,
                                                      std::int64_t first, std::size_t most) = 0;
  // At most `pixels` buckets over [first, last] (inclusive; 0,0 = all), aligned to the range, each step in
  // exactly one.
  virtual Result<std::vector<Bucket>> buckets(const std::string& run, const std::string& key,
                                              std::int64_t first, std::int64_t last, int pixels) = 0;
  virtual Result<std::vector<StoredEvent>> events(const std::string& run) = 0; // all but points
  virtual Status setTags(const std::string& run, const std::vector<std::string>& tags) = 0;
  virtual Status setNote(const std::string& run, const std::string& text) = 0;
  virtual Status setName(const std::string& run, const std::string& name) = 0;
  virtual Status setArchived(const std::string& run, bool archived) = 0;
  virtual void interrupt() = 0; // from any thread: the query under way ends with an Error
};

// Rebuilds the databases from the journals. Tags, notes and names are carried over when they can be read;
// so is a run of which the old databases hold more than its damaged or cut journals. The old ones are kept as
// *.before, *.before-2 and *.before-3; of four, the one that contains least goes. Refused while the runs cannot be
// reached: without their journals nothing could be rebuilt.
Result<VerifyReport> rebuildHistory(const std::filesystem::path& project);
// integrity_check, and every point of every journal against the store.
Result<VerifyReport> verifyHistory(const std::filesystem::path& project);

} // namespace loom
