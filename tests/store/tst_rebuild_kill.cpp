// SPDX-License-Identifier: Apache-2.0
// A rebuild that is killed at any of its steps: the next opening has the old history or the new one, and what
// only the old one had is in both.
#include "history_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

// A run of which the journal was cut after it was taken in, and one that is whole.
void fillAndCut(const TestProject& project, std::string& wanted) {
  for (int number : {1, 2}) {
    auto writer = project.begin(runNamed(number));
    write(writer, started());
    write(writer, columnsOf("train/loss", makePoints(600, Steps::irregular, Values::special,
                                                     static_cast<std::uint32_t>(number))));
    write(writer, RunEvent{{"event", "epoch"}, {"epoch", 1}, {"step", 500}});
    write(writer, finished(900));
  }
  {
    const auto store = project.takenIn();
    label(*store);
    wanted = contents(*store);
  }
  const std::string bytes = bytesOf(project.journal(run));
  put(project.journal(run), bytes.substr(0, bytes.size() / 3));
}

void copyProject(const TestProject& from, const TestProject& to) {
  fs::copy(from.folder, to.folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

// The rebuild of another process that is killed at its n-th write, sync or rename.
std::string killedRebuild(const TestProject& project, int atStep) {
  return inChild([&]() -> std::string {
    int left = atStep;
    setFileFault([&](std::string_view, const fs::path&) {
      if (left-- == 0) ::raise(SIGKILL);
      return 0;
    });
    const auto report = rebuildHistory(project.folder);
    return report.ok() ? "done" : report.error().message();
  });
}

} // namespace

class TestRebuildKill : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void killedAnywhere_data();
  void killedAnywhere();
  void failingAnywhere();
  void leftoverIsRemoved();
  void exchangeIsCompletedFrom_data();
  void exchangeIsCompletedFrom();
  void markerNamesNoFileElsewhere();
  void linkIsSetAside();

 private:
  QTemporaryDir state_;
};

void TestRebuildKill::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

void TestRebuildKill::killedAnywhere_data() {
  QTest::addColumn<int>("access");
  QTest::newRow("owner next") << static_cast<int>(Store::Access::owner);
  QTest::newRow("reader next") << static_cast<int>(Store::Access::reader);
}

void TestRebuildKill::killedAnywhere() {
  QFETCH(int, access);
  TestProject source;
  std::string wanted;
  fillAndCut(source, wanted);
  std::string how;
  int step = 0;
  for (; step < 200 && how != "done"; ++step) {
    TestProject project;
    copyProject(source, project);
    how = killedRebuild(project, step);
    QVERIFY2(how == "done" || how == "killed by signal 9", how.c_str());
    {
      auto store = Store::open(project.folder, static_cast<Store::Access>(access));
      QVERIFY2(store.ok(), store.ok() ? "" : store.error().message().c_str());
      QVERIFY2(contents(**store) == wanted, qPrintable(QString("killed at step %1").arg(step)));
    }
    QVERIFY(!fs::exists(rebuildFolder(project.history())));
    QVERIFY(contents(*project.takenIn()) == wanted);
    QVERIFY(rebuildHistory(project.folder).ok());
    QVERIFY(contents(*project.open()) == wanted);
  }
  QCOMPARE(how, std::string("done"));
  QVERIFY(step > 8); // the labels, the marker, and four files at least
}

// The same where the step fails and the program continues.
void TestRebuildKill::failingAnywhere() {
  TestProject source;
  std::string wanted;
  fillAndCut(source, wanted);
  bool done = false;
  for (int step = 0; step < 200 && !done; ++step) {
    TestProject project;
    copyProject(source, project);
    int left = step;
    setFileFault([&](std::string_view, const fs::path&) { return left-- == 0 ? EIO : 0; });
    const auto report = rebuildHistory(project.folder);
    setFileFault({});
    done = left >= 0;
    if (!report) QVERIFY(saysAll(report.error()));
    QVERIFY(contents(*project.takenIn()) == wanted);
    QVERIFY(!fs::exists(rebuildFolder(project.history())));
  }
  QVERIFY(done);
}

