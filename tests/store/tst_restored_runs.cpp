// SPDX-License-Identifier: Apache-2.0
// Runs whose folder was restored from an older copy and then resumed: the number of an attempt is there again,
// with another journal. The history shows what the files contain, as if it were made from them alone, and
// loses nothing that only it has.
#include "core/store/series_writer.h"
#include "follower_fixture.h"
#include <fmt/ranges.h>

using namespace loom;
using namespace loom::test;

namespace {

Json timed(RunEvent event, std::int64_t second) {
  event["time"] = 1'800'000'000'000'000 + second * 1'000'000;
  return event;
}

// An attempt with points from behind `from` up to `to`, a checkpoint and an epoch at its end.
void train(const TestProject& project, int number, std::int64_t from, std::int64_t to, std::uint32_t seed) {
  auto writer = project.begin(run, number);
  RunEvent first = number == 1 ? started() : resumed(number, from);
  first["step"] = from; // a run whose journals were deleted is resumed with another `started`
  write(writer, timed(std::move(first), seed));
  const auto count = static_cast<std::size_t>(to - from);
  write(writer,
        columnsOf("train/loss", shifted(makePoints(count, Steps::regular, Values::doubles, seed), from)));
  write(writer, RunEvent{{"event", "checkpoint"}, {"step", to}, {"epoch", 1}, {"best", true}});
  write(writer, RunEvent{{"event", "epoch"}, {"step", to}, {"epoch", number}, {"val_loss", 1.0 / seed}});
}

// One row of followsTheFiles_data(): 1: 0 to 300. 2: 200 to 600. 3: 500 to 700. The copy has the first `kept` of
// them, and is resumed at `from`.
struct RestoredRun {
  TestProject project;

  RestoredRun() { project.configure(run, "a"); }
  void train(const std::function<void()>& follow) const {
    const std::pair<int, int> steps[] = {{0, 300}, {200, 600}, {500, 700}};
    for (int number = 1; number <= 3; ++number) {
      if (number == kept + 1) fs::copy(folder(), copy(), fs::copy_options::recursive);
      ::train(project, number, steps[number - 1].first, steps[number - 1].second, 10 + number);
      follow();
    }
  }
  void restore() const { // the marker of `runs` stays
    fs::remove_all(folder());
    fs::copy(copy(), folder(), fs::copy_options::recursive);
  }
  void resume() const {
    for (int at = 1; at <= more; ++at)
      ::train(project, kept + at, at == 1 ? from : to, at == 1 ? to : to + at, 100 + at);
  }

 private:
  static int given(const char* column) {
    return *static_cast<int*>(QTest::qData(column, qMetaTypeId<int>()));
  }
  fs::path folder() const { return project.folder / "runs" / run; }
  fs::path copy() const { return fs::path(elsewhere_.path().toStdString()) / run; }
  const int kept = given("kept"), from = given("from"), to = given("to"), more = given("more");
  QTemporaryDir elsewhere_;
};

// What a history that is made from the files alone contains.
std::string fromFiles(const TestProject& project) {
  TestProject other;
  fs::copy(project.folder / "runs", other.folder / "runs", fs::copy_options::recursive);
  return contents(*other.takenIn());
}

int restoredProblems(const TakeInResult& taken) {
  return static_cast<int>(
      std::count_if(taken.problems.begin(), taken.problems.end(), [](const Error& problem) {
        return saysAll(problem) && problem.cause.text().find("older copy") != std::string::npos;
      }));
}

} // namespace

class TestRestoredRuns : public QObject {
  Q_OBJECT
 private slots:
  void init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }
  void followsTheFiles_data();
  void followsTheFiles();
  void whileTheHistoryIsOpen_data() { followsTheFiles_data(); }
  void whileTheHistoryIsOpen();
  void rebuiltFromTheFiles_data() { followsTheFiles_data(); }
  void rebuiltFromTheFiles();
  void keepsWhatOnlyTheHistoryHas_data();
  void keepsWhatOnlyTheHistoryHas();
  void aDamagedFirstRecordIsNoOtherJournal();
  void aKillBetweenTheTwoIsRepeated();

 private:
  QTemporaryDir state_;
};

void TestRestoredRuns::followsTheFiles_data() {
  QTest::addColumn<int>("kept");
  QTest::addColumn<int>("from");
  QTest::addColumn<int>("to");
  QTest::addColumn<int>("more"); // attempts
  QTest::newRow("shorter") << 1 << 150 << 200 << 1;
  QTest::newRow("longer") << 1 << 300 << 3000 << 1;
  QTest::newRow("as long") << 1 << 200 << 600 << 1;
  QTest::newRow("two attempts") << 1 << 250 << 400 << 2;
  QTest::newRow("more attempts than before") << 1 << 250 << 400 << 4;
  QTest::newRow("of the last one") << 2 << 400 << 450 << 1;
  QTest::newRow("from the start") << 0 << 0 << 100 << 1;
}

