// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with owners: connections, prepared statements, transactions. Private to core/store.
// Failures are thrown as SqlFailure inside this room and become an Error at the Store's public functions
// (guarded below).
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace loom {

class SqlFailure : public std::exception {
 public:
  SqlFailure(Error error, bool damaged, bool full = false)
      : error(std::move(error)), damaged(damaged), full(full) {}
  const char* what() const noexcept override { return "a database failed"; }
  Error error;
  bool damaged; // the file is not a sound database: it can be rebuilt from the journals
  bool full;    // there is no room on its disk
};
// A blob or row that cannot be as we wrote it.
[[noreturn]] void throwDamaged(const std::filesystem::path& file, Message cause);

// How many steps of SQLite's virtual machine one statement may take: `base`, and `perByte` for each byte of the
// files that the connection has open. A statement over tables of ours visits each row a few times, which is far
// less; what exceeds it reads a damaged file in circles, or was made to never end. Steps, not seconds: a slow
// disk and a suspended computer are no faults.
struct StepLimit {
  std::int64_t base = 20'000'000, perByte = 32;
};
class StepCount; // of one connection

// One row at a time; the statement is free for its next use when the Rows are gone.
class Rows {
 public:
  Rows(sqlite3_stmt* statement, StepCount* count) : statement_(statement), count_(count) {}
  Rows(Rows&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), count_(other.count_), steps_(other.steps_) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();
  bool next();
  std::int64_t integer(int column) const;
  double real(int column) const; // NULL is NaN
  std::string text(int column) const;
  std::string_view blob(int column) const; // valid until next()
  bool isNull(int column) const;
  int columns() const;
  // crc32c of the cells [from, to) with their types, added to `seed`.
  std::uint32_t checksum(std::uint32_t seed, int from, int to) const;
  bool sameCell(int column, const Rows& other) const; // type and value, doubles by their bits

 private:
  std::string_view bytes(int column, const void* value) const;
  sqlite3_stmt* statement_;
  StepCount* count_;
  // Taken so far. Each byte of a text or a blob that is read counts as one, too: many rows of a hostile file
  // may share the pages of one long text.
  mutable std::int64_t steps_ = 0;
};

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, StepCount* count, std::string_view sql);
  Statement(Statement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), count_(other.count_) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Statement();

  // Blobs and texts are borrowed until the Rows are gone.
  template<class... Values> Rows query(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Rows(statement_, count_);
  }
  template<class... Values> void run(const Values&... values) {
    Rows rows = query(values...);
    while (rows.next()) {
    }
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value); // NaN is NULL
  void bind(int index, const std::string& text);
  struct Blob {
    std::string_view bytes;
  };
  void bind(int index, const Blob& blob);
  sqlite3_stmt* statement_ = nullptr;
  StepCount* count_ = nullptr;

 public:
  static Blob asBlob(std::string_view bytes) { return {bytes}; }
};

// The longest path that SQLite opens, with symbolic links resolved; it appends up to eight bytes to it.
inline constexpr std::size_t longestDatabasePath = 504;
// The longest text or blob, and the longest row: the points of a chunk take 100 kB at most, a record 64 KiB.
inline constexpr int longestDatabaseValue = 16 << 20;

// Nothing in a file is believed: a project may come from somebody else. A connection takes no URI, loads no
// extension, fires no trigger, reads no view, and calls no function that a schema names; values, statements
// and the steps of each statement have limits. What a file has besides tables of ours is found by
// checkSchema (core/store/schema.h), before its first use.
class Database {
 public:
  enum class Mode {
    owner,
    reader,
    immutable, // no lock, no WAL is looked for; the folder cannot be written
    scratch    // a file of its own in the system's temporary folder, gone with the connection
  };
  Database();
  Database(const std::filesystem::path& file, Mode mode); // scratch: `file` is only what errors name
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();
  Statement prepare(std::string_view sql) const { return Statement(database_, steps_.get(), sql); }
  void execute(const std::string& sql) const;
  void
  attachOld(const std::filesystem::path& file) const; // under the name `old`; checked by the caller before
  std::int64_t number(std::string_view sql) const;    // the first column of the first row
  void interrupt() const;                             // from any thread
  const std::filesystem::path& file() const { return file_; }
  bool isOpen() const { return database_ != nullptr; }
  bool inTransaction() const;
  void limitSteps(StepLimit limit) const; // for tests; scratch files have no limit

 private:
  void restrict(Mode mode);
  void failOpening(int code);
  sqlite3* database_ = nullptr;
  std::unique_ptr<StepCount> steps_;
  std::filesystem::path file_;
};

// Renames it to <file>.set-aside-<n>; the new name, or nothing where there is no such file. Throws SqlFailure.
std::optional<std::filesystem::path> setAside(const std::filesystem::path& file);
// Renames <file>-journal to <file>-journal.set-aside-<n>. Our databases are in WAL mode and never have one;
// SQLite would play it back into the file, and delete the file that its last bytes name (a super-journal).
// Before a database is opened or attached, by the owner of the history alone: while SQLite makes a new
// database, there is one for an instant. Throws SqlFailure.
std::optional<std::filesystem::path> setJournalAside(const std::filesystem::path& file);

// Rolled back when it goes without commit(). A reading one gives its statements one view of the file.
class Transaction {
 public:
  Transaction(const Database& database, bool writing);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  const Database* database_;
};

// Runs `work` (which gives a Result or a Status) and turns a SqlFailure into its Error.
template<class Work> auto guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const SqlFailure& failure) {
    return failure.error;
  }
}

} // namespace loom