void TestRebuildKill::leftoverIsRemoved() {
  TestProject project;
  std::string wanted;
  fillAndCut(project, wanted);
  const fs::path folder = rebuildFolder(project.history());
  fs::create_directory(folder);
  put(folder / "catalogue.db", "half of it");
  put(folder / "metrics.db", "");
  put(folder / "exchange.json.part", "{");
  QVERIFY(contents(*project.takenIn()) == wanted);
  QVERIFY(!fs::exists(folder));
}

void TestRebuildKill::exchangeIsCompletedFrom_data() {
  QTest::addColumn<QStringList>("moved"); // from, to: below the history's folder
  QTest::newRow("nothing moved") << QStringList{};
  QTest::newRow("old catalogue moved") << QStringList{"catalogue.db", "catalogue.db.before"};
  QTest::newRow("catalogue exchanged")
      << QStringList{"catalogue.db", "catalogue.db.before", "rebuilding/catalogue.db", "catalogue.db"};
  QTest::newRow("old metrics moved") << QStringList{
      "catalogue.db", "catalogue.db.before", "rebuilding/catalogue.db",
      "catalogue.db", "metrics.db",          "metrics.db.before"};
  QTest::newRow("all exchanged") << QStringList{
      "catalogue.db", "catalogue.db.before", "rebuilding/catalogue.db", "catalogue.db",
      "metrics.db",   "metrics.db.before",   "rebuilding/metrics.db",   "metrics.db"};
}

void TestRebuildKill::exchangeIsCompletedFrom() {
  QFETCH(QStringList, moved);
  TestProject project, rebuilt;
  std::string wanted;
  fillAndCut(project, wanted);
  copyProject(project, rebuilt);
  QVERIFY(rebuildHistory(rebuilt.folder).ok());
  const fs::path history = project.history(), folder = rebuildFolder(history);
  fs::create_directory(folder);
  std::map<std::string, std::string> fresh, old;
  for (const char* name : {"catalogue.db", "metrics.db"}) {
    fs::copy_file(rebuilt.history() / name, folder / name);
    fresh[name] = bytesOf(folder / name);
    old[name] = bytesOf(history / name);
  }
  QVERIFY(
      writeExchangeMarker(history, {history / "catalogue.db.before", history / "metrics.db.before"}).ok());
  for (qsizetype i = 0; i < moved.size(); i += 2)
    fs::rename(history / moved[i].toStdString(), history / moved[i + 1].toStdString());
  finishRebuild(history);
  for (const char* name : {"catalogue.db", "metrics.db"}) {
    QVERIFY(bytesOf(history / name) == fresh[name]);
    QVERIFY(bytesOf(history / (std::string(name) + ".before")) == old[name]);
  }
  QVERIFY(!fs::exists(folder));
  finishRebuild(history);
  QVERIFY(contents(*project.takenIn()) == wanted);
}

void TestRebuildKill::markerNamesNoFileElsewhere() {
  TestProject project;
  std::string wanted;
  fillAndCut(project, wanted);
  const fs::path victim = project.folder / "precious", folder = rebuildFolder(project.history());
  put(victim, "a file of somebody");
  fs::create_directory(folder);
  fs::copy_file(project.history() / "catalogue.db", folder / "catalogue.db");
  put(folder / "exchange.json", R"({"schema":1,"catalogue.db":"../precious","metrics.db":"../precious"})");
  QVERIFY(contents(*project.takenIn()) == wanted);
  QCOMPARE(bytesOf(victim), std::string("a file of somebody"));
}

void TestRebuildKill::linkIsSetAside() {
  TestProject project, other;
  std::string wanted;
  fillAndCut(project, wanted);
  copyProject(project, other);
  // Another project's history, with a marker that would move its databases here.
  QVERIFY(writeFileAtomically(
              other.history() / "exchange.json",
              R"({"schema":1,"catalogue.db":"catalogue.db.before","metrics.db":"metrics.db.before"})")
              .ok());
  fs::create_directory_symlink(other.history(), rebuildFolder(project.history()));
  QVERIFY(contents(*project.takenIn()) == wanted);
  QVERIFY(fs::exists(other.history() / "catalogue.db") && fs::exists(other.history() / "metrics.db"));
  QVERIFY(!fs::exists(fs::symlink_status(rebuildFolder(project.history()))));
}

QTEST_GUILESS_MAIN(TestRebuildKill)
#include "tst_rebuild_kill.moc"
