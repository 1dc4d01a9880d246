// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite.h"
#include <bit>
#include <cerrno>
#include <cmath>
#include <fmt/format.h>
#include <sqlite3.h>

namespace loom {
namespace {

bool noRoom(const std::string& file) {
  std::error_code unknown;
  const auto space = std::filesystem::space(std::filesystem::path(file).parent_path(), unknown);
  return !unknown && space.free < std::uintmax_t{64} << 10;
}

[[noreturn]] void throwFailure(sqlite3* database, int code) {
  const char* name = database ? sqlite3_db_filename(database, "main") : nullptr;
  const std::string place = name && *name ? name : "history";
  const Message reason = foreign(database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
  const auto fail = [&](ErrorKind kind, Message cause, Message fix, bool damaged = false, bool full = false) {
    throw SqlFailure({kind, place, std::move(cause), std::move(fix)}, damaged, full);
  };
  const int system = database ? sqlite3_system_errno(database) : 0;
  int kindOf = code & 0xff;
  // A shared memory file or a page that finds no room is reported as an I/O error.
  if (kindOf == SQLITE_IOERR || kindOf == SQLITE_CANTOPEN)
    if (system == ENOSPC || system == EDQUOT || (kindOf == SQLITE_IOERR && noRoom(place)))
      kindOf = SQLITE_FULL;
  switch (kindOf) {
  case SQLITE_INTERRUPT:
    fail(ErrorKind::interrupted, say("the query was interrupted"), say("Try again"));
    break;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    fail(ErrorKind::input, say("the database is damaged: {}", reason),
         say("Rebuild it from the journals with `loom history rebuild`"), true);
    break;
  case SQLITE_FULL:
    fail(ErrorKind::other, say("the disk is full; nothing that was stored is lost"),
         say("Free some space, then try again"), false, true);
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    fail(ErrorKind::other, say("another program uses the database"),
         say("Close the other program, then try again"));
    break;
  case SQLITE_NOMEM:
    fail(ErrorKind::memory, say("there is not enough memory for the database"),
         say("Close other programs, then try again"));
    break;
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_CANTOPEN:
    fail(ErrorKind::other, say("the database cannot be opened: {}", reason),
         say("Allow reading and writing in the project's history folder"));
    break;
  default:
    fail(ErrorKind::other, say("the database failed: {}", reason),
         say("Try again; if it fails again, check the disk that contains it"));
  }
  std::terminate();
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) throwFailure(database, code);
}

} // namespace

void throwDamaged(const std::filesystem::path& file, Message cause) {
  throw SqlFailure({ErrorKind::input, file.string(), std::move(cause),
                    say("Rebuild it from the journals with `loom history rebuild`")},
                   true);
}

Rows::~Rows() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throwFailure(sqlite3_db_handle(statement_), code);
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const {
  return isNull(column) ? NAN : sqlite3_column_double(statement_, column);
}

std::string Rows::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string();
}

std::string_view Rows::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

bool Rows::isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

int Rows::columns() const { return sqlite3_column_count(statement_); }

bool Rows::sameCell(int column, const Rows& other) const {
  const int type = sqlite3_column_type(statement_, column);
  if (sqlite3_column_type(other.statement_, column) != type) return false;
  if (type == SQLITE_NULL) return true;
  if (type == SQLITE_INTEGER) return integer(column) == other.integer(column);
  if (type == SQLITE_FLOAT)
    return std::bit_cast<std::uint64_t>(real(column)) == std::bit_cast<std::uint64_t>(other.real(column));
  return blob(column) == other.blob(column);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  check(database, sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                     SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::int64_t value) {
  check(sqlite3_db_handle(statement_), sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, double value) {
  check(sqlite3_db_handle(statement_), sqlite3_bind_double(statement_, index, value));
}

void Statement::bind(int index, const std::string& text) {
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, const Blob& blob) {
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_blob64(statement_, index, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC));
}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  std::string name = file.string();
  int flags = SQLITE_OPEN_NOMUTEX |
              (mode == Mode::owner || mode == Mode::scratch ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                            : SQLITE_OPEN_READONLY);
  if (mode == Mode::scratch) name.clear();
  if (mode == Mode::immutable) {
    // As a URI: mode=ro alone fails where a WAL database was closed cleanly and the folder cannot be written.
    std::string uri = "file:";
    for (const unsigned char letter : name) {
      if (std::isalnum(letter) || letter == '/' || letter == '.' || letter == '-' || letter == '_')
        uri += static_cast<char>(letter);
      else
        uri += fmt::format("%{:02x}", letter);
    }
    name = uri + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  const int code = sqlite3_open_v2(name.c_str(), &database_, flags, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(database_, 0);
    sqlite3_busy_timeout(database_, mode == Mode::owner ? 5000 : 2000);
    return;
  }
  sqlite3* failed = std::exchange(database_, nullptr);
  try {
    throwFailure(failed, code);
  } catch (SqlFailure& failure) {
    sqlite3_close_v2(failed);
    failure.error.place = file_.string();
    throw;
  }
}

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), file_(std::move(other.file_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(file_, other.file_);
  return *this;
}

Database::~Database() { sqlite3_close_v2(database_); }

void Database::execute(const std::string& sql) const {
  check(database_, sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::int64_t Database::number(std::string_view sql) const {
  Statement statement = prepare(sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

void Database::interrupt() const {
  if (database_) sqlite3_interrupt(database_);
}

bool Database::inTransaction() const { return database_ && sqlite3_get_autocommit(database_) == 0; }

Transaction::Transaction(const Database& database, bool writing) : database_(&database) {
  database.execute(writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!database_ || !database_->inTransaction()) return;
  try {
    database_->execute("ROLLBACK");
  } catch (const SqlFailure&) {
    // SQLite has rolled back by itself; there is nothing left to undo.
  }
}

void Transaction::commit() {
  database_->execute("COMMIT");
  database_ = nullptr;
}

} // namespace loom
