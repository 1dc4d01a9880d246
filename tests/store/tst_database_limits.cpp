// SPDX-License-Identifier: Apache-2.0
// The limits of every connection to a database: steps, rows, lengths; and the text of a schema that is compared.
#include "core/store/schema.h"
#include "history_fixture.h"
#include <atomic>
#include <thread>

using namespace loom;
using namespace loom::test;

namespace {

const char* endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) ";

std::optional<SqlFailure> failureOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const SqlFailure& failure) {
    return failure;
  }
  return std::nullopt;
}

} // namespace

class TestDatabaseLimits : public QObject {
  Q_OBJECT
 private slots:
  void init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }
  void stepsAreLimited();
  void rowsAndTextsAreLimited();
  void interruptIsNoDamage();
  void longTextsAreRefused();
  void sqlIsNormalised_data();
  void sqlIsNormalised();
  void ownSchemasFit();

 private:
  QTemporaryDir state_;
};

void TestDatabaseLimits::stepsAreLimited() {
  TestProject project;
  const Database database(project.folder / "some.db", Database::Mode::owner);
  database.execute("CREATE TABLE t(x)");
  database.limitSteps({200'000, 0});
  const std::string sql = std::string(endless) + "SELECT count(*) FROM c";
  for (int again = 0; again < 2; ++again) {
    const auto stopped = failureOf([&] { database.number(sql); });
    QVERIFY(stopped && stopped->damaged && saysAll(stopped->error));
    const auto written = failureOf([&] {
      database.prepare(std::string("INSERT INTO t SELECT x FROM (") + endless + "SELECT x FROM c)").run();
    });
    QVERIFY(written && written->damaged);
    QCOMPARE(database.number("SELECT count(*) FROM t"), std::int64_t{0});
  }
  // What the file's size allows is allowed.
  database.limitSteps({0, std::int64_t{1} << 20});
  QCOMPARE(database.number("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 100000) "
                           "SELECT count(*) FROM c"),
           std::int64_t{100'000});
}

void TestDatabaseLimits::rowsAndTextsAreLimited() {
  TestProject project;
  const Database database(project.folder / "some.db", Database::Mode::owner);
  database.execute("CREATE TABLE t(x)");
  database.limitSteps({200'000, 0});
  // Each step of it is short, and others run in between.
  Statement rows = database.prepare(std::string(endless) + "SELECT x FROM c");
  for (int again = 0; again < 2; ++again)
    QVERIFY(failureOf([&] {
      for (Rows each = rows.query(); each.next();) database.number("SELECT 1");
    }));
  int texts = 0;
  Statement long_ = database.prepare(std::string(endless) + "SELECT hex(zeroblob(50000)) FROM c");
  QVERIFY(failureOf([&] {
    for (Rows each = long_.query(); each.next(); ++texts) QCOMPARE(each.text(0).size(), std::size_t{100'000});
  }));
  QVERIFY(texts <= 3);
  // A statement that is used often begins with nothing.
  Statement few = database.prepare("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 1000) "
                                   "SELECT x FROM c");
  for (int again = 0; again < 100; ++again) few.run();
}

void TestDatabaseLimits::interruptIsNoDamage() {
  TestProject project;
  const Database database(project.folder / "some.db", Database::Mode::owner);
  database.limitSteps({std::int64_t{1} << 60, 0});
  std::atomic<bool> ended{false};
  std::thread other([&] {
    while (!ended) {
      database.interrupt();
      std::this_thread::yield();
    }
  });
  const auto stopped = failureOf([&] { database.number(std::string(endless) + "SELECT count(*) FROM c"); });
  ended = true;
  other.join();
  QVERIFY(stopped && !stopped->damaged);
  QCOMPARE(stopped->error.kind, ErrorKind::interrupted);
}

void TestDatabaseLimits::longTextsAreRefused() {
  TestProject project;
  fill(project);
  const auto store = project.takenIn();
  label(*store);
  const std::string wanted = contents(*store);
  const auto noted = store->setNote(run, std::string(longestDatabaseValue + 1, 'x'));
  QVERIFY(!noted.ok() && saysAll(noted.error()));
  QCOMPARE(noted.error().kind, ErrorKind::input);
  QVERIFY(contents(*store) == wanted);
  QVERIFY(store->setNote(run, std::string(1 << 20, 'x')).ok());
}

void TestDatabaseLimits::sqlIsNormalised_data() {
  QTest::addColumn<QString>("sql");
  QTest::addColumn<QString>("wanted");
  const auto row = [](const char* sql, const char* wanted) {
    QTest::newRow(sql) << QString(sql) << QString(wanted);
  };
  row("CREATE TABLE t( a  INTEGER ,\n\tb )", "CREATE TABLE t(a INTEGER,b)");
  row("a -- to the end ' \n b", "a b");
  row("a/* 'in' * between */b", "a b");
  row("a -- without an end", "a");
  row("a /* without an end", "a");
  row("DEFAULT ' -- a  text '' /* '", "DEFAULT' -- a  text '' /* '");
  row("\"a  b\" [c  d] `e  f`", "\"a  b\"[c  d]`e  f`");
  row("'not closed  ", "'not closed  ");
  row("a - -1", "a--1");
  row("", "");
}

void TestDatabaseLimits::sqlIsNormalised() {
  QFETCH(QString, sql);
  QFETCH(QString, wanted);
  QCOMPARE(QString::fromStdString(normalisedSql(sql.toStdString())), wanted);
}

void TestDatabaseLimits::ownSchemasFit() {
  TestProject project;
  fill(project);
  (void)project.takenIn();
  const Database catalogue(project.history() / "catalogue.db", Database::Mode::reader);
  QVERIFY(schemaFaults(catalogue, catalogueSchema).empty());
  QVERIFY(!schemaFaults(catalogue, metricsSchema).empty());
  QVERIFY(schemaFaults(Database(project.history() / "metrics.db", Database::Mode::reader), metricsSchema)
              .empty());
  // As an earlier version left it.
  Database(project.history() / "catalogue.db", Database::Mode::owner).execute("DROP TABLE place");
  QVERIFY(schemaFaults(catalogue, catalogueSchema).empty());
}

QTEST_GUILESS_MAIN(TestDatabaseLimits)
#include "tst_database_limits.moc"
