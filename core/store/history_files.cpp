// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/store/catalogue.h"
#include "core/store/history.h"
#include "core/store/schema.h"
#include "core/store/series_writer.h"
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

// Of such a size a database is read through when it is opened: a few tens of milliseconds.
constexpr std::uintmax_t checkedAtOnce = 8u << 20;

struct Kind {
  std::int64_t application;
  int pageSize;
  const char* synchronous;
  int cacheKiB, checkpointPages, journalLimit;
  const Schema& schema;
  void (*complete)(const Database&); // adds what an earlier version's file does not have
};
const Kind catalogueKind{0x4C6F6F43, 4096, "FULL", 16384, 1000, 16 << 20, catalogueSchema, completeCatalogue};
// 8 KiB pages gave the smallest file; 4,000 of them are checkpointed at a time.
const Kind metricsKind{0x4C6F6F4D, 8192, "NORMAL", 65536, 4000, 64 << 20, metricsSchema, completeMetrics};

std::uintmax_t sizeOf(const fs::path& file) {
  std::error_code unknown;
  const auto size = fs::file_size(file, unknown);
  return unknown ? 0 : size;
}
fs::path walOf(const fs::path& file) { return file.string() + "-wal"; }

// The file is never opened beside SQLite's own descriptor: closing it would drop the locks that another
// connection of this process holds.
void checkLength(const fs::path& file) {
  std::error_code unknown;
  if (fs::exists(file, unknown) && sizeOf(file) == 0 && sizeOf(walOf(file)) == 0)
    throwDamaged(file, say("the file is empty"));
}

// SQLite takes half a page at the end for a whole one.
void checkPages(const Database& database, std::uintmax_t size) {
  const auto page = static_cast<std::uintmax_t>(database.number("PRAGMA page_size"));
  if (page == 0 || size % page != 0 ||
      static_cast<std::uintmax_t>(database.number("PRAGMA page_count")) * page > size)
    throwDamaged(database.file(), say("the end of the file is missing"));
}

std::string firstText(const Database& database, const char* sql) {
  Statement statement = database.prepare(sql);
  Rows rows = statement.query();
  return rows.next() ? rows.text(0) : std::string();
}

[[noreturn]] void refuseNewer(const fs::path& file, std::int64_t version) {
  throw SqlFailure({ErrorKind::input, file.string(),
                    say("It has format {}; this program reads up to {}", version, historySchema),
                    say("Use a newer Neuroloom, or move the file away: it is rebuilt from the journals")},
                   false);
}

// The one place where a file is found to be a database of ours: nothing else is asked of it before.
void checkKind(const Database& database, const Kind& kind, std::int64_t version) {
  if (database.number("PRAGMA application_id") != kind.application)
    throwDamaged(database.file(), say("it is another program's database"));
  if (version > historySchema) refuseNewer(database.file(), version);
  if (version != historySchema) throwDamaged(database.file(), say("Format {} does not exist", version));
  checkSchema(database, kind.schema);
}

void useWal(const Database& database, const Kind& kind) {
  if (firstText(database, "PRAGMA journal_mode=WAL") != "wal")
    throw SqlFailure({ErrorKind::other, database.file().string(),
                      say("the file system does not support what the database needs"),
                      say("Move the project to a local disk")},
                     false);
  database.execute(
      fmt::format("PRAGMA synchronous={};PRAGMA wal_autocheckpoint={};PRAGMA journal_size_limit={}",
                  kind.synchronous, kind.checkpointPages, kind.journalLimit));
}

using Fill = std::function<void(const Database&)>;

