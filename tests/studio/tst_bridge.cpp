// SPDX-License-Identifier: GPL-3.0-or-later
// The staircase between threads: every call returns at once, an answer carries its question's ticket, one
// that was asked anew is dropped, and closing waits for nobody.
#include "app/studio/bridge/bridge.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QDir>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

class TestBridge : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = newProject(folder_->filePath("p.loom"));
    QVERIFY(!path_.isEmpty());
  }
  void answersCarryTheirTickets();
  void staleQuestionsAreDropped();
  void everyCallReturnsAtOnce();
  void closingWithOpenQuestions();
  void aMissingLoomIsSaidClearly();
  void nothingIsAskedWithoutAProject();
  void runsAreToldAsTheyGrow();
  void savingKeepsWhatOthersWrote();
  void whatIsOfferedIsNotOverwritten();

 private:
  std::string withRun(std::int64_t stepsPerEpoch = 500) {
    auto project = openProject(path_.toStdString());
    HandRun run;
    run.stepsPerEpoch = stepsPerEpoch;
    return handRun(*project, run);
  }
  bool opened(Bridge& bridge) {
    QSignalSpy open(&bridge, &Bridge::projectOpened);
    bridge.openProject(path_);
    return QTest::qWaitFor([&] { return !open.isEmpty(); }, patience);
  }
  Network stored() {
    auto project = openProject(path_.toStdString());
    return *loadNetwork(*project, "digits");
  }
  // The drawing with another name for its first node: an edit as a window would make it.
  Network changed(const std::string& word) {
    Network network = stored();
    network.nodes.begin()->second.name = word;
    return network;
  }
  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;
};

void TestBridge::savingKeepsWhatOthersWrote() {
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  QSignalSpy saved(&bridge, &Bridge::networkSaved), failed(&bridge, &Bridge::failed);
  bridge.saveNetwork(changed("mine"));
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, patience);
  bridge.saveNetwork(changed("mine_again")); // what this window wrote itself is nobody else's
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 2, patience);
  QCOMPARE(failed.size(), 0);
  auto project = openProject(path_.toStdString());
  QVERIFY(saveNetwork(*project, changed("theirs")).ok());
  bridge.saveNetwork(changed("mine_too"));
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 3, patience);
  QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
  QCOMPARE(stored().nodes.begin()->second.name, std::string("mine_too"));
  const QStringList copies = QDir(path_ + "/networks").entryList({"digits.json.*"}, QDir::Files);
  QCOMPARE(copies.size(), 1);
  const auto other = readNetwork((path_ + "/networks/" + copies.front()).toStdString());
  QVERIFY(other.ok());
  QCOMPARE(other->nodes.begin()->second.name, std::string("theirs"));
  const auto error = failed.front().at(1).value<Error>();
  QVERIFY(error.fix.text().find(copies.front().toStdString()) != std::string::npos);
}

// Edits after a crash, then another crash: both are still there, the older ones are offered first.
void TestBridge::whatIsOfferedIsNotOverwritten() {
  const auto reopened = [&](Bridge& bridge, const std::string& wanted) {
    QSignalSpy found(&bridge, &Bridge::recoveryFound);
    if (!opened(bridge)) return false;
    if (wanted.empty()) return !QTest::qWaitFor([&] { return !found.isEmpty(); }, 300);
    return QTest::qWaitFor([&] { return !found.isEmpty(); }, patience) &&
           found.front().front().value<Network>().nodes.begin()->second.name == wanted;
  };
  {
    Bridge bridge(LOOM_PROGRAM);
    QVERIFY(reopened(bridge, ""));
    bridge.saveRecovery(changed("first"));
  }
  {
    Bridge bridge(LOOM_PROGRAM);
    QVERIFY(reopened(bridge, "first"));
    bridge.saveRecovery(changed("second"));
  }
  {
    Bridge bridge(LOOM_PROGRAM);
    QVERIFY(reopened(bridge, "first"));
    bridge.discardRecovery("digits");
  }
  {
    Bridge bridge(LOOM_PROGRAM);
    QVERIFY(reopened(bridge, "second"));
    bridge.discardRecovery("digits");
  }
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(reopened(bridge, ""));
}

