// SPDX-License-Identifier: Apache-2.0
// Databases that somebody made to stop the program, to fill the disk or to reach another file: each is opened
// in finite time, is found damaged, is kept under another name and rebuilt, and nothing of the history is lost.
#include "core/store/schema.h"
#include "history_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

const char* endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) ";

std::uintmax_t bytesIn(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

int countOf(const fs::path& folder, const std::string& part) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    count += name.find(part) != std::string::npos && !name.ends_with("-wal") && !name.ends_with("-shm");
  }
  return count;
}

std::optional<SqlFailure> failureOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const SqlFailure& failure) {
    return failure;
  }
  return std::nullopt;
}

// A rollback journal as SQLite writes it, with no page; its last bytes name a super-journal, which SQLite
// deletes after it has played the journal back.
std::string journalNaming(const std::string& superJournal) {
  const std::string magic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  const auto number = [](std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  };
  std::uint32_t sum = 0;
  for (const char letter : superJournal) sum += static_cast<std::uint32_t>(static_cast<signed char>(letter));
  std::string bytes = magic + number(0) + number(1) + number(5) + number(512) + number(4096);
  bytes.resize(512);
  return bytes + number(0x40000000 / 4096 + 1) + superJournal +
         number(static_cast<std::uint32_t>(superJournal.size())) + number(sum) + magic;
}

} // namespace

class TestHostileDatabase : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void schemaIsFoundDamaged_data();
  void schemaIsFoundDamaged();
  void textOfTheSchemaIsGarbage_data();
  void textOfTheSchemaIsGarbage();
  void hugePagesAreRead();
  void labelsAreNotTakenFromAView();
  void oldCopiesAreNotBelieved();
  void plantedJournalIsSetAside_data();
  void plantedJournalIsSetAside();
  void journalOfADatabaseThatIsOpenStays();
  void plantedWal();
  void linksAreNotWrittenThrough();
  void contradictionIsDamage();
  void folderIsNotTakenForAUri();
  void longPaths();

 private:
  struct Made {
    std::string wanted;
    std::uintmax_t bytes = 0;
  };
  static Made make(const TestProject& project);
  static void expectRebuilt(const TestProject& project, const std::string& file, const Made& made);
  QTemporaryDir state_;
};

void TestHostileDatabase::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

TestHostileDatabase::Made TestHostileDatabase::make(const TestProject& project) {
  Made made;
  fill(project);
  {
    const auto store = project.takenIn();
    label(*store);
    made.wanted = contents(*store);
  }
  made.bytes = bytesIn(project.history());
  return made;
}

// Reading alone reports it; the owner keeps the file under another name and rebuilds it.
void TestHostileDatabase::expectRebuilt(const TestProject& project, const std::string& file,
                                        const Made& made) {
  const auto reader = Store::open(project.folder, Store::Access::reader);
  QVERIFY(!reader.ok());
  QVERIFY(saysAll(reader.error()));
  QVERIFY2(reader.error().message().find(file) != std::string::npos, reader.error().message().c_str());
  auto store = Store::open(project.folder, Store::Access::automatic);
  QVERIFY2(store.ok(), store.ok() ? "" : store.error().message().c_str());
  const auto taken = (*store)->takeIn(*sitesOf(project.folder));
  QVERIFY2(taken.ok(), taken.ok() ? "" : taken.error().message().c_str());
  QCOMPARE(taken->problems.size(), std::size_t{1});
  QVERIFY(saysAll(taken->problems.front()));
  QVERIFY(contents(**store) == made.wanted);
  (*store).reset();
  QCOMPARE(countOf(project.history(), file + ".damaged-"), 1);
  QVERIFY(bytesIn(project.history()) < 4 * made.bytes + (1u << 20));
  const auto report = verifyHistory(project.folder);
  QVERIFY(report.ok() && report->good);
}