void TestRestoredRuns::followsTheFiles() {
  RestoredRun restored;
  restored.train([&] { (void)restored.project.takenIn(); });
  restored.restore();
  restored.resume();
  const TestProject& project = restored.project;
  const auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  QCOMPARE(restoredProblems(*taken), 1);
  QCOMPARE(contents(*store), fromFiles(project));
  const auto again = store->takeIn(*sitesOf(project.folder));
  QVERIFY(again.ok() && again->problems.empty() && !again->changed);
}

void TestRestoredRuns::whileTheHistoryIsOpen() {
  RestoredRun restored;
  const TestProject& project = restored.project;
  const auto store = project.open();
  const auto sites = sitesOf(project.folder);
  restored.train([&] { QVERIFY(store->takeIn(*sites).ok()); });
  restored.restore();
  restored.resume();
  const auto taken = store->takeIn(*sites);
  QVERIFY(taken.ok());
  QCOMPARE(restoredProblems(*taken), 1);
  QCOMPARE(contents(*store), fromFiles(project));
}

void TestRestoredRuns::rebuiltFromTheFiles() {
  RestoredRun restored;
  restored.train([&] { (void)restored.project.takenIn(); });
  restored.restore();
  restored.resume();
  const TestProject& project = restored.project;
  const auto report = rebuildHistory(project.folder);
  QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
  QCOMPARE(report->findings.size(), std::size_t{1});
  QVERIFY(report->findings.front().text().find("older copy") != std::string::npos);
  QCOMPARE(contents(*project.open(Store::Access::reader)), fromFiles(project));
}

void TestRestoredRuns::keepsWhatOnlyTheHistoryHas_data() {
  QTest::addColumn<bool>("rebuilt");
  QTest::newRow("taken in") << false;
  QTest::newRow("and rebuilt") << true;
}

// Journals were deleted to free some space; the run is resumed from its checkpoint, with attempt 1.
void TestRestoredRuns::keepsWhatOnlyTheHistoryHas() {
  QFETCH(bool, rebuilt);
  TestProject project;
  train(project, 1, 0, 300, 11);
  train(project, 2, 300, 600, 12);
  const Points before = upTo(*project.takenIn()->points(run, "train/loss", 0, 0), 500);
  fs::remove_all(project.folder / "runs" / run / "attempts");
  train(project, 1, 500, 700, 13);
  (void)project.takenIn();
  if (rebuilt) QVERIFY(rebuildHistory(project.folder).ok());
  const auto store = project.takenIn();
  const Points fresh = shifted(makePoints(200, Steps::regular, Values::doubles, 13), 500);
  const auto points = store->points(run, "train/loss", 0, 0);
  QVERIFY(points.ok());
  const auto differs = difference(*points, joined(before, fresh));
  QVERIFY2(differs.empty(), differs.c_str());
  const auto events = store->events(run);
  QVERIFY(events.ok());
  std::vector<std::string> kinds;
  for (const StoredEvent& event : *events)
    kinds.push_back(
        fmt::format("{} {} {}", event.attempt, event.sequence, event.event["event"].get<std::string>()));
  // The epoch and the checkpoint of step 600 are superseded.
  const std::vector<std::string> wanted{"0 0 started", "0 1 checkpoint", "0 2 epoch", "0 3 resumed",
                                        "1 0 started", "1 2 checkpoint", "1 3 epoch"};
  QCOMPARE(QString::fromStdString(fmt::format("{}", fmt::join(kinds, ", "))),
           QString::fromStdString(fmt::format("{}", fmt::join(wanted, ", "))));
  QCOMPARE(store->run(run)->step, std::int64_t{700});
}

void TestRestoredRuns::aDamagedFirstRecordIsNoOtherJournal() {
  TestProject project;
  train(project, 1, 0, 300, 11);
  train(project, 2, 200, 600, 12);
  const std::string wanted = contents(*project.takenIn());
  std::string bytes = bytesOf(project.journal(run, 2));
  for (const std::size_t at : {std::size_t{2}, std::size_t{9}, std::size_t{40}}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put(project.journal(run, 2), damaged);
    const auto store = project.open();
    const auto taken = store->takeIn(*sitesOf(project.folder));
    QVERIFY(taken.ok());
    QCOMPARE(restoredProblems(*taken), 0);
    QCOMPARE(contents(*store), wanted);
  }
}

// The points of the earlier journal are gone and its records are not: as a kill leaves it.
void TestRestoredRuns::aKillBetweenTheTwoIsRepeated() {
  TestProject project;
  train(project, 1, 0, 300, 11);
  train(project, 2, 200, 600, 12);
  (void)project.takenIn();
  fs::remove_all(project.attempt(run, 2));
  train(project, 2, 250, 500, 13);
  {
    const Database metrics(project.history() / "metrics.db", Database::Mode::owner);
    Transaction all(metrics, true);
    SeriesWriter writer(metrics);
    writer.remove(writer.runNumber(run));
    writer.flush();
    all.commit();
  }
  const auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  QCOMPARE(contents(*store), fromFiles(project));
}

QTEST_GUILESS_MAIN(TestRestoredRuns)
#include "tst_restored_runs.moc"
