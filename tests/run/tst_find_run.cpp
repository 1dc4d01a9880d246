// SPDX-License-Identifier: Apache-2.0
// Which run a word means: the id of one, last, or the only one that begins so or has this name; and what is
// no run at all.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/run/project.h"
#include <QtTest>

using namespace loom;
namespace fs = std::filesystem;

class TestFindRun : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void words_data();
  void words();
  void aProjectWithoutRuns_data();
  void aProjectWithoutRuns();

 private:
  fs::path project() const { return folder_.path().toStdString(); }
  void run(const std::string& id, const std::string& json) const {
    fs::create_directories(project() / "runs" / id);
    if (!json.empty()) QVERIFY(writeFileAtomically(project() / "runs" / id / "run.json", json).ok());
  }
  QTemporaryDir folder_;
};

void TestFindRun::initTestCase() {
  run("aaaa1111", R"({"created": 100, "name": "first"})");
  run("aaaa2222", R"({"created": 300, "name": "second"})");
  run("bbbb3333", R"({"created": 200, "name": "aaaa"})"); // a name that is a beginning of others
  run("cccc4444", "not JSON");                            // damaged, and a run all the same
  run("dddd5555", "");                                    // its run.json is gone, its attempts are there
  fs::create_directories(project() / "runs/dddd5555/attempts/1");
  run("abcd8888", R"({"created": 150, "name": "aaaa1111"})"); // called as another one's id
  run("abce9999", R"({"created": 80, "name": "twin"})");
  run("abcf0000", R"({"created": 70, "name": "twin"})");
  run("abd00000", R"({"created": 60, "name": "last"})");
  run("abd11111", R"({"created": 50, "name": "a/b"})");
  run("eeee6666", ""); // a start that failed left its console alone
  QVERIFY(writeFileAtomically(project() / "runs/eeee6666/console.log", std::string_view("no data")).ok());
  QVERIFY(writeFileAtomically(project() / "runs/ffff7777", std::string_view("a file")).ok());
}

void TestFindRun::words_data() {
  QTest::addColumn<QString>("word");
  QTest::addColumn<QString>("found"); // empty: none
  QTest::addColumn<QString>("says");  // of the error
  QTest::newRow("whole id") << "aaaa1111"
                            << "aaaa1111"
                            << "";
  QTest::newRow("beginning") << "b"
                             << "bbbb3333"
                             << "";
  QTest::newRow("as a shell completes it") << "runs/bbbb3333/"
                                           << "bbbb3333"
                                           << "";
  QTest::newRow("newest") << "last"
                          << "aaaa2222"
                          << "";
  QTest::newRow("name") << "second"
                        << "aaaa2222"
                        << "";
  QTest::newRow("a name that is a beginning of others")
      << "aaaa"
      << ""
      << "aaaa2222 (second), bbbb3333 (aaaa), aaaa1111 (first)";
  QTest::newRow("two of one name") << "twin"
                                   << ""
                                   << "abce9999 (twin), abcf0000 (twin)";
  QTest::newRow("a beginning of an id that is another's name") << "aaaa111"
                                                               << "aaaa1111"
                                                               << "";
  QTest::newRow("another's name with a slash") << "a/b"
                                               << ""
                                               << "Several runs begin with 'a/b' or have this name";
  QTest::newRow("damaged run.json") << "cccc"
                                    << "cccc4444"
                                    << "";
  QTest::newRow("attempts without run.json") << "dddd"
                                             << "dddd5555"
                                             << "";
  QTest::newRow("neither run.json nor attempts") << "eeee"
                                                 << ""
                                                 << "No run begins with 'eeee'";
  QTest::newRow("neither, by its whole id") << "eeee6666"
                                            << ""
                                            << "No run begins with 'eeee6666'";
  QTest::newRow("a file") << "ffff7777"
                          << ""
                          << "No run begins with 'ffff7777'";
  QTest::newRow("ambiguous") << "aaa"
                             << ""
                             << "Several runs begin with 'aaa'";
  QTest::newRow("unknown") << "zzzz"
                           << ""
                           << "No run begins with 'zzzz'";
  QTest::newRow("nothing") << ""
                           << ""
                           << "No run begins with ''";
  QTest::newRow("a way out") << "../.."
                             << ""
                             << "No run begins with";
}

void TestFindRun::words() {
  QFETCH(QString, word);
  QFETCH(QString, found);
  QFETCH(QString, says);
  const auto run = findRun(project(), word.toStdString());
  QCOMPARE(run ? QString::fromStdString(*run) : QString(), found);
  if (run) return;
  QCOMPARE(run.error().kind, ErrorKind::input);
  const QString message = QString::fromStdString(run.error().message());
  QVERIFY2(message.contains(says), qPrintable(message));
  QVERIFY2(message.contains("Pass one of: "), qPrintable(message));
  QVERIFY2(!message.contains("ffff7777, ") && !message.contains("eeee6666,"), qPrintable(message));
}

void TestFindRun::aProjectWithoutRuns_data() {
  QTest::addColumn<bool>("folder");
  QTest::addColumn<bool>("husk");
  QTest::newRow("no runs folder") << false << false;
  QTest::newRow("empty") << true << false;
  QTest::newRow("a folder without run.json") << true << true;
}

void TestFindRun::aProjectWithoutRuns() {
  QFETCH(bool, folder);
  QFETCH(bool, husk);
  const QTemporaryDir empty;
  const fs::path place = empty.path().toStdString();
  if (folder) fs::create_directory(place / "runs");
  if (husk) fs::create_directory(place / "runs/aaaa1111");
  for (const char* word : {"last", "aaaa", ""}) {
    const auto run = findRun(place, word);
    QVERIFY(!run.ok());
    QCOMPARE(run.error().kind, ErrorKind::input);
    QVERIFY(run.error().cause.text().find("no run yet") != std::string::npos);
  }
}

QTEST_GUILESS_MAIN(TestFindRun)
#include "tst_find_run.moc"
