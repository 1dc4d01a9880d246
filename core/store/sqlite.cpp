// SPDX-License-Identifier: Apache-2.0
#include "core/store/sqlite.h"
#include "core/base/hash.h"
#include <algorithm>
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

} // namespace

// Counts by SQLite's progress handler, which is called within long steps, and by the statement's own counter
// between them: a statement may give endless rows in short steps, while others run in between.
class StepCount {
 public:
  explicit StepCount(sqlite3* database) : database_(database) {
    sqlite3_progress_handler(database, interval, &StepCount::onProgress, this);
  }
  StepCount(const StepCount&) = delete;
  StepCount& operator=(const StepCount&) = delete;
  void begin(std::int64_t taken) {
    taken_ = taken;
    over_ = false;
  }
  bool over() const { return over_; }
  bool exceeds(std::int64_t steps) const {
    return steps > limit_.base && steps > limit_.base + limit_.perByte * fileBytes();
  }
  void limit(StepLimit limit) { limit_ = limit; }

 private:
  static constexpr int interval = 10'000;
  static int onProgress(void* self) {
    auto& count = *static_cast<StepCount*>(self);
    count.taken_ += interval;
    count.over_ = count.exceeds(count.taken_);
    return count.over_;
  }
  // Asked only when the base is used up. At most 1 TiB, so that the product fits.
  std::int64_t fileBytes() const {
    std::uintmax_t bytes = 0;
    for (int each = 0; const char* schema = sqlite3_db_name(database_, each); ++each) {
      const char* name = sqlite3_db_filename(database_, schema);
      if (name == nullptr || *name == '\0') continue;
      for (const char* part : {"", "-wal"}) {
        std::error_code unknown;
        const auto size = std::filesystem::file_size(std::string(name) + part, unknown);
        if (!unknown) bytes += size;
      }
    }
    return static_cast<std::int64_t>(std::min(bytes, std::uintmax_t{1} << 40));
  }

  sqlite3* database_;
  StepLimit limit_;
  std::int64_t taken_ = 0;
  bool over_ = false;
};

