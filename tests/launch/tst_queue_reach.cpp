// SPDX-License-Identifier: Apache-2.0
// Runs whose project cannot be reached: nothing is created there, they wait with the reason, and start by
// themselves when the project is back.
#include "queue_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

// A project with a run that its history contains.
bool makeWithHistory(TestProject& project) {
  return project.make("iris") && launcher()->start(shortRun(project, "known")).ok() &&
         QTest::qWaitFor([&] { return hasFinished(project, "known"); }, patience) &&
         QTest::qWaitFor([] { return leasesNow(queueFolder()).empty(); }, patience) &&
         loomWith({"runs", "list", project.path().string()}).exitCode == 0;
}

bool isUnreachable() { return !waiting().empty() && waiting().front().state == QueueState::unreachable; }

} // namespace

class TestQueueReach : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { useOwnState(); }
  void cleanup() { QVERIFY(quiet()); }

  void nothingIsCreatedInTheWrongPlace_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("why");
    const auto row = [](const char* how, const char* why) { QTest::newRow(how) << how << why; };
    row("project", "is missing");
    row("other project", "contains another project now");
    row("runs", "is missing, but the history contains 1 run");
    row("empty runs", "does not contain the 1 run");
    row("other runs", "the runs of another project");
    row("link", "It is a link to");
    row("damaged", "cannot be read");
  }
  void nothingIsCreatedInTheWrongPlace() {
    QFETCH(QString, how);
    QFETCH(QString, why);
    TestProject project;
    QVERIFY(makeWithHistory(project));
    QVERIFY(queue().add(shortRun(project, "first")).ok());
    const fs::path lost = how.endsWith("project") ? project.path()
                          : how == "damaged"      ? project.path() / "project.json"
                                                  : project.path() / "runs",
                   away = project.folder() / "away";
    fs::rename(lost, away);
    if (how == "other project") QVERIFY(createFromTemplate(lost, "iris").ok());
    if (how == "damaged") std::ofstream(lost) << "{";
    if (how == "link") fs::create_directory_symlink(project.folder() / "nowhere", lost);
    if (how == "empty runs" || how == "other runs") fs::create_directory(lost);
    if (how == "other runs") std::ofstream(lost / "marker.json") << R"({"schema":1,"project":"another"})";
    const auto outcome = queue().start(LOOM_PROGRAM);
    QVERIFY(outcome.ok() && outcome->started.empty() && outcome->failed.empty());
    QVERIFY(isUnreachable());
    QVERIFY2(waiting().front().why.text().find(why.toStdString()) != std::string::npos,
             waiting().front().why.text().c_str());
    QCOMPARE(queueList()["queue"][0]["state"], Json("unreachable"));
    QTRY_VERIFY_WITH_TIMEOUT(queue().hasRunner(), patience); // who looks starts it
    QVERIFY(launcher()->known(project.path()).front().queue == QueueState::unreachable);
    // Others do not wait for it.
    TestProject other;
    QVERIFY(other.make("iris"));
    QVERIFY(launcher()->start(shortRun(other, "beside", usableCores())).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(other, "beside"), patience);
    QVERIFY(!fs::exists(project.run("first")) && !fs::exists(away / "first") &&
            !fs::exists(away / "runs" / "first"));
    if (how == "runs" || how == "project") QVERIFY(!fs::exists(lost));
    // Nobody looks but the runner.
    fs::remove_all(lost);
    fs::rename(away, lost);
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QCOMPARE(attemptsOf(project, "first"), std::size_t{1});
  }

  // They vanish between the start and the trainer's own look: it waits, and has not failed.
  void aProjectThatVanishesWhileItStarts() {
    TestProject project;
    QVERIFY(makeWithHistory(project));
    QVERIFY(queue().add(shortRun(project, "first")).ok());
    const fs::path program = project.folder() / "program", away = project.folder() / "away";
    QVERIFY(
        writeFileAtomically(program, "#!/bin/sh\nmv \"$2/runs\" \"" + away.string() + "\"\nexit 3\n").ok());
    fs::permissions(program, fs::perms::owner_all);
    const auto outcome = queue().start(program);
    QVERIFY(outcome.ok());
    QCOMPARE(outcome->started.size(), std::size_t{1});
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    QVERIFY(queue().start(LOOM_PROGRAM).ok());
    QVERIFY(isUnreachable());
    QVERIFY(waiting().front().entry.failure.empty());
    QVERIFY(!fs::exists(project.path() / "runs"));
    fs::rename(away, project.path() / "runs");
    QVERIFY(queue().start(LOOM_PROGRAM).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(queue().start(LOOM_PROGRAM).ok() && waiting().empty(), patience);
  }

  // While it waits for a project alone, the runner looks less and less often, and at once when the queue changes.
  void theRunnerLooksLessAndLessOften() {
    TestProject project;
    QVERIFY(project.make("iris"));
    QVERIFY(queue().add(shortRun(project, "first")).ok());
    const fs::path away = project.folder() / "away";
    fs::rename(project.path(), away);
    using std::chrono::milliseconds;
    const milliseconds most(30'000), day(24 * 3600 * 1000);
    std::vector<milliseconds> pauses;
    milliseconds slept{0}, afterChange{0};
    std::string second;
    bool back = false;
    const Queue::Sleep sleep = [&](milliseconds pause, const std::function<bool()>& changed) {
      if (back) return QThread::msleep(20); // a trainer runs in real time
      pauses.push_back(pause);
      slept += pause;
      if (!second.empty() && afterChange == milliseconds(0)) afterChange = pause;
      if (slept < day) return;
      if (second.empty()) {
        fs::rename(away, project.path());
        second = queue().add(shortRun(project, "second")).value().id;
        fs::rename(project.path(), away);
        if (!changed()) qFatal("the runner does not see a new entry");
      } else if (afterChange > milliseconds(0)) {
        fs::rename(away, project.path());
        back = true;
      }
    };
    QVERIFY(queue().run(LOOM_PROGRAM, sleep).ok());
    for (const char* run : {"first", "second"}) QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, run), patience);
    QVERIFY(pauses.size() > 8 && pauses.front() < milliseconds(1000));
    QVERIFY(pauses.size() < std::size_t(day / most) + 20);
    QVERIFY(*std::max_element(pauses.begin(), pauses.end()) == most);
    QVERIFY(afterChange < milliseconds(1000));
  }

  // What an earlier version left: a failure, and nothing of what its start created.
  void entriesOfEarlierVersionsAreRead() {
    TestProject project;
    QVERIFY(project.make("iris"));
    const auto added = queue().add(shortRun(project, "first"));
    QVERIFY(added.ok());
    auto json = readJsonFile(entryFile(added->id));
    QVERIFY(json.ok() && json->contains("made_folder"));
    json->erase("made_folder");
    (*json)["failure"] = "The folder of the runs is missing";
    QVERIFY(writeFileAtomically(entryFile(added->id), canonicalJson(*json)).ok());
    QCOMPARE(waiting().size(), std::size_t{1});
    QCOMPARE(waiting().front().state, QueueState::failed);
    fs::create_directories(project.run("first"));
    QVERIFY(queue().remove(added->id).ok());
    QVERIFY(fs::exists(project.run("first")));
  }
};

QTEST_GUILESS_MAIN(TestQueueReach)
#include "tst_queue_reach.moc"