void TestHostileDatabase::schemaIsFoundDamaged_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("sql");
  const auto row = [](const char* name, const char* file, const std::string& sql) {
    QTest::newRow(name) << QString(file) << QString::fromStdString(sql);
  };
  const std::string view = std::string(" AS ") + endless + "SELECT ";
  row("endless view of labels", "catalogue.db",
      "DROP TABLE label;CREATE VIEW label" + view + "x AS run,'n' AS name,'' AS note,0 AS archived FROM c");
  row("endless view of settings", "catalogue.db",
      "DROP TABLE setting;CREATE VIEW setting" + view + "1 AS run,x AS name,x AS value FROM c");
  row("endless view of offsets", "metrics.db",
      "DROP TABLE source;CREATE VIEW source" + view +
          "1 AS run,x AS attempt,0 AS offset,0 AS sequence,0 AS damaged FROM c");
  row("endless view of points", "metrics.db",
      "DROP TABLE tail;CREATE VIEW tail" + view + "x AS id,zeroblob(1000000) AS data FROM c");
  row("view that nobody asks for", "metrics.db", "CREATE VIEW more" + view + "x FROM c");
  row("endless trigger", "catalogue.db",
      "CREATE TRIGGER more AFTER UPDATE ON run BEGIN INSERT INTO run(uuid) " +
          std::string("SELECT hex(x) FROM (") + endless + "SELECT x FROM c); END");
  row("trigger on points", "metrics.db",
      "CREATE TRIGGER more AFTER INSERT ON raw BEGIN INSERT INTO raw(data) VALUES(zeroblob(1000000)); END");
  row("extra table", "catalogue.db", "CREATE TABLE more(x)");
  row("extra index", "metrics.db", "CREATE INDEX more ON chunk(sum)");
  row("index on an expression", "catalogue.db", "CREATE INDEX more ON run(abs(step))");
  row("partial index", "catalogue.db", "CREATE INDEX more ON event(step) WHERE step>5");
  row("statistics", "catalogue.db", "ANALYZE");
  row("generated column", "catalogue.db",
      "DROP TABLE tag;CREATE TABLE tag(run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL "
      "GENERATED ALWAYS AS (hex(zeroblob(8000000))) VIRTUAL, PRIMARY KEY(run, position)) WITHOUT ROWID");
  row("added column", "catalogue.db", "ALTER TABLE event ADD COLUMN more TEXT DEFAULT 'x'");
  row("column of another type", "metrics.db",
      "DROP TABLE tail;CREATE TABLE tail(id INTEGER PRIMARY KEY, data TEXT NOT NULL)");
  row("with a rowid", "metrics.db",
      "DROP TABLE source;CREATE TABLE source(run INTEGER NOT NULL, attempt INTEGER NOT NULL, offset INTEGER "
      "NOT "
      "NULL, sequence INTEGER NOT NULL, damaged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(run, attempt))");
  row("a default that is a call", "catalogue.db",
      "DROP TABLE label;CREATE TABLE label(run TEXT PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL "
      "DEFAULT "
      "(hex(zeroblob(8000000))), archived INTEGER NOT NULL) WITHOUT ROWID");
  row("a check that is a call", "metrics.db",
      "DROP TABLE fine;CREATE TABLE fine(id INTEGER PRIMARY KEY, data BLOB NOT NULL "
      "CHECK(length(hex(data))>0))");
  row("a collation that is not ours", "catalogue.db",
      "DROP TABLE label;CREATE TABLE label(run TEXT COLLATE NOCASE PRIMARY KEY, name TEXT NOT NULL, note "
      "TEXT NOT "
      "NULL, archived INTEGER NOT NULL) WITHOUT ROWID");
  row("table missing", "catalogue.db", "DROP TABLE event");
  row("no table at all", "metrics.db",
      "DROP TABLE run;DROP TABLE source;DROP TABLE series;DROP TABLE chunk;DROP TABLE fine;DROP TABLE "
      "raw;DROP "
      "TABLE tail");
  row("virtual table", "catalogue.db", "CREATE VIRTUAL TABLE more USING fts5(x)");
  row("virtual table in a table's place", "metrics.db",
      "DROP TABLE raw;CREATE VIRTUAL TABLE raw USING fts5(id,data)");
}

