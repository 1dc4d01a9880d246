// SPDX-License-Identifier: Apache-2.0
// catalogue.db: the runs with their settings, and every record of their journals but the points. The writing
// half works inside a transaction that the caller holds; after a rollback the caller calls forget().
#pragma once
#include "core/run/run_lock.h"
#include "core/store/fold.h"
#include "core/store/labels.h"
#include "core/store/rows.h"
#include "core/store/sqlite.h"
#include <set>
#include <unordered_map>

namespace loom {

void createCatalogue(const Database& database);   // the schema, in an empty file
void completeCatalogue(const Database& database); // adds what a catalogue of an earlier version does not have

// Where a run is, and whether it is trained there, as far as its site said last.
struct RunPlace {
  std::string site; // empty: the project's own runs/
  Liveness::State liveness = Liveness::State::ended;
  std::int64_t since = 0; // unknown: microseconds since 1970
  std::string why;        // unknown: the text of a Message, as the database keeps it
  bool operator==(const RunPlace&) const = default;
};

class CatalogueReader {
 public:
  explicit CatalogueReader(const Database& database);
  // Newest first; without what metrics.db knows. `run` empty: all.
  std::vector<RunRow> rows(const std::string& run);
  std::vector<StoredEvent> events(const std::string& run);
  bool has(const std::string& run);

 private:
  const Database& database_;
  Statement runs_, run_, settings_, settingsOf_, events_, has_;
};

// The text of a run.json as JSON; an Error where it is not an object of JSON, or of a format unknown here.
Result<Json> readConfigText(const Result<std::string>& text, const Place& place);

class CatalogueWriter {
 public:
  explicit CatalogueWriter(const Database& database);
  struct Run {
    std::int64_t number = 0;
    bool configured = false;
  };
  std::optional<Run> find(const std::string& uuid);
  Run add(const std::string& uuid);
  std::vector<std::string> uuids();
  // False when what is stored of the run does not match its checksum; then that stays as it is, so that the
  // damage is seen until the run is removed and taken in again. Rows of earlier versions have no checksum.
  bool fits(const std::string& uuid);
  // What run.json says; whatever of it cannot be read stays empty.
  void configure(std::int64_t run, const Json& config);
  void take(std::int64_t run, int attempt, std::uint64_t sequence, const RunEvent& event);
  // What came from attempts from this one on, whose journals are gone, and what described steps beyond `step`.
  // The rest of their records, which nothing else has, stays as attempt 0.
  void takeBack(std::int64_t run, int attempt, std::int64_t step);
  RunPlace placeOf(const std::string& uuid);
  void setPlace(const std::string& uuid, const RunPlace& place);
  void flush(); // before COMMIT
  void forget();
  void forget(std::int64_t run);
  void remove(std::int64_t run);

 private:
  struct Held {
    RunFold fold;
    bool changed = false;
  };
  Held& held(std::int64_t run);
  void storeChecksum(std::int64_t run);
  std::uint32_t checksumOf(std::int64_t run);
  void dropBeyond(std::int64_t run, std::int64_t step); // the records of what is superseded
  RunFold foldAgain(std::int64_t run);

  const Database& database_;
  Statement find_, add_, uuids_, configure_, addSetting_, addEvent_, dropEvents_, listEvents_, readPlace_,
      setAlive_, addPlace_, dropPlace_, readFold_, writeFold_, readShown_, readSettings_, readChecksum_,
      writeChecksum_;
  std::unordered_map<std::int64_t, Held> runs_;
  std::set<std::int64_t> damaged_;
};

} // namespace loom