OwnedDatabase openSound(const fs::path& file, const Kind& kind, const Fill& fill) {
  checkLength(file);
  const std::uintmax_t size = sizeOf(walOf(file)) == 0 ? sizeOf(file) : 0;
  OwnedDatabase owned;
  owned.database = Database(file, Database::Mode::owner);
  const Database& database = owned.database;
  database.execute(fmt::format("PRAGMA page_size={};PRAGMA cache_size=-{}", kind.pageSize, kind.cacheKiB));
  const std::int64_t version = database.number("PRAGMA user_version");
  const bool made = version == 0 && database.number("SELECT EXISTS(SELECT 1 FROM sqlite_master)") == 0;
  if (!made) checkKind(database, kind, version);
  useWal(database, kind);
  if (made) {
    Transaction making(database, true);
    kind.schema.create(database);
    fill(database);
    database.execute(
        fmt::format("PRAGMA application_id={};PRAGMA user_version={}", kind.application, historySchema));
    making.commit();
    owned.made = true;
    return owned;
  }
  if (size > 0) checkPages(database, size);
  if (sizeOf(file) <= checkedAtOnce)
    if (const std::string finding = firstText(database, "PRAGMA quick_check(1)"); finding != "ok")
      throwDamaged(file, foreign(finding));
  kind.complete(database);
  return owned;
}

// What a full disk let nothing be written into is not left behind: it would look damaged.
OwnedDatabase openOwned(const fs::path& file, const Kind& kind, const Fill& fill,
                        std::vector<Error>& problems) {
  refuseIrregular(file);
  const auto journal = setJournalAside(file);
  if (journal && sizeOf(file) > 0) // else one that making the database left, when it was killed
    problems.push_back({ErrorKind::input, journal->string(),
                        say("This file was next to a database that never has one, and was renamed"),
                        say("Nothing needs to be done; delete the file if you do not know it")});
  std::error_code unknown;
  const bool there = fs::exists(file, unknown);
  try {
    return openSound(file, kind, fill);
  } catch (const SqlFailure& failure) {
    if (!there && !failure.damaged && sizeOf(file) == 0)
      for (const char* part : {"", "-wal", "-shm"}) fs::remove(file.string() + part, unknown);
    throw;
  }
}

[[noreturn]] void refuseFull(const fs::path& file) {
  throw SqlFailure({ErrorKind::other, file.string(), say("the disk is full; nothing that was stored is lost"),
                    say("Free some space, then try again")},
                   false, true);
}

OwnedDatabase openOrRemake(const fs::path& file, const Kind& kind, const Fill& fill,
                           const std::function<void()>& rescue, std::vector<Error>& problems) {
  try {
    return openOwned(file, kind, fill, problems);
  } catch (const SqlFailure& failure) {
    if (!failure.damaged) throw;
    // Nothing could be rebuilt there, and what looks damaged may only have found no room.
    if (diskNearlyFull(file.parent_path())) refuseFull(file);
    rescue();
    problems.push_back(moveAside(file, failure.error.cause, RebuiltFrom::journals));
  }
  OwnedDatabase owned = openOwned(file, kind, fill, problems);
  owned.made = true;
  return owned;
}

// As much as a damaged catalogue still tells, if its two tables are ours.
std::optional<Labels> rescueLabels(const fs::path& file) {
  try {
    const Database database(file, Database::Mode::reader);
    for (const SchemaFault& fault : schemaFaults(database, catalogueSchema))
      if (fault.name == "label" || fault.name == "tag") return std::nullopt;
    return readLabels(database);
  } catch (const SqlFailure&) {
    return std::nullopt;
  }
}

} // namespace

void refuseIrregular(const fs::path& file) {
  for (const char* part : {"", "-wal", "-shm"}) {
    const fs::path each = file.string() + part;
    std::error_code unknown;
    const auto status = fs::status(each, unknown);
    // SQLite would write into the file that a link of this name leads to.
    if (*part != '\0' && fs::is_symlink(fs::symlink_status(each, unknown)))
      throw SqlFailure(
          {ErrorKind::input, each.string(), say("it must not be a symbolic link"), say("Move the link away")},
          false);
    if (!fs::exists(status) || fs::is_regular_file(status)) continue;
    throw SqlFailure({ErrorKind::input, each.string(),
                      say("it is not a regular file but a folder, a pipe or a device"),
                      say("Move it away: the history is rebuilt from the journals")},
                     false);
  }
}