void TestHostileDatabase::schemaIsFoundDamaged() {
  QFETCH(QString, file);
  QFETCH(QString, sql);
  TestProject project;
  const Made made = make(project);
  const auto failed = failureOf([&] {
    Database(project.history() / file.toStdString(), Database::Mode::owner).execute(sql.toStdString());
  });
  if (failed && sql.contains("VIRTUAL TABLE")) QSKIP("this SQLite has no full text search");
  QVERIFY2(!failed, failed ? failed->error.message().c_str() : "");
  expectRebuilt(project, file.toStdString(), made);
}

void TestHostileDatabase::textOfTheSchemaIsGarbage_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<QString>("by");
  QTest::newRow("no statement") << "CREATE TABLE setting("
                                << "CREATE TABEL setting(";
  QTest::newRow("another statement") << "CREATE TABLE setting("
                                     << "DELETE FROM setting; ";
  QTest::newRow("another name") << "CREATE TABLE setting("
                                << "CREATE TABLE settled(";
  QTest::newRow("a name twice") << "CREATE TABLE setting("
                                << "CREATE TABLE run    (";
  QTest::newRow("not closed") << "PRIMARY KEY(run, name)"
                              << "PRIMARY KEY(run, 'name";
  QTest::newRow("a name of SQLite") << "CREATE TABLE setting("
                                    << "CREATE TABLE sqlite_(";
}

// As PRAGMA writable_schema would leave it.
void TestHostileDatabase::textOfTheSchemaIsGarbage() {
  QFETCH(QString, what);
  QFETCH(QString, by);
  TestProject project;
  const Made made = make(project);
  const fs::path file = project.history() / "catalogue.db";
  std::string bytes = bytesOf(file);
  const auto at = bytes.find(what.toStdString());
  QVERIFY(at != std::string::npos);
  QCOMPARE(what.size(), by.size());
  put(file, bytes.replace(at, static_cast<std::size_t>(what.size()), by.toStdString()));
  expectRebuilt(project, "catalogue.db", made);
}

// The size of the pages and the mode of the journal are no faults: the tables are ours.
void TestHostileDatabase::hugePagesAreRead() {
  TestProject project;
  const Made made = make(project);
  for (const char* name : {"catalogue.db", "metrics.db"})
    Database(project.history() / name, Database::Mode::owner)
        .execute("PRAGMA journal_mode=DELETE;PRAGMA page_size=65536;VACUUM");
  const auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok() && taken->problems.empty());
  QVERIFY(contents(*store) == made.wanted);
}

// Without the second copy, the labels of a damaged catalogue are what is left; not when they are made up.
void TestHostileDatabase::labelsAreNotTakenFromAView() {
  TestProject project;
  make(project);
  fs::remove(project.history() / "labels.json");
  Database(project.history() / "catalogue.db", Database::Mode::owner)
      .execute(std::string("DROP TABLE label;CREATE VIEW label AS ") + endless +
               "SELECT hex(x) AS run,hex(zeroblob(1000000)) AS name,'' AS note,0 AS archived FROM c");
  const auto store = project.takenIn();
  const auto rows = store->runs();
  QVERIFY(rows.ok());
  for (const RunRow& row : *rows) QVERIFY(row.tags.empty() && row.note.empty() && !row.archived);
}

