// SPDX-License-Identifier: Apache-2.0
// The Store over a project's two databases. Its own header, since verifying looks deeper into it than the
// Store's guests do.
#pragma once
#include "core/store/catalogue.h"
#include "core/store/follower.h"
#include "core/store/history.h"
#include "core/store/series_reader.h"
#include "core/store/store.h"
#include <functional>
#include <map>

namespace loom {

class ProjectStore : public Store {
 public:
  // With the lock: owner. Throws SqlFailure.
  ProjectStore(std::filesystem::path project, HistoryPlace place, std::optional<HistoryLock> lock);
  bool owner() const override { return lock_.has_value(); }
  Status takeOver() override;
  Result<TakeInResult> takeIn(RunSites& sites) override { return takeIn(sites, true); }
  // `mark`: the marker may be written where the history shows that a site is complete.
  Result<TakeInResult> takeIn(RunSites& sites, bool mark);
  Status waitForOwner(RunSites& sites, std::chrono::milliseconds limit) override;
  Result<std::vector<RunRow>> runs() override;
  Result<RunRow> run(const std::string& id) override;
  Result<std::vector<std::string>> keys(const std::string& run) override;
  Result<std::vector<SeriesPoint>> points(const std::string& run, const std::string& key, std::int64_t first,
                                          std::int64_t last) override;
  Result<std::vector<SeriesPoint>> pointsFrom(const std::string& run, const std::string& key,
                                              std::int64_t first, std::size_t most) override;
  Result<std::vector<Bucket>> buckets(const std::string& run, const std::string& key, std::int64_t first,
                                      std::int64_t last, int pixels) override;
  Result<std::vector<StoredEvent>> events(const std::string& run) override;
  Status setTags(const std::string& run, const std::vector<std::string>& tags) override;
  Status setNote(const std::string& run, const std::string& text) override;
  Status setName(const std::string& run, const std::string& name) override;
  Status setArchived(const std::string& run, bool archived) override;
  void interrupt() override;

  // Closes the databases; the store cannot be used any more.
  std::optional<HistoryLock> close();

  const Database& catalogue() const { return catalogue_; }
  const Database& metrics() const { return metrics_; }
  SeriesReader& series() { return *series_; }
  Error readOnly() const;
  Error behindJournals() const;
  // Whether the journals hold more than was taken in. Throws SqlFailure.
  bool behind(RunSites& sites);

 private:
  struct Wanted {
    RunSite* site;
    std::string run;
    int attempt;
    std::uint64_t size;
  };
  void openOwned();
  void openReader();
  Result<std::vector<Wanted>> wanted(RunSites& sites); // journals and how long they are
  void dropReached(std::vector<Wanted>& wanted);
  std::vector<RunRow> filled(const std::string& run);
  std::optional<double> validationAtBest(const RunRow& row);
  Status change(const std::string& run, const std::function<void(Label&)>& how);

  std::filesystem::path project_;
  HistoryPlace place_;
  std::optional<HistoryLock> lock_;
  Database catalogue_, metrics_;
  std::vector<Error> problems_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<CatalogueReader> rows_;
  std::unique_ptr<SeriesReader> series_;
  // By run: the step that was looked up, and what stands there.
  std::map<std::string, std::pair<std::int64_t, std::optional<double>>> validations_;
};

// Before the databases are made again: the second copy of what people wrote is brought up to date. True when
// the catalogue was damaged and is new already. The caller holds the lock. Throws SqlFailure.
bool keepLabels(const std::filesystem::path& project, const std::filesystem::path& folder,
                std::vector<Error>& problems);
// What verifyHistory() does, with an open store. `mark`: see ProjectStore.
Result<VerifyReport> verifyStore(ProjectStore& store, RunSites& sites, bool mark,
                                 std::optional<Error> unreachable = {});
Result<std::unique_ptr<ProjectStore>> openStore(const std::filesystem::path& project, Store::Access access);

} // namespace loom