void TestBridge::answersCarryTheirTickets() {
  const QString run = QString::fromStdString(withRun());
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  QSignalSpy answers(&bridge, &Bridge::seriesReady);
  const quint64 loss = bridge.series(run, "train/loss", 0, 0, 100, "a");
  const quint64 rate = bridge.series(run, "train/lr", 0, 0, 50, "b");
  QVERIFY(loss != rate);
  QTRY_COMPARE_WITH_TIMEOUT(answers.size(), 2, patience);
  for (const auto& call : answers) {
    const auto answer = call.front().value<SeriesAnswer>();
    QCOMPARE(answer.key, answer.ticket == loss ? QString("train/loss") : QString("train/lr"));
    QCOMPARE(answer.slot, answer.ticket == loss ? QString("a") : QString("b"));
    qint64 count = 0;
    for (const auto& bucket : answer.buckets) count += bucket.count;
    QCOMPARE(count, 2000);
    QVERIFY(answer.buckets.size() <= (answer.ticket == loss ? 100 : 50));
  }
}

void TestBridge::staleQuestionsAreDropped() {
  const QString run = QString::fromStdString(withRun(5000));
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  QSignalSpy answers(&bridge, &Bridge::seriesReady);
  quint64 last = 0;
  for (int again = 0; again < 500; ++again)
    last = bridge.series(run, "train/loss", 1, 1000 + again, 200, "chart");
  const quint64 other = bridge.series(run, "train/lr", 0, 0, 10, "other");
  QTRY_VERIFY_WITH_TIMEOUT(!answers.isEmpty() && answers.last().front().value<SeriesAnswer>().ticket == other,
                           patience);
  QVERIFY2(answers.size() < 100, qPrintable(QString::number(answers.size())));
  quint64 before = 0;
  bool seen = false;
  for (const auto& call : answers) {
    const auto ticket = call.front().value<SeriesAnswer>().ticket;
    QVERIFY(ticket > before);
    before = ticket;
    seen = seen || ticket == last;
  }
  QVERIFY(seen); // the last question is answered
}

