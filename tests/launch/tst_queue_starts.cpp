// SPDX-License-Identifier: Apache-2.0
// Trainers that were started for an entry of the queue and end before their run has begun: the entry stays with
// the reason, whoever looks next, and can be started again.
#include "queue_fixture.h"

using namespace loom;
using namespace loom::test;

class TestQueueStarts : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { useOwnState(); }
  void cleanup() { QVERIFY(quiet()); }

  // The data went away while it waited and no window is open: the entry says why, and starts when it is asked.
  void whatCannotBeginIsKept() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    QCOMPARE(inWindow([&] { return startsWaiting(shortRun(project, "first")); }), 0);
    const std::string entry = waiting().front().entry.id;
    auto json = readJsonFile(entryFile(entry));
    QVERIFY(json.ok());
    const Json data = (*json)["request"]["data"];
    (*json)["request"]["data"]["file"] = "missing.csv";
    edit(entry, "request", (*json)["request"]);
    busy.reset();
    QTRY_VERIFY_WITH_TIMEOUT(!waiting().empty() && waiting().front().state == QueueState::failed, patience);
    QCOMPARE(queueList()["queue"][0]["state"], Json("failed"));
    QVERIFY2(waiting().front().why.text().find("missing.csv") != std::string::npos,
             waiting().front().why.text().c_str());
    QCOMPARE(loomWith({"queue", "release", ""}).exitCode, 2); // an empty variable of a script is no "all"
    (*json)["request"]["data"] = data;
    edit(entry, "request", (*json)["request"]);
    QCOMPARE(loomWith({"queue", "release", entry.substr(0, 8)}).exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
  }

  // A trainer that was killed before its run began said nothing; what it had printed long before is not its
  // reason. Nobody but the next looker is there.
  void aTrainerThatEndsBeforeItsRunLeavesAReason() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    const auto added = queue().add(shortRun(project, "first"));
    QVERIFY(added.ok());
    fs::create_directories(project.run("first"));
    QVERIFY(writeFileAtomically(project.run("first") / "console.log", "loom: an old reason\n").ok());
    busy.reset();
    const auto outcome = queue().start("/bin/false"); // ends without a word
    QVERIFY(outcome.ok());
    QCOMPARE(outcome->started.size(), std::size_t{1});
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    QCOMPARE(waiting().size(), std::size_t{1});
    QCOMPARE(waiting().front().state, QueueState::starting); // nobody has looked yet
    QVERIFY(queue().start(LOOM_PROGRAM).ok());
    QCOMPARE(waiting().front().state, QueueState::failed);
    QCOMPARE(waiting().front().why.text(), std::string("The trainer exited before it started training"));
    QCOMPARE(launcher()->known(project.path()).size(), std::size_t{1});
    QCOMPARE(loomWith({"queue", "release", "first"}).exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(waiting().empty(), patience); // also when it is so short
  }

  // What a failed start created goes with its entry; what anybody else put there stays, and so does a folder that
  // was there before.
  void aCancelledStartLeavesNothing_data() {
    QTest::addColumn<QString>("more"); // a file in the run's folder
    QTest::addColumn<bool>("before");  // … that was there before the start
    QTest::addColumn<bool>("stays");
    QTest::newRow("what the start made") << "" << false << false;
    QTest::newRow("folders that the trainer made") << "attempts/" << false << false;
    QTest::newRow("a journal") << "attempts/1/journal" << false << true;
    QTest::newRow("a checkpoint") << "checkpoints/1/manifest.json" << false << true;
    QTest::newRow("run.json") << "run.json" << false << true;
    QTest::newRow("a file of a person") << "notes.txt" << false << true;
    QTest::newRow("a console from before") << "console.log" << true << true;
  }
  void aCancelledStartLeavesNothing() {
    QFETCH(QString, more);
    QFETCH(bool, before);
    QFETCH(bool, stays);
    TestProject project;
    QVERIFY(project.make("iris"));
    const fs::path run = project.run("first"), file = run / more.toStdString();
    const auto add = [&] {
      fs::create_directories(file.parent_path());
      if (!more.isEmpty() && !more.endsWith('/')) std::ofstream(file) << "x";
    };
    const auto added = queue().add(shortRun(project, "first"));
    QVERIFY(added.ok());
    if (before) add();
    QVERIFY(queue().start("/bin/false").ok());
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    QVERIFY(queue().start("/bin/false").ok());
    QCOMPARE(waiting().front().state, QueueState::failed);
    QVERIFY(fs::exists(run / "request.json"));
    if (!before) add();
    QCOMPARE(loomWith({"queue", "cancel", added->id}).exitCode, 0);
    QVERIFY(waiting().empty());
    QCOMPARE(fs::exists(run), stays);
    if (stays)
      QVERIFY(fs::exists(file) && fs::exists(run / "console.log") && fs::exists(run / "request.json"));
  }

  // A resumed run too, and one that is starting is neither removed nor released.
  void aResumeThatCannotBeginLeavesAReason() {
    TestProject project;
    QVERIFY(project.make("iris"));
    QVERIFY(launcher()->start(shortRun(project, "first")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    TrainRequest more = shortRun(project, "");
    more.resume = "first";
    more.settings.epochs = 4;
    const auto added = queue().add(more);
    QVERIFY(added.ok());
    const fs::path sleeper = project.path() / "sleeper";
    QVERIFY(writeFileAtomically(sleeper, "#!/bin/sh\nexec sleep 600\n").ok());
    fs::permissions(sleeper, fs::perms::owner_all);
    const auto outcome = queue().start(sleeper);
    QVERIFY(outcome.ok());
    QCOMPARE(outcome->started.size(), std::size_t{1});
    QCOMPARE(waiting().front().state, QueueState::starting);
    const auto refused = queue().remove(added->id);
    QVERIFY(!refused.ok());
    QCOMPARE(refused.error().kind, ErrorKind::usage);
    QCOMPARE(queue().release({}).value(), std::size_t{0});
    ::kill(outcome->started.front().process, SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    QVERIFY(queue().start(LOOM_PROGRAM).ok());
    QCOMPARE(waiting().front().state, QueueState::failed);
    QCOMPARE(queue().release({}).value(), std::size_t{1});
    QVERIFY(queue().start(LOOM_PROGRAM).ok());
    QTRY_VERIFY_WITH_TIMEOUT(attemptsOf(project, "first") == 2, patience);
    QTRY_VERIFY_WITH_TIMEOUT(queue().start(LOOM_PROGRAM).ok() && waiting().empty(), patience);
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
  }
};

QTEST_GUILESS_MAIN(TestQueueStarts)
#include "tst_queue_starts.moc"
