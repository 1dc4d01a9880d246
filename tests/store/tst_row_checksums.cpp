// SPDX-License-Identifier: Apache-2.0
// Bits that flipped in what the history shows of a run: the run is read again from its own files, or is shown
// as damaged where those do not contain it any more.
#include "history_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

std::string fillAndTakeIn(const TestProject& project) {
  fill(project);
  const auto store = project.takenIn();
  label(*store);
  return contents(*store);
}

void change(const TestProject& project, const std::string& file, const std::string& sql) {
  Database(project.history() / file, Database::Mode::owner).execute(sql);
}

int checksumProblems(const TakeInResult& taken) {
  return static_cast<int>(
      std::count_if(taken.problems.begin(), taken.problems.end(), [](const Error& problem) {
        return saysAll(problem) && problem.cause.text().find("checksum") != std::string::npos;
      }));
}

} // namespace

class TestRowChecksums : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void flippedBitsAreReadAgain_data();
  void flippedBitsAreReadAgain();
  void staysDamagedWithoutItsJournal_data();
  void staysDamagedWithoutItsJournal();
  void rebuildKeepsTheDamageVisible();
  void earlierVersionsHaveNone();
  void everyRowHasOne();

 private:
  QTemporaryDir state_;
};

void TestRowChecksums::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

void TestRowChecksums::flippedBitsAreReadAgain_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("sql");
  for (const char* set :
       {"test_metric=0.9999", "test_metric=NULL", "test_metric_name='test_r2'", "state='failed'",
        "name='another'", "network='mlp'", "seconds=seconds+1", "step=step+1", "epochs=7", "checkpoint=601",
        "error='x'", "created=created+1", "device='cuda'", "host=NULL"}) {
    QTest::addRow("run %s", set) << "catalogue.db"
                                 << QString("UPDATE run SET %1 WHERE uuid='%2'").arg(set, run.c_str());
  }
  QTest::newRow("setting") << "catalogue.db"
                           << "UPDATE setting SET value='0.5' WHERE name='lr'";
  QTest::newRow("setting gone") << "catalogue.db"
                                << "DELETE FROM setting WHERE name='lr'";
  QTest::newRow("checksum") << "catalogue.db"
                            << "UPDATE checked SET sum=sum+1";
  for (const char* set :
       {"minimum=0.9999", "maximum=-1", "last=0.5", "minimum_step=minimum_step+1", "points=points+1",
        "non_finite=0", "last_time=last_time+1", "key=key||'x'", "chunks=chunks-1"})
    QTest::addRow("series %s", set) << "metrics.db"
                                    << QString(
                                           "UPDATE series SET %1 WHERE id=(SELECT max(id) FROM series WHERE "
                                           "run=(SELECT id FROM run WHERE uuid='%2'))")
                                           .arg(set, run.c_str());
}

void TestRowChecksums::flippedBitsAreReadAgain() {
  QFETCH(QString, file);
  QFETCH(QString, sql);
  TestProject project;
  const std::string wanted = fillAndTakeIn(project);
  change(project, file.toStdString(), sql.toStdString());
  {
    const auto reader = project.open(Store::Access::reader);
    QVERIFY(reader->run(run)->damaged);
  }
  const auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY2(taken.ok(), taken.ok() ? "" : taken.error().message().c_str());
  QVERIFY(checksumProblems(*taken) >= 1);
  QVERIFY(contents(*store) == wanted);
  const auto rows = store->runs();
  QVERIFY(rows.ok());
  for (const RunRow& row : *rows) QVERIFY(!row.damaged);
  const auto again = store->takeIn(*sitesOf(project.folder));
  QVERIFY(again.ok() && again->problems.empty());
}

void TestRowChecksums::staysDamagedWithoutItsJournal_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QString>("sql");
  QTest::newRow("run") << "catalogue.db"
                       << "UPDATE run SET test_metric=0.9999";
  QTest::newRow("series") << "metrics.db"
                          << "UPDATE series SET minimum=-0.9999";
}

