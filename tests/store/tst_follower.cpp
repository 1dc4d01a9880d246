// SPDX-License-Identifier: Apache-2.0
// What the journals say is taken in exactly once: whatever is cut, resumed or killed on the way, the store
// ends with what an undisturbed one has.
#include "follower_fixture.h"
#include "tests/soak.h"
#include <atomic>
#include <thread>

using namespace loom;
using namespace loom::test;

class TestFollower : public QObject {
  Q_OBJECT
 private slots:
  void resumedSupersedes_data();
  void resumedSupersedes();
  void supersedingIsSeenWholeOrNotAtAll();
  void restartFromTheBeginning();
  void piecesGiveTheWhole();
  void halfALineIsNotThereYet();
  void onceWhenKilled_data();
  void onceWhenKilled();
  void oneDatabaseBehindTheOther();
  void vanishedRunIsForgotten();
};

void TestFollower::resumedSupersedes_data() {
  QTest::addColumn<int>("count");
  QTest::addColumn<qint64>("step");
  QTest::addColumn<bool>("inOneGo");
  for (const int count : {100, 4096, 5000, 20'000})
    for (const qint64 step :
         {qint64{0}, qint64{1}, qint64{50}, qint64{4095}, qint64{4096}, qint64{4097}, qint64{4100},
          qint64{8192}, qint64{12'000}, qint64{19'999}, qint64{20'000}, qint64{1'000'000}})
      for (const bool inOneGo : {false, true})
        if (step <= count || step == 1'000'000)
          QTest::addRow("%d points, back to %lld, %s", count, static_cast<long long>(step),
                        inOneGo ? "in one go" : "live")
              << count << step << inOneGo;
}

void TestFollower::resumedSupersedes() {
  QFETCH(int, count);
  QFETCH(qint64, step);
  QFETCH(bool, inOneGo);
  TestProject project;
  const auto first = makePoints(static_cast<std::size_t>(count), Steps::regular, Values::special, 1);
  const auto second = shifted(makePoints(6000, Steps::irregular, Values::floats, 2), step);
  const Points sparse{{10, 0.5, 1}, {4096, 0.25, 2}, {4097, NAN, 3}, {15'000, 0.125, 4}};
  auto sites = sitesOf(project.folder);
  std::unique_ptr<Store> store;
  if (!inOneGo) store = project.open();
  const auto follow = [&] {
    if (store) QVERIFY(store->takeIn(*sites).ok());
  };
  {
    auto writer = project.begin(run);
    write(writer, started());
    write(writer, columnsOf("train/loss", first));
    write(writer, columnsOf("val/loss", sparse));
    for (const auto& point : sparse)
      write(writer, RunEvent{{"event", "checkpoint"}, {"step", point.step}, {"best", true}});
    follow();
  }
  {
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, step));
    follow();
    if (store) {
      const auto differs = difference(*store->points(run, "train/loss", 0, 0), upTo(first, step));
      QVERIFY2(differs.empty(), differs.c_str());
    }
    write(writer, columnsOf("train/loss", second));
    write(writer, finished(second.back().step));
    follow();
  }
  if (!store) store = project.takenIn();
  const auto loss = joined(upTo(first, step), second);
  // What lay beyond the step, is gone before the new points come; what they do not reach beyond stays passed
  // over.
  const auto differs = difference(*store->points(run, "train/loss", 0, 0), loss);
  QVERIFY2(differs.empty(), differs.c_str());
  const auto validation = difference(*store->points(run, "val/loss", 0, 0), upTo(sparse, step));
  QVERIFY2(validation.empty(), validation.c_str());
  QCOMPARE(store->keys(run)->size(), std::size_t{step < 10 ? 1u : 2u});
  const auto events = store->events(run);
  for (const auto& event : *events)
    if (event.event["event"] == "checkpoint") QVERIFY(event.step <= step);
  const auto row = store->run(run);
  QCOMPARE(row->attempt, 2);
  QCOMPARE(row->metrics.front().count, static_cast<std::int64_t>(loss.size()));
  store.reset();
  const auto wrong = verified(project);
  QVERIFY2(wrong.empty(), wrong.c_str());
}

void TestFollower::supersedingIsSeenWholeOrNotAtAll() {
  TestProject project;
  const auto points = makePoints(30'000, Steps::regular, Values::floats, 1);
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", points));
  }
  auto store = project.takenIn();
  auto sites = sitesOf(project.folder);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0, reads = 0;
  std::thread reading([&] {
    const auto reader = project.open(Store::Access::reader);
    while (!stop) {
      const auto seen = reader->points(run, "k", 0, 0);
      ++reads;
      // Each attempt writes its number: a view that mixes two of them shows a drop, or both.
      if (!seen || seen->size() < 5000) {
        ++wrong;
        continue;
      }
      for (std::size_t i = 1; i < seen->size(); ++i)
        if ((*seen)[i].step != (*seen)[i - 1].step + 1) ++wrong;
    }
  });
  for (int attempt = 2; attempt < 30; ++attempt) {
    auto writer = project.begin(run, attempt);
    write(writer, resumed(attempt, 5000 + attempt));
    write(writer, columnsOf("k", shifted(makePoints(static_cast<std::size_t>(500 * attempt), Steps::regular,
                                                    Values::floats, static_cast<std::uint32_t>(attempt)),
                                         5000 + attempt)));
    if (!store->takeIn(*sites).ok()) ++wrong;
  }
  stop = true;
  reading.join();
  QCOMPARE(wrong.load(), 0);
  QVERIFY(reads.load() > 0);
}

void TestFollower::restartFromTheBeginning() {
  TestProject project;
  const auto points = makePoints(5000, Steps::regular, Values::floats, 1);
  {
    auto writer = project.begin(run);
    write(writer, started());
    write(writer, columnsOf("k", points));
    auto again = project.begin(run, 2);
    write(again, started(2)); // no checkpoint was there to go on from
    write(again, columnsOf("k", upTo(points, 70)));
  }
  const auto store = project.takenIn();
  const auto differs = difference(*store->points(run, "k", 0, 0), upTo(points, 70));
  QVERIFY2(differs.empty(), differs.c_str());
}

void TestFollower::piecesGiveTheWhole() {
  TestProject whole, pieces;
  const auto build = [](const TestProject& project) {
    auto writer = project.begin(run);
    write(writer, started());
    for (int part = 0; part < 40; ++part) {
      write(writer, columnsOf("train/loss", shifted(makePoints(97, Steps::irregular, Values::special,
                                                               static_cast<std::uint32_t>(part)),
                                                    part * 2000)));
      write(writer, columnsOf("val/loss", {{part * 2000 + 1, 0.5 * part, 0.1 * part}}));
      write(writer, RunEvent{{"event", "note"}, {"level", "info"}, {"text", fmt::format("part {}", part)}});
    }
    write(writer, finished(80'000));
  };
  build(whole);
  const std::string journal = bytesOf(whole.journal(run));
  const std::string wanted = contents(*whole.takenIn());
  pieces.configure(run, "run 001");
  std::mt19937 random(casesOf("a journal in pieces", 1, 4, 1).seed);
  auto sites = sitesOf(pieces.folder);
  std::unique_ptr<Store> store;
  for (std::size_t at = 0; at < journal.size();) {
    const std::size_t next = std::min(journal.size(), at + 1 + random() % (random() % 8 == 0 ? 60'000 : 300));
    put(pieces.journal(run), journal.substr(at, next - at), true);
    at = next;
    if (random() % 16 == 0) store.reset();
    if (!store) store = pieces.open();
    const auto taken = store->takeIn(*sites);
    QVERIFY(taken.ok());
    QVERIFY2(taken->problems.empty(), taken->problems.empty() ? "" : taken->problems[0].message().c_str());
  }
  QVERIFY(contents(*store) == wanted);
}

void TestFollower::halfALineIsNotThereYet() {
  TestProject project;
  project.configure(run, "live");
  const std::string head = lineOf(0, compactJson(started()));
  const std::string line =
      lineOf(1, compactJson(columnsOf("k", makePoints(3, Steps::regular, Values::doubles, 1))[0]));
  put(project.journal(run), head);
  const auto lock = RunLock::take(project.folder / "runs" / run); // a living trainer
  QVERIFY(lock.ok());
  auto store = project.open();
  auto sites = sitesOf(project.folder);
  QVERIFY(store->takeIn(*sites).ok());
  for (std::size_t i = 0; i < line.size(); ++i) {
    put(project.journal(run), line.substr(i, 1), true);
    const auto taken = store->takeIn(*sites);
    QVERIFY(taken.ok());
    QVERIFY(taken->problems.empty());
    QCOMPARE(store->points(run, "k", 0, 0)->size(), std::size_t{i + 1 == line.size() ? 3u : 0u});
  }
  QCOMPARE(store->run(run)->state, RunState::running);
}

void TestFollower::onceWhenKilled_data() {
  QTest::addColumn<int>("kills");
  QTest::addColumn<int>("longest"); // milliseconds between two kills
  QTest::newRow("often") << (soaking() ? 600 : 60) << 12;
  QTest::newRow("seldom") << (soaking() ? 100 : 12) << 150;
}

// The follower dies at random moments, while the trainers write and are resumed.
void TestFollower::onceWhenKilled() {
  QFETCH(int, kills);
  QFETCH(int, longest);
  TestProject project;
  constexpr int runs = 3;
  std::map<std::string, Points> wanted;
  std::atomic<bool> stop = false;
  std::thread training([&] {
    std::mt19937 random(8);
    std::vector<JournalWriter> writers;
    std::vector<int> attempts(runs, 1);
    for (int i = 0; i < runs; ++i) {
      writers.push_back(project.begin(runNamed(i)));
      write(writers.back(), started());
    }
    for (std::uint32_t round = 0; !stop; ++round) {
      const auto i = static_cast<std::size_t>(random() % runs);
      Points& points = wanted[runNamed(static_cast<int>(i))];
      if (round % 60 == 59) {
        // Back to a step that some chunk holds.
        const std::int64_t step = points.empty() ? 0 : points[random() % points.size()].step;
        points = upTo(points, step);
        writers[i] = project.begin(runNamed(static_cast<int>(i)), ++attempts[i]);
        write(writers[i], resumed(attempts[i], step));
      }
      const auto more = shifted(makePoints(1 + random() % 700, Steps::irregular, Values::special, round),
                                points.empty() ? 0 : points.back().step);
      write(writers[i], columnsOf("train/loss", more));
      write(writers[i], RunEvent{{"event", "epoch"}, {"epoch", round}, {"step", more.back().step}});
      points.insert(points.end(), more.begin(), more.end());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::mt19937 random(casesOf("kills of the follower", kills, 9, kills).seed);
  int died = 0;
  for (int i = 0; i < kills; ++i) {
    Child follower([&] {
      for (;;) {
        const auto store = Store::open(project.folder, Store::Access::owner);
        if (!store || !(*store)->owner()) ::_exit(3);
        auto sites = sitesOf(project.folder);
        for (int round = 0; round < 8; ++round)
          if (!(*store)->takeIn(*sites)) ::_exit(4);
      }
    });
    std::this_thread::sleep_for(
        std::chrono::microseconds(random() % (static_cast<unsigned>(longest) * 1000)));
    died += follower.kill() == SIGKILL ? 1 : 0;
  }
  stop = true;
  training.join();
  QCOMPARE(died, kills); // none of them ended by itself, with an error
  auto store = project.takenIn();
  std::size_t count = 0;
  for (const auto& [name, points] : wanted) {
    const auto differs = difference(*store->points(name, "train/loss", 0, 0), points);
    QVERIFY2(differs.empty(), differs.c_str());
    count += points.size();
  }
  QVERIFY(count > 1000);
  const std::string after = contents(*store);
  store.reset();
  const auto wrong = verified(project);
  QVERIFY2(wrong.empty(), wrong.c_str());
  // Records too: a database that was never disturbed says the same.
  fs::remove_all(project.history());
  QVERIFY(contents(*project.takenIn()) == after);
}

// A kill between the two commits leaves one database ahead.
void TestFollower::oneDatabaseBehindTheOther() {
  for (const char* late : {"catalogue.db", "metrics.db"}) {
    TestProject project;
    auto writer = project.begin(run);
    write(writer, started());
    write(writer, columnsOf("k", makePoints(5000, Steps::regular, Values::special, 1)));
    write(writer, RunEvent{{"event", "epoch"}, {"epoch", 1}, {"step", 5000}});
    { const auto store = project.takenIn(); }
    const std::string old = bytesOf(project.history() / late);
    write(writer, RunEvent{{"event", "epoch"}, {"epoch", 2}, {"step", 5000}});
    auto next = project.begin(run, 2);
    write(next, resumed(2, 4100));
    write(next, columnsOf("k", shifted(makePoints(5000, Steps::strided, Values::special, 2), 4100)));
    write(next, RunEvent{{"event", "epoch"}, {"epoch", 2}, {"step", 9000}});
    write(next, finished(9000));
    const std::string wanted = contents(*project.takenIn());
    put(project.history() / late, old);
    QVERIFY(contents(*project.open()) != wanted);
    QVERIFY2(contents(*project.takenIn()) == wanted, late);
    const auto wrong = verified(project);
    QVERIFY2(wrong.empty(), wrong.c_str());
  }
}

void TestFollower::vanishedRunIsForgotten() {
  TestProject project;
  for (int number : {1, 2}) {
    auto writer = project.begin(runNamed(number));
    write(writer, columnsOf("k", makePoints(5000, Steps::regular, Values::floats, 1)));
  }
  auto store = project.takenIn();
  auto sites = sitesOf(project.folder);
  QVERIFY(store->setNote(runNamed(1), "the good one").ok());
  const std::string before = contents(*store);
  fs::rename(project.folder / "runs" / runNamed(1), project.folder / "elsewhere");
  const auto taken = store->takeIn(*sites);
  QVERIFY(taken->changed);
  QCOMPARE(taken->changedRuns, std::vector<std::string>{runNamed(1)});
  QCOMPARE(store->runs()->size(), std::size_t{1});
  QVERIFY(store->points(runNamed(1), "k", 0, 0)->empty());
  // Back again, with what somebody wrote on it.
  fs::rename(project.folder / "elsewhere", project.folder / "runs" / runNamed(1));
  QVERIFY(store->takeIn(*sites).ok());
  QVERIFY(contents(*store) == before);
}

QTEST_GUILESS_MAIN(TestFollower)
#include "tst_follower.moc"
