// SPDX-License-Identifier: Apache-2.0
// What is stored of a run and does not match its checksum is never shown as if it were sound.
#include "core/run/project.h"
#include "core/store/sqlite.h"
#include "tests/cli/cli_fixture.h"

using namespace loom;
using namespace loom::test;

class TestDamaged : public QObject {
  Q_OBJECT
 private slots:
  void changedFiguresAreReadAgainOrMarked_data();
  void changedFiguresAreReadAgainOrMarked();
};

void TestDamaged::changedFiguresAreReadAgainOrMarked_data() {
  QTest::addColumn<bool>("cut");
  QTest::newRow("its journal is whole") << false;
  QTest::newRow("its journal is cut") << true;
}

void TestDamaged::changedFiguresAreReadAgainOrMarked() {
  QFETCH(bool, cut);
  const Folder folder;
  const std::string project = folder.text("p.loom");
  QCOMPARE(runLoom({"new", project, "--template", "iris"}).exitCode, 0);
  QCOMPARE(runLoom({"train", project, "--epochs", "1"}).exitCode, 0);
  const auto run = findRun(project, "last");
  QVERIFY(run.ok());
  const Json before = lastJson(runLoom({"runs", "show", project, "last", "--json"}));
  Database(fs::path(project) / "history/catalogue.db", Database::Mode::owner)
      .execute("UPDATE run SET test_metric=0.9999");
  const fs::path journal = runFolder(project, *run) / "attempts/1/journal";
  if (cut) fs::resize_file(journal, fs::file_size(journal) / 2);
  const Json now = lastJson(runLoom({"runs", "show", project, "last", "--json"}));
  QCOMPARE(now.at("damaged").get<bool>(), cut);
  QCOMPARE(now.at("test_accuracy") == before.at("test_accuracy"), !cut);
  QVERIFY(!now.at("problems").empty() || !cut);
  const auto list = runLoom({"runs", "list", project});
  QCOMPARE(list.exitCode, 0);
  QCOMPARE(list.output.find("damaged") != std::string::npos, cut);
  QCOMPARE(runLoom({"runs", "show", project, "last"}).output.find("checksum") != std::string::npos, cut);
}

QTEST_GUILESS_MAIN(TestDamaged)
#include "tst_damaged.moc"