void TestHostileDatabase::oldCopiesAreNotBelieved() {
  TestProject project;
  const Made made = make(project);
  for (const char* end : {".before", ".before-2", ".before-3"})
    for (const char* name : {"catalogue.db", "metrics.db"}) {
      const fs::path copy = project.history() / (std::string(name) + end);
      fs::copy_file(project.history() / name, copy);
      const bool metrics = std::string_view(name) == "metrics.db";
      Database(copy, Database::Mode::owner)
          .execute(std::string("DROP TABLE ") + (metrics ? "series" : "event") + ";CREATE VIEW " +
                   (metrics ? "series" : "event") + " AS " + endless +
                   "SELECT x AS points,x AS sequence FROM c");
    }
  const auto report = rebuildHistory(project.folder);
  QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
  QVERIFY(report->good);
  QVERIFY(contents(*project.open()) == made.wanted);
}

void TestHostileDatabase::plantedJournalIsSetAside_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<bool>("reader");
  for (const char* name : {"catalogue.db", "metrics.db"})
    for (const bool reader : {false, true})
      QTest::addRow("%s %s", name, reader ? "reader" : "owner") << QString(name) << reader;
}

void TestHostileDatabase::plantedJournalIsSetAside() {
  QFETCH(QString, name);
  QFETCH(bool, reader);
  TestProject project;
  const Made made = make(project);
  const fs::path victim = project.folder / "precious", file = project.history() / name.toStdString();
  const fs::path journal = file.string() + "-journal";
  const std::string planted = journalNaming(victim.string());
  put(victim, "a file of somebody");
  // A journal is played back into a database that is not in WAL mode, too.
  Database(file, Database::Mode::owner).execute("PRAGMA journal_mode=DELETE");
  for (int number = 1; number <= 2; ++number) {
    put(journal, planted);
    auto store = project.open(reader ? Store::Access::reader : Store::Access::owner);
    if (!reader) {
      const auto taken = store->takeIn(*sitesOf(project.folder));
      QVERIFY(taken.ok());
      QCOMPARE(taken->problems.size(), std::size_t{1});
      QVERIFY(saysAll(taken->problems.front()));
    }
    QVERIFY(contents(*store) == made.wanted);
    store.reset();
    QVERIFY(!fs::exists(journal));
    QVERIFY(bytesOf(fmt::format("{}.set-aside-{}", journal.string(), number)) == planted);
    QVERIFY(fs::exists(victim));
  }
}

// While the owner makes a new database, SQLite has a journal for an instant; a reader leaves it there.
void TestHostileDatabase::journalOfADatabaseThatIsOpenStays() {
  TestProject project;
  make(project);
  const auto owner = project.open();
  const fs::path journal = project.history() / "catalogue.db-journal";
  put(journal, "in use");
  const auto reader = Store::open(project.folder, Store::Access::reader);
  QVERIFY(reader.ok() || saysAll(reader.error()));
  QVERIFY(fs::exists(journal));
}

