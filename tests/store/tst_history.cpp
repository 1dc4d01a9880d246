// SPDX-License-Identifier: Apache-2.0
// The two databases in bad company: a second owner, folders that cannot be written, full disks, damage of
// every kind. Each is said in words, and nothing that was stored is lost.
#include "core/store/history.h"
#include "store_fixture.h"
#include <QtTest>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>

using namespace loom;
using namespace loom::test;

namespace {

const std::string run = runNamed(1);

std::string bytesOf(const fs::path& file) { return *readWholeFile(file, 1u << 30); }
void put(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}
bool saysAll(const Error& error) {
  return !error.place.empty() && !error.cause.empty() && !error.fix.empty();
}

// Two runs, one of them resumed, with all that a person may write on them.
void fill(const TestProject& project) {
  for (int number : {1, 2}) {
    auto writer = project.begin(runNamed(number));
    write(writer, started());
    for (std::uint32_t series = 0; series < 3; ++series)
      write(writer, columnsOf(fmt::format("train/{}", series),
                              makePoints(9000, series == 0 ? Steps::regular : Steps::irregular,
                                         Values::special, series + static_cast<std::uint32_t>(number))));
    write(writer, RunEvent{{"event", "epoch"}, {"epoch", 1}, {"step", 5000}});
    if (number == 1) write(writer, finished(9000));
  }
  auto writer = project.begin(runNamed(2), 2);
  write(writer, resumed(2, 4321));
  write(writer, columnsOf("train/0", makePoints(10, Steps::huge, Values::doubles, 9)));
}
void label(Store& store) {
  QVERIFY(store.setTags(run, {"good", "größer", "a b"}).ok());
  QVERIFY(store.setNote(run, "line one\nline \"two\"; DROP TABLE label;").ok());
  QVERIFY(store.setName(run, "The one that works").ok());
  QVERIFY(store.setArchived(runNamed(2), true).ok());
}

// A mount namespace of this process's own, so that nothing is left behind however the test ends.
bool ownMounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}
bool becomeNobody() { return ::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0; }
void allowReading(const fs::path& folder) {
  fs::permissions(folder, fs::perms(0755));
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0755) : fs::perms(0644));
}

const char* cannotMount = "mount: not allowed here";

} // namespace

class TestHistory : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void secondOwnerWaits();
  void readerDoesNotWaitForWhatNeverComes();
  void readerTakesOver();
  void networkFileSystemsAreKnown_data();
  void networkFileSystemsAreKnown();
  void networkFolderIsKeptElsewhere();
  void readOnlyFolder_data();
  void readOnlyFolder();
  void damagedDatabase_data();
  void damagedDatabase();
  void newerDatabaseIsRefused_data();
  void newerDatabaseIsRefused();
  void damageUnderAReaderIsSaid();
  void verifyFindsWhatDoesNotFit_data();
  void verifyFindsWhatDoesNotFit();
  void rebuildMakesTheSame();
  void rebuildKeepsWhatOnlyTheStoreHas_data();
  void rebuildKeepsWhatOnlyTheStoreHas();
  void fullestCopyStays();
  void pipesAreRefused();
  void labelsOutliveEverything_data();
  void labelsOutliveEverything();
  void newerLabelsAreRefused();
  void fullDiskLosesNothing();

 private:
  QTemporaryDir state_;
};

void TestHistory::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