bool diskNearlyFull(fs::path folder) {
  std::error_code unknown;
  if (!fs::exists(folder, unknown)) folder = folder.parent_path();
  const auto space = fs::space(folder, unknown);
  return !unknown && space.free < std::uintmax_t{1} << 20;
}

OwnedDatabase openCatalogue(const fs::path& folder, const std::optional<Labels>& labels,
                            std::vector<Error>& problems) {
  const fs::path file = folder / catalogueName;
  std::optional<Labels> known = labels;
  const auto fill = [&](const Database& database) {
    for (const auto& [run, label] : known.value_or(Labels())) writeLabel(database, run, label);
  };
  const auto rescue = [&] {
    if (!known) known = rescueLabels(file);
  };
  return openOrRemake(file, catalogueKind, fill, rescue, problems);
}

OwnedDatabase openMetrics(const fs::path& folder, std::vector<Error>& problems) {
  return openOrRemake(
      folder / metricsName, metricsKind, [](const Database&) {}, [] {}, problems);
}

Database openForReading(const fs::path& file, bool writableFolder) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  refuseIrregular(file);
  // An owner has set it aside, or is making the database just now. Nothing looks for it where nobody can write.
  std::error_code unknown;
  if (writableFolder && fs::exists(fs::symlink_status(file.string() + "-journal", unknown)))
    if (const auto lock = HistoryLock::take(file.parent_path()); lock && *lock) setJournalAside(file);
  const Kind& kind = file.filename() == metricsName ? metricsKind : catalogueKind;
  const auto mode = writableFolder ? Database::Mode::reader : Database::Mode::immutable;
  for (;;) {
    const bool last = !writableFolder || std::chrono::steady_clock::now() >= until;
    try {
      const std::uintmax_t size = sizeOf(walOf(file)) == 0 ? sizeOf(file) : 0;
      Database database(file, mode);
      const std::int64_t version = database.number("PRAGMA user_version");
      if (version != 0) {
        checkKind(database, kind, version);
        if (size > 0 && !writableFolder) checkPages(database, size);
        database.execute("PRAGMA query_only=1;PRAGMA cache_size=-32768");
        return database;
      }
    } catch (const SqlFailure& failure) {
      if (last || failure.error.kind == ErrorKind::input) throw;
    }
    if (last)
      throw SqlFailure({ErrorKind::input, file.string(), say("there is no history yet"),
                        say("Run `loom runs` where the project can be written")},
                       false);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void moveDatabase(const fs::path& file, const fs::path& to) {
  // The WAL belongs to the file under its new name; left behind, it would be folded into the next one.
  for (const char* part : {"-wal", "-shm", ""}) {
    std::error_code failed;
    const fs::path from = file.string() + part;
    if (!fs::exists(from, failed)) continue;
    if (const int code = fileFault("rename", from))
      failed = std::error_code(code, std::generic_category());
    else
      fs::rename(from, to.string() + part, failed);
    if (failed)
      throw SqlFailure({ErrorKind::other, from.string(),
                        say("it cannot be moved aside: {}", foreign(failed.message())),
                        say("Allow writing in the project's history folder")},
                       false);
  }
}

Error moveAside(const fs::path& file, const Message& cause, RebuiltFrom source) {
  std::string time = formatTime(nowMicroseconds());
  std::erase_if(time, [](char letter) { return letter == ':' || letter == '-'; });
  fs::path aside = file.string() + ".damaged-" + time;
  std::error_code unknown;
  for (int again = 2; fs::exists(aside, unknown); ++again)
    aside = fmt::format("{}.damaged-{}-{}", file.string(), time, again);
  moveDatabase(file, aside);
  return {ErrorKind::input, file.string(),
          source == RebuiltFrom::journals
              ? say("the file was damaged ({}); it is rebuilt from the journals", cause)
              : say("the file was damaged ({}); it is rebuilt from catalogue.db", cause),
          say("Nothing needs to be done; the damaged file is kept as {}", aside.filename().string())};
}

} // namespace loom
