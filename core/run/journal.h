// SPDX-License-Identifier: Apache-2.0
// The journal of one attempt: runs/<uuid>/attempts/<k>/journal. One record a line: crc32c of what follows (8
// hex digits), space, sequence number from 0, space, compact JSON, newline; at most 64 KiB. Appended with a
// single write; a torn last line is not an error, it is not there yet. A damaged line elsewhere is one, and
// costs only itself: reading continues behind it.
#pragma once
#include "core/base/json.h"
#include "core/base/os/file.h"
#include "core/run/events.h"
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loom {

class JournalWriter {
 public:
  static Result<JournalWriter> create(const std::filesystem::path& attemptFolder); // must not exist yet
  Status append(const RunEvent& event);
  Status append(const std::vector<RunEvent>& events); // one write
  Status sync();                                      // fsync
  std::uint64_t nextSequence() const;

 private:
  JournalWriter() = default;
  os::File open_;
  std::uint64_t next_ = 0;
  std::filesystem::path file_;
};

// Gathers points by key and gives them as records of at most 256 points of one key.
class PointBuffer {
 public:
  void add(std::string_view key, std::int64_t step, double seconds, double value);
  std::vector<RunEvent> take();

 private:
  struct Column {
    std::string key;
    std::vector<std::int64_t> steps;
    std::vector<double> times, values;
  };
  std::vector<Column> columns_;
};

inline constexpr std::size_t longestRecord = 64u << 10; // bytes with the newline

// The columns of a `points` record: equal lengths, 1 to 256 steps that ascend, from 0 to 2^53.
struct PointColumns {
  std::string key;
  std::vector<std::int64_t> steps;
  std::vector<double> times, values;
};
bool isPoints(std::string_view json); // the text of a `points` record, as JournalWriter writes it
// Fills `into` (its memory is used again) from a record's text without a JSON value in between, about five
// times as fast. Kind input when the record is not as events.h says.
Status readPoints(std::string_view json, const Place& place, PointColumns& into);
Status checkPoints(const PointColumns& columns, const Place& place);

// One sound line: checksum and form are right, the JSON is not parsed yet. `json` is borrowed from the bytes
// given.
struct JournalLine {
  std::uint64_t sequence = 0;
  std::string_view json;
  std::uint64_t end = 0; // byte offset behind the record
};
// What was read so far of a journal.
struct JournalState {
  std::optional<std::uint64_t> next = 0; // the sequence number to come; nullopt: any
  bool behindDamage = false;             // what stands just before is damaged, and that was said
};
struct JournalLines {
  std::vector<JournalLine> lines;
  std::uint64_t offset = 0;     // where to continue
  JournalState state;           // with this
  std::vector<Error> damages;   // one for each damaged stretch, at most mostDamages
  std::int64_t moreDamages = 0; // the number of stretches that are not in `damages`
  bool damaged() const { return !damages.empty(); }
};
inline constexpr std::size_t mostDamages = 5;
// `bytes` stand at `offset` of the journal that `place` names. A line that is not sound, or whose sequence
// number was there already, is skipped; the next sound one with a higher number counts. Which lines count
// does not depend on how the journal is cut into `bytes`.
JournalLines splitJournal(std::string_view bytes, std::uint64_t offset, const Place& place,
                          JournalState state = {});
// Where errors say that they are.
Place placeOfJournal(const std::string& run, int attempt);
Place placeOfRecord(const Place& journal, std::uint64_t sequence);

struct JournalRecord {
  std::uint64_t sequence = 0;
  RunEvent event;
  std::uint64_t end = 0; // byte offset behind the record
};
struct JournalRead {
  std::vector<JournalRecord> records;
  std::uint64_t offset = 0;   // where to continue
  std::vector<Error> damages; // what was skipped, at most mostDamages
};

// Where journals are read from. Part of a RunSite (site.h), which also knows who trains and whether runs() is
// complete. Thread safe.
class JournalSource {
 public:
  virtual ~JournalSource() = default;
  virtual Result<std::vector<std::string>> runs() = 0;
  virtual Result<std::vector<int>> attempts(const std::string& run) = 0; // ascending
  virtual Result<std::uint64_t> size(const std::string& run, int attempt) = 0;
  // At most maxBytes of the journal from `offset` on, as they lie there; empty at its end.
  virtual Result<std::string> bytes(const std::string& run, int attempt, std::uint64_t offset,
                                    std::size_t maxBytes) = 0;
  virtual Result<std::string> config(const std::string& run) = 0; // the text of run.json
  // The records in bytes(): `maxBytes` is raised to the length of one record.
  Result<JournalRead> read(const std::string& run, int attempt, std::uint64_t offset, std::size_t maxBytes);
};
std::unique_ptr<JournalSource> journalsIn(const std::filesystem::path& project); // of its own runs/
std::unique_ptr<JournalSource> journalsBelow(const std::filesystem::path& runsFolder);

// The numbers of the attempts of a run, ascending; empty when it has none. Other names in the folder are
// skipped. An Error when the folder exists and cannot be read.
Result<std::vector<int>> attemptsIn(const std::filesystem::path& runFolder);
Result<std::uint64_t> sizeOfFile(const std::filesystem::path& file); // 0 when it does not exist
// At most maxBytes of a file that grows, from `offset` on; empty at its end. Never waits for a pipe.
Result<std::string> bytesFrom(const std::filesystem::path& file, std::uint64_t offset, std::size_t maxBytes);
bool isRunName(std::string_view name); // a folder of this name in runs/ is a run

} // namespace loom
