// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with owners: connections, prepared statements, transactions. Private to core/store.
// Failures are thrown as SqlFailure inside this room and become an Error at the Store's public functions
// (guarded below).
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <exception>
#include <filesystem>
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

// One row at a time; the statement is free for its next use when the Rows are gone.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
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
  bool sameCell(int column, const Rows& other) const; // type and value, doubles by their bits

 private:
  sqlite3_stmt* statement_;
};

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~Statement();

  // Blobs and texts are borrowed until the Rows are gone.
  template<class... Values> Rows query(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Rows(statement_);
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

 public:
  static Blob asBlob(std::string_view bytes) { return {bytes}; }
};

class Database {
 public:
  enum class Mode {
    owner,
    reader,
    immutable, // no lock, no WAL is looked for; the folder cannot be written
    scratch    // a file of its own in the system's temporary folder, gone with the connection
  };
  Database() = default;
  Database(const std::filesystem::path& file, Mode mode); // scratch: `file` is only what errors name
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();
  Statement prepare(std::string_view sql) const { return Statement(database_, sql); }
  void execute(const std::string& sql) const;
  std::int64_t number(std::string_view sql) const; // the first column of the first row
  void interrupt() const;                          // from any thread
  const std::filesystem::path& file() const { return file_; }
  bool isOpen() const { return database_ != nullptr; }
  bool inTransaction() const;

 private:
  sqlite3* database_ = nullptr;
  std::filesystem::path file_;
};

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
