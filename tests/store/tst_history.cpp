// SPDX-License-Identifier: Apache-2.0
// The two databases when they are damaged, of a newer program, or made again: each is said in words, and
// nothing that was stored is lost.
#include "history_fixture.h"
#include <thread>

using namespace loom;
using namespace loom::test;

class TestHistory : public QObject {
  Q_OBJECT
 private slots:
  void init();
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
  void labelsOutliveEverything_data();
  void labelsOutliveEverything();
  void newerLabelsAreRefused();

 private:
  QTemporaryDir state_;
};

void TestHistory::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

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
  const auto taken = (*store)->takeIn(*sitesOf(project.folder));
  QVERIFY2(taken.ok(), taken.ok() ? "" : taken.error().message().c_str());
  QCOMPARE(taken->problems.size(), std::size_t{asks ? 1u : 0u});
  if (asks) {
    QVERIFY(saysAll(taken->problems[0]));
    QVERIFY(taken->problems[0].place.text().find(path.string()) != std::string::npos);
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
  QVERIFY2(report->good, report->findings.empty() ? "" : report->findings.front().text().c_str());
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
    QVERIFY(store.error().cause.text().find("99") != std::string::npos);
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
  QVERIFY(points.error().fix.text().find("rebuild") != std::string::npos);
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
  // What has a checksum, and the first record of a journal, was read again from the journals, with a finding that says so.
  QVERIFY(!report->findings.empty());
  const std::string found = report->findings.front().text();
  QVERIFY(!report->good || found.find("checksum") != std::string::npos ||
          found.find("first record") != std::string::npos);
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(rebuilt.ok());
  QVERIFY2(rebuilt->good, rebuilt->findings.empty() ? "" : rebuilt->findings.front().text().c_str());
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
  for (const char* how : {"one byte", "cut", "empty", "journal gone"}) QTest::newRow(how) << QString(how);
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
  for (int again = 0; again < 5; ++again) {
    const auto report = rebuildHistory(project.folder);
    QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
    QVERIFY(std::any_of(report->findings.begin(), report->findings.end(), [](const Message& one) {
      const std::string text = one.text();
      return text.find(run) != std::string::npos && text.find("is kept") != std::string::npos;
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

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