namespace {

[[noreturn]] void throwEndless(sqlite3* database) {
  const char* name = sqlite3_db_filename(database, "main");
  throwDamaged(
      name && *name ? name : "history",
      say("a query took more steps than the file can need; the file is damaged or was made to stop the "
          "program"));
}

[[noreturn]] void throwFailure(sqlite3* database, int code, const StepCount* count = nullptr) {
  const char* name = database ? sqlite3_db_filename(database, "main") : nullptr;
  const std::string place = name && *name ? name : "history";
  const Message reason = foreign(database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
  const auto fail = [&](ErrorKind kind, Message cause, Message fix, bool damaged = false, bool full = false) {
    throw SqlFailure({kind, place, std::move(cause), std::move(fix)}, damaged, full);
  };
  const Bytes longest{longestDatabaseValue};
  const int system = database ? sqlite3_system_errno(database) : 0;
  int kindOf = code & 0xff;
  // A shared memory file or a page that finds no room is reported as an I/O error.
  if (kindOf == SQLITE_IOERR || kindOf == SQLITE_CANTOPEN)
    if (system == ENOSPC || system == EDQUOT || (kindOf == SQLITE_IOERR && noRoom(place)))
      kindOf = SQLITE_FULL;
  switch (kindOf) {
  case SQLITE_INTERRUPT:
    if (count && count->over()) throwEndless(database);
    fail(ErrorKind::interrupted, say("the query was interrupted"), say("Try again"));
    break;
  case SQLITE_ERROR: // our statements match our tables, so what contradicts them is the file
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    fail(ErrorKind::input, say("the database is damaged: {}", reason),
         say("Rebuild it from the journals with `loom history rebuild`"), true);
    break;
  case SQLITE_TOOBIG:
    fail(ErrorKind::input, say("a text is too long for the database (at most {})", longest),
         say("Shorten the text"));
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

void check(sqlite3* database, int code, const StepCount* count = nullptr) {
  if (code != SQLITE_OK) throwFailure(database, code, count);
}

// With links resolved, as SQLite does it. Never a URI, whatever the folder is called: it begins with a slash.
std::string absolutePath(const std::filesystem::path& file) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(file, failed);
  if (failed)
    throw SqlFailure({ErrorKind::other, file.string(),
                      say("its folder cannot be found: {}", foreign(failed.message())),
                      say("Start the program in a folder that exists")},
                     false);
  const auto resolved = std::filesystem::weakly_canonical(absolute, failed);
  const std::size_t length = failed ? absolute.native().size() : resolved.native().size();
  if (length > longestDatabasePath)
    throw SqlFailure(
        {ErrorKind::input, file.string(),
         say("the database's path must have at most {} bytes (got {})", longestDatabasePath, length),
         say("Move the project to a folder with a shorter path")},
        false);
  return absolute.string();
}

// immutable=1 can only be said in a URI, and mode=ro alone fails where a WAL database was closed cleanly and
// the folder cannot be written. The empty authority keeps "//" at the beginning of a path from being one.
std::string immutableUri(const std::string& path) {
  std::string uri = "file://";
  for (const unsigned char letter : path) {
    if (std::isalnum(letter) || letter == '/' || letter == '.' || letter == '-' || letter == '_')
      uri += static_cast<char>(letter);
    else
      uri += fmt::format("%{:02x}", letter);
  }
  return uri + "?immutable=1";
}

struct Limit {
  int id, value;
};
// Of our own statements, with some room. Only a rebuild attaches: the old database, to the new one.
constexpr Limit limits[] = {{SQLITE_LIMIT_LENGTH, longestDatabaseValue},
                            {SQLITE_LIMIT_SQL_LENGTH, 64 << 10},
                            {SQLITE_LIMIT_COLUMN, 64},
                            {SQLITE_LIMIT_EXPR_DEPTH, 100},
                            {SQLITE_LIMIT_COMPOUND_SELECT, 4},
                            {SQLITE_LIMIT_VDBE_OP, 100'000},
                            {SQLITE_LIMIT_FUNCTION_ARG, 16},
                            {SQLITE_LIMIT_VARIABLE_NUMBER, 64},
                            {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                            {SQLITE_LIMIT_WORKER_THREADS, 0}};
constexpr Limit switches[] = {{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                              {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                              {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                              {SQLITE_DBCONFIG_DQS_DML, 0},
                              {SQLITE_DBCONFIG_DQS_DDL, 0},
                              {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                              {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                              {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0}};

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
  if (count_) count_->begin(steps_);
  const int code = sqlite3_step(statement_);
  sqlite3* database = sqlite3_db_handle(statement_);
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    steps_ += sqlite3_stmt_status(statement_, SQLITE_STMTSTATUS_VM_STEP, 1);
    if (code == SQLITE_ROW && count_ && count_->exceeds(steps_)) throwEndless(database);
    return code == SQLITE_ROW;
  }
  // What is there already and is longer than anything that we write.
  if (code == SQLITE_TOOBIG && sqlite3_stmt_readonly(statement_) != 0) {
    const char* name = sqlite3_db_filename(database, "main");
    throwDamaged(name ? name : "history", say("a value is longer than {}", Bytes{longestDatabaseValue}));
  }
  throwFailure(database, code, count_);
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const {
  return isNull(column) ? NAN : sqlite3_column_double(statement_, column);
}

std::string Rows::text(int column) const {
  return std::string(bytes(column, sqlite3_column_text(statement_, column)));
}

std::string_view Rows::blob(int column) const {
  return bytes(column, sqlite3_column_blob(statement_, column));
}

std::string_view Rows::bytes(int column, const void* value) const {
  if (!value) return {};
  const int size = sqlite3_column_bytes(statement_, column);
  steps_ += size;
  return {static_cast<const char*>(value), static_cast<std::size_t>(size)};
}

bool Rows::isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::uint32_t Rows::checksum(std::uint32_t seed, int from, int to) const {
  const auto add = [&](const auto& value) {
    seed = crc32c({reinterpret_cast<const char*>(&value), sizeof value}, seed);
  };
  for (int column = from; column < to; ++column) {
    const int type = sqlite3_column_type(statement_, column);
    add(static_cast<std::int64_t>(type));
    if (type == SQLITE_INTEGER) add(integer(column));
    if (type == SQLITE_FLOAT) add(std::bit_cast<std::uint64_t>(real(column)));
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) continue;
    const std::string_view bytes = blob(column);
    add(static_cast<std::uint64_t>(bytes.size()));
    seed = crc32c(bytes, seed);
  }
  return seed;
}

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

Statement::Statement(sqlite3* database, StepCount* count, std::string_view sql) : count_(count) {
  if (count) count->begin(0); // the schema is read by statements, too
  check(database,
        sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement_, nullptr),
        count);
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

Database::Database() = default;

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  int flags = SQLITE_OPEN_NOMUTEX |
              (mode == Mode::owner || mode == Mode::scratch ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                            : SQLITE_OPEN_READONLY);
  std::string name;
  if (mode != Mode::scratch) name = absolutePath(file);
  if (mode == Mode::owner) setJournalAside(file);
  if (mode == Mode::immutable) {
    name = immutableUri(name);
    flags |= SQLITE_OPEN_URI;
  }
  if (const int code = sqlite3_open_v2(name.c_str(), &database_, flags, nullptr); code != SQLITE_OK)
    failOpening(code);
  restrict(mode);
}

void Database::restrict(Mode mode) {
  sqlite3_extended_result_codes(database_, 0);
  sqlite3_busy_timeout(database_, mode == Mode::owner ? 5000 : 2000);
  for (const Limit& each : switches)
    if (const int code = sqlite3_db_config(database_, each.id, each.value, nullptr); code != SQLITE_OK)
      failOpening(code);
  for (const Limit& each : limits) sqlite3_limit(database_, each.id, each.value);
  sqlite3_limit(database_, SQLITE_LIMIT_ATTACHED, mode == Mode::owner ? 1 : 0);
  // Scratch files contain only what we put into them, and need journal_mode=OFF.
  if (mode == Mode::scratch) return;
  steps_ = std::make_unique<StepCount>(database_);
  int code = sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (code == SQLITE_OK)
    code = sqlite3_exec(database_, "PRAGMA cell_size_check=1;PRAGMA mmap_size=0", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) failOpening(code);
}

void Database::failOpening(int code) {
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
    : database_(std::exchange(other.database_, nullptr)), steps_(std::move(other.steps_)),
      file_(std::move(other.file_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(steps_, other.steps_);
  std::swap(file_, other.file_);
  return *this;
}

Database::~Database() { sqlite3_close_v2(database_); }

void Database::execute(const std::string& sql) const {
  if (steps_) steps_->begin(0);
  check(database_, sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), steps_.get());
}

void Database::attachOld(const std::filesystem::path& file) const {
  const std::string path = absolutePath(file);
  setJournalAside(file);
  prepare("ATTACH ? AS old").run(path);
}

std::int64_t Database::number(std::string_view sql) const {
  Statement statement = prepare(sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

void Database::interrupt() const {
  if (database_) sqlite3_interrupt(database_);
}

void Database::limitSteps(StepLimit limit) const {
  if (steps_) steps_->limit(limit);
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

std::optional<std::filesystem::path> setAside(const std::filesystem::path& file) {
  const auto exists = [](const std::filesystem::path& path) {
    std::error_code unknown;
    return std::filesystem::exists(std::filesystem::symlink_status(path, unknown));
  };
  if (!exists(file)) return std::nullopt;
  const auto numbered = [&](int number) {
    return std::filesystem::path(fmt::format("{}.set-aside-{}", file.string(), number));
  };
  int number = 1;
  while (exists(numbered(number))) ++number;
  const std::filesystem::path aside = numbered(number);
  std::error_code failed;
  std::filesystem::rename(file, aside, failed);
  if (failed)
    throw SqlFailure(
        {ErrorKind::other, file.string(),
         say("it does not belong to a history and cannot be renamed: {}", foreign(failed.message())),
         say("Move it away, then try again")},
        false);
  return aside;
}

std::optional<std::filesystem::path> setJournalAside(const std::filesystem::path& file) {
  return setAside(file.string() + "-journal");
}

} // namespace loom