void TestHistory::secondOwnerWaits() {
  TestProject project;
  fill(project);
  auto owner = project.takenIn();
  auto journals = journalsIn(project.folder);
  QVERIFY(owner->owner());
  const auto second = Store::open(project.folder, Store::Access::owner);
  QVERIFY(!second.ok());
  QVERIFY(saysAll(second.error()));
  QVERIFY2(second.error().cause.find(std::to_string(::getpid())) != std::string::npos,
           second.error().cause.c_str());
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(!rebuilt.ok() && saysAll(rebuilt.error()));
  auto reader = project.open(Store::Access::automatic);
  QVERIFY(!reader->owner());
  QVERIFY(!reader->takeIn(*journals).ok());
  QVERIFY(!reader->setNote(run, "x").ok());
  QElapsedTimer clock;
  clock.start();
  QVERIFY(reader->waitForOwner(*journals, std::chrono::seconds(2)).ok()); // the owner has everything
  QVERIFY(contents(*reader) == contents(*owner));
  // A trainer writes on, the owner sleeps: the reader waits, then says so.
  auto writer = project.begin(run, 2);
  write(writer, columnsOf("train/0", {{20'000, 1, 1}}));
  clock.restart();
  const auto waited = reader->waitForOwner(*journals, std::chrono::milliseconds(400));
  QVERIFY(!waited.ok() && saysAll(waited.error()));
  QVERIFY(clock.elapsed() >= 400);
  // The owner wakes while the reader waits.
  std::thread waking([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!owner->takeIn(*journals)) qFatal("the owner cannot take in");
  });
  const auto seen = reader->waitForOwner(*journals, std::chrono::seconds(30));
  waking.join();
  QVERIFY(seen.ok());
  QCOMPARE(reader->points(run, "train/0", 20'000, 20'000)->size(), std::size_t{1});
}

void TestHistory::readerDoesNotWaitForWhatNeverComes() {
  // A killed trainer left half a line; another journal is damaged. Their owner has all that can be read.
  TestProject project;
  fill(project);
  {
    std::ofstream(project.journal(run), std::ios::app) << "0123abcd 7 {\"event\":";
    std::ofstream(project.journal(runNamed(2)), std::ios::app) << "damage\n"
                                                               << std::string(1000, 'x') << "\n";
  }
  const auto owner = project.takenIn();
  const auto reader = project.open(Store::Access::automatic);
  const auto waited = reader->waitForOwner(*journalsIn(project.folder), std::chrono::milliseconds(1));
  QVERIFY2(waited.ok(), waited.ok() ? "" : waited.error().message().c_str());
}

void TestHistory::readerTakesOver() {
  TestProject project;
  fill(project);
  auto owner = project.takenIn();
  auto reader = project.open(Store::Access::automatic);
  QVERIFY(reader->takeOver().ok());
  QVERIFY(!reader->owner());
  QVERIFY(!reader->runs()->empty());
  const std::string wanted = contents(*owner);
  owner.reset();
  QVERIFY(reader->takeOver().ok());
  QVERIFY(reader->owner());
  QVERIFY(contents(*reader) == wanted);
  QVERIFY(reader->takeIn(*journalsIn(project.folder)).ok());
  QVERIFY(!project.open(Store::Access::automatic)->owner());
}

void TestHistory::networkFileSystemsAreKnown_data() {
  QTest::addColumn<qlonglong>("type");
  QTest::addColumn<bool>("network");
  QTest::newRow("nfs") << qlonglong{0x6969} << true;
  QTest::newRow("cifs") << qlonglong{0xFF534D42} << true;
  QTest::newRow("cifs, as 32 bits with a sign") << qlonglong{static_cast<std::int32_t>(0xFF534D42)} << true;
  QTest::newRow("lustre") << qlonglong{0x0BD00BD0} << true;
  QTest::newRow("fuse, so sshfs") << qlonglong{0x65735546} << true;
  QTest::newRow("ceph") << qlonglong{0x00C36400} << true;
  QTest::newRow("ext4") << qlonglong{0xEF53} << false;
  QTest::newRow("btrfs") << qlonglong{0x9123683E} << false;
  QTest::newRow("xfs") << qlonglong{0x58465342} << false;
  QTest::newRow("tmpfs") << qlonglong{0x01021994} << false;
  QTest::newRow("overlay") << qlonglong{0x794c7630} << false;
}

void TestHistory::networkFileSystemsAreKnown() {
  QFETCH(qlonglong, type);
  QFETCH(bool, network);
  QCOMPARE(isNetworkFilesystem(static_cast<long>(type)), network);
}

void TestHistory::networkFolderIsKeptElsewhere() {
  TestProject project;
  put(project.folder / "project.json",
      R"({"schema":1,"id":"0b1c0000-1111-4222-8333-444455556666","name":"x"})");
  fill(project);
  setFileFault([&](std::string_view operation, const fs::path&) { return operation == "statfs" ? EIO : 0; });
  const auto reset = qScopeGuard([] { setFileFault(nullptr); });
  std::string wanted;
  {
    const auto store = project.takenIn();
    QVERIFY(store->owner());
    label(*store);
    wanted = contents(*store);
  }
  const fs::path elsewhere =
      fs::path(state_.path().toStdString()) / "neuroloom" / "0b1c0000-1111-4222-8333-444455556666";
  QVERIFY(fs::exists(elsewhere / "catalogue.db") && fs::exists(elsewhere / "metrics.db"));
  QVERIFY(!fs::exists(project.history()));
  QVERIFY(contents(*project.takenIn()) == wanted);
  const auto report = rebuildHistory(project.folder);
  QVERIFY(report.ok() && report->good);
  QVERIFY(contents(*project.open()) == wanted);
}

void TestHistory::readOnlyFolder_data() {
  QTest::addColumn<QString>("how");
  QTest::addColumn<bool>("stale");
  for (const char* how : {"another user's", "read-only mount"})
    for (const bool stale : {false, true})
      QTest::addRow("%s, history %s", how, stale ? "older than the journals" : "whole")
          << QString(how) << stale;
}

void TestHistory::readOnlyFolder() {
  QFETCH(QString, how);
  QFETCH(bool, stale);
  if (::geteuid() != 0) QSKIP("only root may become another user or mount");
  TestProject project;
  fill(project);
  {
    const auto store = project.takenIn();
    label(*store);
  }
  if (stale) {
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, 8000));
    write(writer, columnsOf("train/0", {{8100, 0.125, 3}}));
  }
  // What another copy with all rights says.
  TestProject twin;
  fs::copy(project.folder, twin.folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const std::string wanted = contents(*twin.takenIn());
  allowReading(project.folder);
  const auto treeOf = [&] {
    std::string tree;
    for (const auto& entry : fs::recursive_directory_iterator(project.folder))
      tree += entry.path().string() + "\n";
    return tree;
  };
  const std::string tree = treeOf();
  QTemporaryDir home;
  fs::permissions(home.path().toStdString(), fs::perms(0777));
  qputenv("XDG_STATE_HOME", home.path().toUtf8());
  const std::string said = inChild([&]() -> std::string {
    if (how == "read-only mount") {
      if (!ownMounts() ||
          ::mount(project.folder.c_str(), project.folder.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
          ::mount("none", project.folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        return cannotMount;
    } else if (!becomeNobody()) {
      return "cannot become another user";
    }
    auto journals = journalsIn(project.folder);
    auto store = Store::open(project.folder, Store::Access::automatic);
    if (!store) return store.error().message();
    if (stale) {
      if (!(*store)->owner()) return "it is not kept elsewhere";
      if (auto taken = (*store)->takeIn(*journals); !taken) return taken.error().message();
    } else {
      if ((*store)->owner()) return "it says that it may write";
      if (auto waited = (*store)->waitForOwner(*journals, std::chrono::seconds(1)); !waited)
        return waited.error().message();
      const auto refused = (*store)->setNote(run, "x");
      if (refused.ok() || !saysAll(refused.error())) return "a note is not refused";
      if (refused.error().cause.find("cannot be written") == std::string::npos)
        return refused.error().message();
      const auto rebuilt = rebuildHistory(project.folder);
      if (rebuilt.ok() || !saysAll(rebuilt.error())) return "a rebuild is not refused";
    }
    if (contents(**store) != wanted) return "other contents";
    (*store).reset();
    const auto report = verifyHistory(project.folder);
    if (!report) return report.error().message();
    return report->good ? "good" : report->findings.front();
  });
  if (said == cannotMount) QSKIP(cannotMount);
  QCOMPARE(said, std::string("good"));
  QCOMPARE(treeOf(), tree);
}

void TestHistory::damagedDatabase_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("how");
  for (const char* file : {"catalogue.db", "metrics.db"})
    for (const char* how : {"empty", "half", "half a page", "header flipped", "garbage", "random bits",
                            "not a database", "another program's", "gone", "older version"})
      QTest::addRow("%s %s", file, how) << QString(file) << QString(how);
}

void TestHistory::damagedDatabase() {
  QFETCH(QString, file);
  QFETCH(QString, how);
  TestProject project;
  fill(project);
  std::string wanted;
  {
    const auto store = project.takenIn();
    label(*store);
    wanted = contents(*store);
  }
  const fs::path path = project.history() / file.toStdString();
  std::string bytes = bytesOf(path);
  std::mt19937 random(7);
  if (how == "empty") bytes.clear();
  if (how == "half") bytes.resize(bytes.size() / 2 / 8192 * 8192);
  if (how == "half a page") bytes.resize(bytes.size() - 1000);
  if (how == "header flipped") bytes[0] ^= 1;
  if (how == "garbage")
    for (char& byte : bytes) byte = static_cast<char>(random());
  if (how == "random bits")
    for (int i = 0; i < 3000; ++i)
      bytes[100 + random() % (bytes.size() - 100)] ^= static_cast<char>(1 << random() % 8);
  if (how == "not a database") bytes = "PNG, perhaps\n";
  if (how == "another program's") {
    bytes[68] ^= 0x55; // application_id
  }
  if (how == "older version") bytes[63] = 77;                      // user_version, below
  if (how == "older version") bytes[60] = static_cast<char>(0x80); // negative: none that there ever was
  if (how == "gone")
    fs::remove(path);
  else
    put(path, bytes);
  const bool asks = how != "gone";

  const auto reader = inChild([&]() -> std::string { // reading alone mends nothing, but says it
    const auto store = Store::open(project.folder, Store::Access::reader);
    if (!store) return saysAll(store.error()) ? "said" : "not said";
    return "read";
  });
  if (how == "half" || how == "header flipped" || how == "garbage" || how == "not a database")
    QCOMPARE(reader, std::string("said"));
  auto store = Store::open(project.folder, Store::Access::automatic);
  QVERIFY2(store.ok(), store.ok() ? "" : store.error().message().c_str());
  const auto taken = (*store)->takeIn(*journalsIn(project.folder));
  QVERIFY2(taken.ok(), taken.ok() ? "" : taken.error().message().c_str());
  QCOMPARE(taken->problems.size(), std::size_t{asks ? 1u : 0u});
  if (asks) {
    QVERIFY(saysAll(taken->problems[0]));
    QVERIFY(taken->problems[0].place.find(path.string()) != std::string::npos);
  }
  QVERIFY(contents(**store) == wanted);
  (*store).reset();
  // The damaged file is kept.
  int aside = 0;
  for (const auto& entry : fs::directory_iterator(project.history()))
    aside += entry.path().filename().string().starts_with(file.toStdString() + ".damaged-") &&
             !entry.path().string().ends_with("-wal") && !entry.path().string().ends_with("-shm");
  QCOMPARE(aside, asks ? 1 : 0);
  const auto report = verifyHistory(project.folder);
  QVERIFY(report.ok());
  QVERIFY2(report->good, report->findings.empty() ? "" : report->findings.front().c_str());
}

void TestHistory::newerDatabaseIsRefused_data() {
  QTest::addColumn<QString>("file");
  QTest::newRow("catalogue") << "catalogue.db";
  QTest::newRow("metrics") << "metrics.db";
}

void TestHistory::newerDatabaseIsRefused() {
  QFETCH(QString, file);
  TestProject project;
  fill(project);
  { const auto store = project.takenIn(); }
  const fs::path path = project.history() / file.toStdString();
  { Database(path, Database::Mode::owner).execute("PRAGMA user_version=99"); }
  const std::string before = bytesOf(path);
  QElapsedTimer clock;
  clock.start();
  for (const auto access : {Store::Access::owner, Store::Access::automatic, Store::Access::reader}) {
    const auto store = Store::open(project.folder, access);
    QVERIFY(!store.ok());
    QVERIFY(saysAll(store.error()));
    QCOMPARE(store.error().kind, ErrorKind::input);
    QVERIFY(store.error().cause.find("99") != std::string::npos);
  }
  QVERIFY(bytesOf(path) == before);
}

void TestHistory::damageUnderAReaderIsSaid() {
  // Damage that is met only when a chunk is read: an error, no wrong picture.
  TestProject project;
  fill(project);
  { const auto store = project.takenIn(); }
  {
    const Database database(project.history() / "metrics.db", Database::Mode::owner);
    database.execute(
        "UPDATE raw SET data=substr(data,1,1000)||x'00ff'||substr(data,1003) WHERE id IN (SELECT id FROM "
        "raw LIMIT 1)");
  }
  const auto store = project.open();
  const auto points = store->points(run, "train/0", 0, 0);
  QVERIFY(!points.ok());
  QVERIFY(saysAll(points.error()));
  QVERIFY(points.error().fix.find("rebuild") != std::string::npos);
  QVERIFY(store->points(run, "train/1", 0, 0).ok());
}

void TestHistory::verifyFindsWhatDoesNotFit_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("sql");
  const auto row = [](const char* name, const char* file, const char* sql) {
    QTest::newRow(name) << QString(file) << QString(sql);
  };
  row("points of a chunk", "metrics.db", "UPDATE raw SET data=substr(data,1,99)||x'7f'||substr(data,101)");
  row("another chunk's points", "metrics.db",
      "UPDATE raw SET data=(SELECT data FROM raw ORDER BY id DESC LIMIT 1) WHERE id=(SELECT min(id) FROM "
      "raw)");
  row("chunk gone", "metrics.db", "DELETE FROM chunk WHERE id=(SELECT min(id) FROM chunk)");
  row("points gone", "metrics.db", "DELETE FROM raw WHERE id=(SELECT min(id) FROM raw)");
  row("tail gone", "metrics.db", "DELETE FROM tail WHERE id=(SELECT min(id) FROM tail)");
  row("maximum of a chunk", "metrics.db",
      "UPDATE chunk SET maximum=0.5 WHERE id=(SELECT max(id) FROM chunk)");
  row("a level's bits", "metrics.db", "UPDATE fine SET data=substr(data,1,200)||x'7f'||substr(data,202)");
  row("a level gone", "metrics.db", "DELETE FROM fine");
  row("summary", "metrics.db", "UPDATE series SET minimum=-1e9");
  row("series gone", "metrics.db", "DELETE FROM series WHERE key='train/1'");
  row("series from nowhere", "metrics.db",
      "INSERT INTO series SELECT NULL,run,'more',0,0,0,0,0,0,0,0,0,0,0 FROM series LIMIT 1");
  row("offset ahead", "metrics.db", "UPDATE source SET offset=offset+100000,sequence=sequence+3");
  row("state of a run", "catalogue.db", "UPDATE run SET test_metric=0.99");
  row("setting", "catalogue.db", "UPDATE setting SET value='0.5' WHERE name='lr'");
  row("record", "catalogue.db", "UPDATE event SET json='{}' WHERE sequence=0 AND attempt=1");
  row("record gone", "catalogue.db", "DELETE FROM event WHERE kind='epoch'");
  row("record from nowhere", "catalogue.db",
      "INSERT INTO event SELECT run,9,9,'note',0,'{}' FROM event LIMIT 1");
}

void TestHistory::verifyFindsWhatDoesNotFit() {
  QFETCH(QString, file);
  QFETCH(QString, sql);
  TestProject project;
  fill(project);
  std::string wanted;
  {
    const auto store = project.takenIn();
    label(*store);
    wanted = contents(*store);
  }
  QVERIFY(verifyHistory(project.folder)->good);
  Database(project.history() / file.toStdString(), Database::Mode::owner).execute(sql.toStdString());
  const auto report = verifyHistory(project.folder);
  QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
  QVERIFY(!report->good && !report->findings.empty());
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(rebuilt.ok());
  QVERIFY2(rebuilt->good, rebuilt->findings.empty() ? "" : rebuilt->findings.front().c_str());
  QVERIFY(contents(*project.open()) == wanted);
}

void TestHistory::rebuildMakesTheSame() {
  TestProject project;
  fill(project);
  std::string wanted;
  std::vector<Bucket> picture;
  {
    const auto store = project.takenIn();
    label(*store);
    wanted = contents(*store);
    picture = *store->buckets(run, "train/1", 0, 0, 777);
  }
  for (int again = 0; again < 3; ++again) {
    const auto report = rebuildHistory(project.folder);
    QVERIFY(report.ok() && report->good && report->findings.empty());
    QCOMPARE(report->runs, std::int64_t{2});
    QVERIFY(fs::exists(project.history() / "catalogue.db.before"));
    const auto store = project.open();
    QVERIFY(contents(*store) == wanted);
    const auto now = *store->buckets(run, "train/1", 0, 0, 777);
    QCOMPARE(now.size(), picture.size());
    for (std::size_t i = 0; i < now.size(); ++i)
      QVERIFY(now[i].firstStep == picture[i].firstStep && now[i].count == picture[i].count &&
              sameBits(now[i].minimum, picture[i].minimum) && sameBits(now[i].mean, picture[i].mean));
  }
}

void TestHistory::rebuildKeepsWhatOnlyTheStoreHas_data() {
  QTest::addColumn<QString>("how");
  for (const char* how : {"one byte", "cut", "empty", "journal gone", "runs folder gone"})
    QTest::newRow(how) << QString(how);
}

void TestHistory::rebuildKeepsWhatOnlyTheStoreHas() {
  QFETCH(QString, how);
  TestProject project;
  fill(project);
  std::string wanted;
  {
    const auto store = project.takenIn();
    label(*store);
    wanted = contents(*store);
  }
  const fs::path journal = project.journal(run);
  std::string bytes = bytesOf(journal);
  if (how == "one byte") put(journal, bytes.replace(bytes.find("points") + 60, 1, "#"));
  if (how == "cut") put(journal, bytes.substr(0, bytes.size() / 3));
  if (how == "empty") put(journal, "");
  if (how == "journal gone") fs::remove_all(project.attempt(run, 1));
  if (how == "runs folder gone") fs::rename(project.folder / "runs", project.folder / "elsewhere");
  for (int again = 0; again < 5; ++again) {
    const auto report = rebuildHistory(project.folder);
    QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
    QVERIFY(std::any_of(report->findings.begin(), report->findings.end(), [](const std::string& one) {
      return one.find(run) != std::string::npos && one.find("is kept") != std::string::npos;
    }));
    const auto store = project.takenIn();
    QVERIFY(contents(*store) == wanted);
    QCOMPARE(store->buckets(run, "train/1", 0, 0, 100)->empty(), false);
  }
}

void TestHistory::fullestCopyStays() {
  TestProject project;
  fill(project);
  { const auto store = project.takenIn(); }
  QVERIFY(rebuildHistory(project.folder).ok());
  const fs::path copy = project.history() / "metrics.db.before";
  const std::string fullest = bytesOf(copy);
  // Folders that are gone are not made up again, but their last copy stays.
  fs::remove_all(project.folder / "runs" / run);
  for (int again = 0; again < 5; ++again) QVERIFY(rebuildHistory(project.folder).ok());
  QVERIFY(bytesOf(copy) == fullest);
  int copies = 0;
  for (const auto& entry : fs::directory_iterator(project.history())) {
    const std::string name = entry.path().filename().string();
    copies += name.starts_with("metrics.db.before") && !name.ends_with("-wal") && !name.ends_with("-shm");
  }
  QCOMPARE(copies, 3);
}

void TestHistory::pipesAreRefused() {
  for (const char* name : {"catalogue.db", "metrics.db", "catalogue.db-wal", "metrics.db-shm"}) {
    TestProject project;
    fill(project);
    { const auto store = project.takenIn(); }
    const fs::path file = project.history() / name;
    fs::remove(file);
    QCOMPARE(::mkfifo(file.c_str(), 0600), 0);
    for (const auto access : {Store::Access::automatic, Store::Access::reader}) {
      const auto store = Store::open(project.folder, access);
      QVERIFY(!store.ok());
      QVERIFY(saysAll(store.error()));
      QVERIFY(store.error().message().find(file.string()) != std::string::npos);
    }
    QVERIFY(!rebuildHistory(project.folder).ok());
  }
}

void TestHistory::labelsOutliveEverything_data() {
  QTest::addColumn<QString>("how");
  for (const char* how :
       {"rebuild", "catalogue gone", "catalogue damaged", "second copy gone", "second copy damaged",
        "second copy gone, then rebuild", "second copy damaged, then rebuild", "second copy is older",
        "second copy gone, catalogue half damaged", "rebuild was ended half way"})
    QTest::newRow(how) << QString(how);
}

void TestHistory::labelsOutliveEverything() {
  QFETCH(QString, how);
  TestProject project;
  fill(project);
  const fs::path catalogue = project.history() / "catalogue.db", copy = project.history() / "labels.json";
  std::string wanted, older;
  {
    const auto store = project.takenIn();
    QVERIFY(store->setNote(run, "an earlier note").ok());
    older = bytesOf(copy);
    label(*store);
    wanted = contents(*store);
  }
  const auto garbage = std::string("{\"schema\":1,\"runs\":{\"") + std::string(50, '\x1f');
  if (how.startsWith("second copy gone")) fs::remove(copy);
  if (how.startsWith("second copy damaged")) put(copy, garbage);
  if (how == "second copy is older") put(copy, older); // killed between the two
  if (how == "catalogue gone") fs::remove(catalogue);
  if (how == "catalogue damaged") put(catalogue, std::string(5000, 'x'));
  if (how == "second copy gone, catalogue half damaged") {
    std::string bytes = bytesOf(catalogue);
    bytes[68] ^= 1; // another program's, it seems
    put(catalogue, bytes);
  }
  if (how == "rebuild was ended half way") {
    fs::rename(catalogue, catalogue.string() + ".before");
    for (int again = 0; again < 2; ++again) QVERIFY(Store::open(project.folder, Store::Access::owner).ok());
  }
  if (how.endsWith("rebuild")) {
    const auto report = rebuildHistory(project.folder);
    QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
    QVERIFY(report->good);
    QCOMPARE(report->findings.empty(), !how.contains("damaged"));
  }
  QVERIFY(contents(*project.takenIn()) == wanted);
  // Both copies agree again: either alone brings them back.
  fs::remove(catalogue);
  QVERIFY(contents(*project.takenIn()) == wanted);
  fs::remove(copy);
  QVERIFY(contents(*project.takenIn()) == wanted);
  QVERIFY(fs::exists(copy));
}

void TestHistory::newerLabelsAreRefused() {
  TestProject project;
  fill(project);
  { const auto store = project.takenIn(); }
  const fs::path copy = project.history() / "labels.json";
  const std::string newer = R"({"schema":7,"runs":{},"reviews":["of another day"]})";
  put(copy, newer);
  const auto store = Store::open(project.folder, Store::Access::owner);
  QVERIFY(!store.ok() && saysAll(store.error()));
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(!rebuilt.ok() && saysAll(rebuilt.error()));
  QCOMPARE(bytesOf(copy), newer);
  QVERIFY(fs::exists(project.history() / "catalogue.db"));
}

static void fillDisk(const fs::path& ballast) {
  const int descriptor = ::open(ballast.c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string page(4096, 'x');
  while (::write(descriptor, page.data(), page.size()) > 0) {
  }
  ::close(descriptor);
}

void TestHistory::fullDiskLosesNothing() {
  if (::geteuid() != 0) QSKIP("only root may mount a small disk");
  QTemporaryDir disk;
  TestProject source; // journals on a disk with room
  fill(source);
  const std::string wanted = contents(*source.takenIn());
  const std::string said = inChild([&]() -> std::string {
    const fs::path small = disk.path().toStdString();
    if (!ownMounts() || ::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=8m") != 0) return cannotMount;
    fs::create_directory_symlink(source.folder / "runs", small / "runs");
    const fs::path ballast = small / "ballast";
    std::string earlier;
    {
      auto store = Store::open(small, Store::Access::owner);
      if (!store) return store.error().message();
      auto journals = journalsIn(small);
      if (!(*store)->takeIn(*journals)) return "the first run does not fit";
      if (!(*store)->setNote(run, "written while there was room")) return "no room for a note";
      earlier = contents(**store);
      // The disk fills up to the last page, while a trainer writes on.
      fillDisk(ballast);
      {
        auto writer = source.begin(runNamed(3));
        write(writer, started());
        for (std::uint32_t series = 0; series < 8; ++series)
          write(writer, columnsOf(fmt::format("k{}", series),
                                  makePoints(30'000, Steps::irregular, Values::doubles, series)));
        write(writer, finished(30'000));
      }
      for (int again = 0; again < 3; ++again) {
        const auto taken = (*store)->takeIn(*journals);
        if (taken.ok()) return "it fits all the same";
        if (taken.error().cause.find("full") == std::string::npos || !saysAll(taken.error()))
          return taken.error().message();
      }
      const auto noted = (*store)->setNote(run, std::string(20'000, 'y'));
      if (noted.ok() || noted.error().cause.find("full") == std::string::npos)
        return noted.ok() ? "a note fits all the same" : noted.error().message();
      if (!(*store)->runs() || !(*store)->points(run, "train/0", 0, 0))
        return "what is stored cannot be read";
      fs::remove(ballast);
      // With room again it goes on where it was, without a new start.
      ::mount("none", small.c_str(), nullptr, MS_REMOUNT, "size=64m");
      if (auto taken = (*store)->takeIn(*journals); !taken) return taken.error().message();
    }
    const auto report = verifyHistory(small);
    if (!report) return report.error().message();
    if (!report->good) return report->findings.front();
    auto store = Store::open(small, Store::Access::owner);
    if (!store) return store.error().message();
    if ((*store)->run(run)->note != "written while there was room") return "the note is lost";
    const auto points = (*store)->points(runNamed(3), "k7", 0, 0);
    if (!points || points->size() != 30'000) return "points are missing";
    // A project on a full disk opens all the same; what must be written for that goes to the state folder.
    store->reset();
    for (const char* part : {"first", "last"}) fillDisk(small / part);
    auto full = Store::open(small, Store::Access::automatic);
    if (!full) return full.error().message();
    auto journals = journalsIn(small);
    if (auto taken = (*full)->takeIn(*journals); !taken) return taken.error().message();
    if ((*full)->run(run)->note != "written while there was room") return "the note is not seen";
    full->reset();
    // Where not even the databases are: nothing is left that would look damaged later.
    for (const char* name : {"catalogue.db", "metrics.db", "catalogue.db-wal", "catalogue.db-shm"})
      fs::remove(small / "history" / name);
    fillDisk(small / "rest");
    for (int again = 0; again < 3; ++again) {
      const auto owned = Store::open(small, Store::Access::owner);
      if (owned || owned.error().cause.find("full") == std::string::npos)
        return owned ? "it opens all the same" : owned.error().message();
      auto away = Store::open(small, Store::Access::automatic);
      if (!away) return away.error().message();
    }
    for (const auto& entry : fs::directory_iterator(small / "history"))
      if (entry.path().string().find("damaged") != std::string::npos) return entry.path().string();
    return "good";
  });
  if (said == cannotMount) QSKIP(cannotMount);
  QCOMPARE(said, std::string("good"));
}

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