void TestHostileDatabase::plantedWal() {
  TestProject project;
  const Made made = make(project);
  const fs::path file = project.history() / "catalogue.db", wal = file.string() + "-wal";
  // Garbage counts as none, as SQLite has it.
  std::string bytes(100'000, '\0');
  std::mt19937 random(3);
  for (char& byte : bytes) byte = static_cast<char>(random());
  put(wal, bytes);
  {
    const auto store = project.takenIn();
    QVERIFY(contents(*store) == made.wanted);
  }
  // One that fits the file, and adds a trigger to it.
  TestProject other;
  const fs::path twin = other.folder / "catalogue.db";
  fs::copy_file(file, twin);
  {
    const Database database(twin, Database::Mode::owner);
    database.execute(
        "PRAGMA journal_mode=WAL;CREATE TRIGGER more AFTER UPDATE ON run BEGIN INSERT INTO run(uuid) "
        "VALUES(hex(randomblob(16))); END");
    QVERIFY(fs::file_size(twin.string() + "-wal") > 0);
    fs::copy_file(twin.string() + "-wal", wal, fs::copy_options::overwrite_existing);
  }
  expectRebuilt(project, "catalogue.db", made);
}

void TestHostileDatabase::linksAreNotWrittenThrough() {
  for (const char* name : {"catalogue.db-wal", "metrics.db-wal", "metrics.db-shm"}) {
    TestProject project;
    make(project);
    const fs::path victim = project.folder / "precious";
    put(victim, "a file of somebody");
    fs::create_symlink(victim, project.history() / name);
    for (const auto access : {Store::Access::automatic, Store::Access::reader}) {
      const auto store = Store::open(project.folder, access);
      QVERIFY(!store.ok() && saysAll(store.error()));
      QVERIFY(store.error().message().find(name) != std::string::npos);
    }
    QCOMPARE(bytesOf(victim), std::string("a file of somebody"));
  }
}

// Rows that contradict each other: the fix is a rebuild, not a check of the disk.
void TestHostileDatabase::contradictionIsDamage() {
  TestProject project;
  make(project);
  Database(project.history() / "catalogue.db", Database::Mode::owner)
      .execute("UPDATE source SET offset=0,sequence=0");
  const auto taken = project.open()->takeIn(*sitesOf(project.folder));
  QVERIFY(!taken.ok() && saysAll(taken.error()));
  QVERIFY(taken.error().fix.text().find("rebuild") != std::string::npos);
  QVERIFY(rebuildHistory(project.folder)->good);
}

void TestHostileDatabase::folderIsNotTakenForAUri() {
  QTemporaryDir home;
  const fs::path before = fs::current_path();
  fs::current_path(home.path().toStdString());
  for (const char* name :
       {"file:abc", "file:abc?mode=memory", "file::memory:", ":memory:", "a%41#b?vfs=none"}) {
    fs::create_directory(name);
    const fs::path file = fs::path(name) / "some.db";
    Database(file, Database::Mode::owner)
        .execute("PRAGMA journal_mode=WAL;CREATE TABLE t(x);INSERT INTO t VALUES(7)");
    QVERIFY(fs::file_size(file) > 0);
    for (const auto mode : {Database::Mode::reader, Database::Mode::immutable})
      QCOMPARE(Database(file, mode).number("SELECT x FROM t"), std::int64_t{7});
    const Database other(fs::path("other.db"), Database::Mode::owner);
    other.attachOld(file);
    QCOMPARE(other.number("SELECT x FROM old.t"), std::int64_t{7});
  }
  fs::current_path(before);
}

void TestHostileDatabase::longPaths() {
  QTemporaryDir home;
  fs::path folder = fs::canonical(home.path().toStdString());
  while (folder.native().size() < 400) folder /= std::string(90, 'a');
  fs::create_directories(folder);
  const auto named = [&](std::size_t length) {
    return folder / std::string(length - folder.native().size() - 1, 'b');
  };
  const fs::path fits = named(longestDatabasePath);
  Database(fits, Database::Mode::owner).execute("PRAGMA journal_mode=WAL;CREATE TABLE t(x)");
  QCOMPARE(Database(fits, Database::Mode::immutable).number("SELECT count(*) FROM t"), std::int64_t{0});
  for (const auto mode : {Database::Mode::owner, Database::Mode::reader, Database::Mode::immutable}) {
    const auto refused = failureOf([&] { const Database database(named(longestDatabasePath + 1), mode); });
    QVERIFY(refused && saysAll(refused->error) && !refused->damaged);
    QVERIFY(refused->error.cause.text().find("504") != std::string::npos);
  }
  // By a short name for the long folder, too.
  fs::create_directory_symlink(folder, home.path().toStdString() + "/short");
  const fs::path through = fs::path(home.path().toStdString()) / "short" / std::string(104, 'c');
  QVERIFY(failureOf([&] { const Database database(through, Database::Mode::owner); }));
}

QTEST_GUILESS_MAIN(TestHostileDatabase)
#include "tst_hostile_database.moc"