// While the worker is busy with something long, the calls of this thread go on returning.
void TestBridge::everyCallReturnsAtOnce() {
  const QString run = QString::fromStdString(withRun(50'000));
  Bridge bridge(LOOM_PROGRAM);
  auto project = openProject(path_.toStdString());
  const auto network = *loadNetwork(*project, "digits");
  qint64 longest = 0;
  QString slowest;
  const auto timed = [&](const char* name, auto call) {
    QElapsedTimer clock;
    clock.start();
    call();
    if (clock.elapsed() > longest) {
      longest = clock.elapsed();
      slowest = name;
    }
  };
  timed("openProject", [&] { bridge.openProject(path_); }); // takes in 200,000 points
  timed("series", [&] { bridge.series(run, "train/loss", 0, 0, 1000, "s"); });
  timed("events", [&] { bridge.events(run); });
  timed("estimate", [&] { bridge.estimate(network, project->defaults); });
  timed("evaluate", [&] { bridge.evaluate(run, "test"); });
  timed("readEvaluation", [&] { bridge.readEvaluation(run, "test"); });
  timed("predict", [&] { bridge.predict(run, {"x.png"}); });
  timed("devices", [&] { bridge.devices(); });
  timed("samples", [&] { bridge.samples(run, {0, 1, 2}, 0); });
  timed("dataOverview", [&] { bridge.dataOverview(); });
  timed("saveNetwork", [&] { bridge.saveNetwork(network); });
  timed("saveRecovery", [&] { bridge.saveRecovery(network); });
  timed("setTags", [&] { bridge.setTags(run, {"a"}); });
  timed("control", [&] { bridge.control(run, RunControl::Verb::pause); });
  timed("rebuildHistory", [&] { bridge.rebuildHistory(); });
  qInfo("the longest call, %s, took %lld ms", qPrintable(slowest), static_cast<long long>(longest));
  // All of them wait for the first one's thread, or none does: a second is far from both.
  QVERIFY2(longest < 1000, qPrintable(slowest));
}

void TestBridge::closingWithOpenQuestions() {
  const QString run = QString::fromStdString(withRun(20'000));
  // A program that never answers stands for an evaluation of an hour.
  QFile slow(folder_->filePath("slow"));
  QVERIFY(slow.open(QIODevice::WriteOnly));
  slow.write("#!/bin/sh\nexec sleep 600\n");
  slow.close();
  slow.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner);
  QElapsedTimer clock;
  {
    Bridge bridge(slow.fileName().toStdString());
    QVERIFY(opened(bridge));
    auto project = openProject(path_.toStdString());
    bridge.estimate(*loadNetwork(*project, "digits"), project->defaults);
    bridge.evaluate(run, "test");
    bridge.devices();
    for (int again = 0; again < 200; ++again)
      bridge.series(run, "train/loss", 0, 0, 1000, QString::number(again));
    QTest::qWait(300);
    clock.start();
  }
  QVERIFY2(clock.elapsed() < 60'000, "the bridge waited for a process");
  qInfo("closing took %lld ms", static_cast<long long>(clock.elapsed()));
  // The history is free again.
  auto store = Store::open(path_.toStdString(), Store::Access::owner);
  QVERIFY(bool(store));
}

void TestBridge::aMissingLoomIsSaidClearly() {
  Bridge bridge("/nowhere/loom");
  QVERIFY(opened(bridge));
  auto project = openProject(path_.toStdString());
  const auto network = *loadNetwork(*project, "digits");
  struct Row {
    const char* what;
    std::function<void()> ask;
  };
  TrainRequest request;
  request.network = "digits";
  request.settings = project->defaults;
  for (const Row& row : {Row{"devices", [&] { bridge.devices(); }},
                         Row{"estimate", [&] { bridge.estimate(network, project->defaults); }},
                         Row{"predict", [&] { bridge.predict("x", {"a.png"}); }},
                         Row{"start", [&] { bridge.start(request); }}}) {
    QSignalSpy failed(&bridge, &Bridge::failed);
    row.ask();
    const auto found = [&] {
      return std::any_of(failed.begin(), failed.end(),
                         [&](const auto& call) { return call[0].toString() == row.what; });
    };
    QTRY_VERIFY2_WITH_TIMEOUT(found(), row.what, patience);
    for (const auto& call : failed) {
      const auto error = call[1].value<Error>();
      QVERIFY2(error.message().find("/nowhere/loom") != std::string::npos, error.message().c_str());
      QVERIFY(!error.fix.empty());
    }
  }
}

void TestBridge::nothingIsAskedWithoutAProject() {
  Bridge bridge(LOOM_PROGRAM);
  QSignalSpy failed(&bridge, &Bridge::failed);
  bridge.evaluate("x", "test");
  bridge.samples("x", {1}, 0);
  bridge.setNote("x", "y");
  bridge.start({});
  bridge.control("x", RunControl::Verb::stop);
  bridge.series("x", "train/loss", 0, 0, 10, "s");
  bridge.events("x");
  QTRY_VERIFY_WITH_TIMEOUT(failed.size() >= 5, patience);
  for (const auto& call : failed) QVERIFY(!call[1].value<Error>().fix.empty());
  bridge.openProject(folder_->filePath("nowhere"));
  QTRY_COMPARE_WITH_TIMEOUT(failed.last()[0].toString(), QString("open"), patience);
}

void TestBridge::runsAreToldAsTheyGrow() {
  auto project = openProject(path_.toStdString());
  Bridge bridge(LOOM_PROGRAM);
  QSignalSpy runs(&bridge, &Bridge::runsChanged);
  QVERIFY(opened(bridge));
  const auto now = [&] {
    return runs.isEmpty() ? QVector<RunView>() : runs.last().front().value<QVector<RunView>>();
  };
  HandRun run;
  run.name = "first";
  const auto first = handRun(*project, run);
  QTRY_COMPARE_WITH_TIMEOUT(now().size(), 1, patience);
  QTRY_COMPARE_WITH_TIMEOUT(now().front().row.state, RunState::finished, patience);
  const auto version = now().front().version;
  run.name = "second";
  handRun(*project, run);
  QTRY_COMPARE_WITH_TIMEOUT(now().size(), 2, patience);
  QCOMPARE(now().front().row.name, std::string("second")); // newest first
  QCOMPARE(now().back().row.id, first);
  QCOMPARE(now().back().version, version); // nothing of it changed
  bridge.setNote(QString::fromStdString(first), "note");
  QTRY_COMPARE_WITH_TIMEOUT(now().back().row.note, std::string("note"), patience);
}

QTEST_MAIN(TestBridge)
#include "tst_bridge.moc"