void TestRowChecksums::staysDamagedWithoutItsJournal() {
  QFETCH(QString, file);
  QFETCH(QString, sql);
  TestProject project;
  const std::string wanted = fillAndTakeIn(project);
  const std::string bytes = bytesOf(project.journal(run));
  put(project.journal(run), bytes.substr(0, bytes.size() / 2));
  change(project, file.toStdString(), sql.toStdString());
  for (int again = 0; again < 3; ++again) {
    const auto store = project.open();
    const auto taken = store->takeIn(*sitesOf(project.folder));
    QVERIFY(taken.ok());
    QVERIFY(checksumProblems(*taken) >= 1);
    QVERIFY(store->run(run)->damaged);
    QVERIFY(!store->run(runNamed(2))->damaged); // its journals are there
    QVERIFY(store->setNote(run, "line one\nline \"two\"; DROP TABLE label;").ok());
    if (again != 1) continue;
    // What is written to the run later makes no new checksum of what is wrong.
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, 8999));
    write(writer, columnsOf("train/0", {{9100, 0.5, 4}}));
    QVERIFY(store->takeIn(*sitesOf(project.folder)).ok());
    QVERIFY(store->run(run)->damaged);
    fs::remove_all(project.attempt(run, 2));
  }
  const auto report = verifyHistory(project.folder);
  QVERIFY(report.ok() && !report->good);
  // With the whole journal again.
  put(project.journal(run), bytes);
  change(project, "catalogue.db",
         "DELETE FROM source WHERE attempt=2 AND run=(SELECT id FROM run WHERE uuid='" + run + "')");
  change(project, "metrics.db",
         "DELETE FROM source WHERE attempt=2 AND run=(SELECT id FROM run WHERE uuid='" + run + "')");
  const auto store = project.takenIn();
  QVERIFY(!store->run(run)->damaged);
  QVERIFY(contents(*store) == wanted);
}

void TestRowChecksums::rebuildKeepsTheDamageVisible() {
  TestProject project;
  fillAndTakeIn(project);
  const std::string bytes = bytesOf(project.journal(run));
  put(project.journal(run), bytes.substr(0, bytes.size() / 2));
  change(project, "metrics.db", "UPDATE series SET minimum=-0.9999 WHERE key='train/1'");
  QVERIFY(rebuildHistory(project.folder).ok());
  const auto store = project.open();
  QVERIFY(store->run(run)->damaged);
  QVERIFY(!store->run(runNamed(2))->damaged);
}

// Their rows are not verified until they are written again.
void TestRowChecksums::earlierVersionsHaveNone() {
  TestProject project;
  const std::string wanted = fillAndTakeIn(project);
  for (const char* file : {"catalogue.db", "metrics.db"}) change(project, file, "DROP TABLE checked");
  {
    const auto reader = project.open(Store::Access::reader);
    QVERIFY(contents(*reader) == wanted);
    QVERIFY(!reader->run(run)->damaged);
  }
  {
    const auto store = project.open();
    const auto taken = store->takeIn(*sitesOf(project.folder));
    QVERIFY(taken.ok() && taken->problems.empty());
    QVERIFY(contents(*store) == wanted);
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, 8999));
    QVERIFY(store->takeIn(*sitesOf(project.folder)).ok());
  }
  change(project, "catalogue.db", "UPDATE run SET epochs=99");
  const auto reader = project.open(Store::Access::reader);
  QVERIFY(reader->run(run)->damaged);
  QVERIFY(!reader->run(runNamed(2))->damaged);
}

void TestRowChecksums::everyRowHasOne() {
  TestProject project;
  fillAndTakeIn(project);
  const Database catalogue(project.history() / "catalogue.db", Database::Mode::reader);
  QCOMPARE(catalogue.number("SELECT count(*) FROM run WHERE id NOT IN (SELECT run FROM checked)"),
           std::int64_t{0});
  const Database metrics(project.history() / "metrics.db", Database::Mode::reader);
  QCOMPARE(metrics.number("SELECT count(*) FROM series WHERE id NOT IN (SELECT series FROM checked)"),
           std::int64_t{0});
  QCOMPARE(metrics.number("SELECT count(*) FROM checked WHERE series NOT IN (SELECT id FROM series)"),
           std::int64_t{0});
}

QTEST_GUILESS_MAIN(TestRowChecksums)
#include "tst_row_checksums.moc"
