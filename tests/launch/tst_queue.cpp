// SPDX-License-Identifier: Apache-2.0
// Runs that wait: they survive the window and the runner, start once and in order, as they were when Run was
// pressed, and nothing that can never start is in the way.
#include "queue_fixture.h"

using namespace loom;
using namespace loom::test;

class TestQueue : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { useOwnState(); }
  void cleanup() { QVERIFY(quiet()); }

  // The window that asked is gone; a second one and the terminal see what waits, and it starts by itself.
  void survivesTheWindow() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    QCOMPARE(inWindow([&] { return startsWaiting(shortRun(project, "first")); }), 0);
    QTRY_VERIFY_WITH_TIMEOUT(queue().hasRunner(), patience);
    QVERIFY(!fs::exists(project.run("first")));
    const auto known = launcher()->known(project.path());
    QCOMPARE(known.size(), std::size_t{1});
    QVERIFY(known[0].waiting && known[0].run == "first" && known[0].queue == QueueState::waiting);
    QCOMPARE(launcher()->state(project.path(), "first"), LaunchState::waiting);
    const Json listed = queueList();
    QCOMPARE(listed["queue"].size(), std::size_t{1});
    QCOMPARE(listed["queue"][0]["run"], Json("first"));
    QCOMPARE(listed["queue"][0]["state"], Json("waiting"));
    QVERIFY(!listed["queue"][0]["why"].get<std::string>().empty());
    QCOMPARE(listed["runner"], Json(true));
    busy.reset();
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(!queue().hasRunner(), patience); // nothing waits any more
    QVERIFY(waiting().empty());
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    QCOMPARE(launcher()->state(project.path(), "first"), LaunchState::ended);
  }

  // What cannot be read is removed by the beginning of its file's name, and what was not held is not released.
  void damagedEntriesAreRemovedByName() {
    const std::string id = newUuid();
    fs::create_directories(queueFolder());
    QVERIFY(writeFileAtomically(entryFile(id), "{}").ok());
    QCOMPARE(loomWith({"queue", "cancel", ""}).exitCode, 2);
    QCOMPARE(loomWith({"queue", "cancel", id.substr(0, 8)}).exitCode, 0);
    QVERIFY(!fs::exists(entryFile(id)));
    // A damaged one that begins like a sound one: neither is removed.
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    const auto sound = queue().add(shortRun(project, "first"));
    QVERIFY(sound.ok());
    std::string alike = sound->id;
    alike.back() = alike.back() == '0' ? '1' : '0';
    QVERIFY(writeFileAtomically(entryFile(alike), "{").ok());
    QCOMPARE(loomWith({"queue", "cancel", sound->id.substr(0, 8)}).exitCode, 2);
    QVERIFY(fs::exists(entryFile(sound->id)) && fs::exists(entryFile(alike)));
    QCOMPARE(loomWith({"queue", "cancel", alike}).exitCode, 0);
    QCOMPARE(loomWith({"queue", "cancel", sound->id}).exitCode, 0);
    QVERIFY(loomWith({"queue", "release"}).errors.find("No run was held") != std::string::npos);
  }

  // Editing the network, the settings or the data while it waits changes nothing of it.
  void isTrainedAsItWasWhenQueued() {
    TestProject project;
    QVERIFY(project.make("iris"));
    auto before = loadNetwork(project.project, {});
    QVERIFY(before.ok());
    std::optional<OwnLease> busy = allCores();
    QVERIFY(startsWaiting(shortRun(project, "first")));
    Network changed = *before;
    for (auto& [id, node] : changed.nodes)
      if (node.type == "Linear" && node.params.getInt("out_features") != 3)
        node.params.set("out_features", std::int64_t{7});
    QVERIFY(!(changed == *before));
    QVERIFY(saveNetwork(project.project, changed).ok());
    Project later = project.project;
    later.data.split.seed = 99;
    later.defaults.epochs = 77;
    QVERIFY(saveProject(later).ok());
    busy.reset();
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    const auto config = readRunConfig(project.run("first"));
    QVERIFY(config.ok());
    QVERIFY(config->network == *before);
    QCOMPARE(config->settings.epochs, std::int64_t{2});
    QCOMPARE(compactJson(toJson(config->data)), compactJson(toJson(project.project.data)));
    // What starts now is what is drawn now.
    QVERIFY(launcher()->start(shortRun(project, "second")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "second"), patience);
    QVERIFY(readRunConfig(project.run("second"))->network == changed);
  }

  void aKilledRunnerIsReplaced() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    QVERIFY(queue().add(shortRun(project, "first")).ok());
    QVERIFY(!queue().hasRunner());
    auto killed = runner();
    QTRY_VERIFY_WITH_TIMEOUT(queue().hasRunner(), patience);
    killed->kill();
    QVERIFY(killed->waitForFinished());
    QVERIFY(fs::exists(queueFolder() / "runner.lock")); // stale: nobody holds it
    QVERIFY(!queue().hasRunner());
    QCOMPARE(waiting().size(), std::size_t{1});
    // A window that looks at its runs replaces it.
    QVERIFY(launcher()->poll().ok());
    QTRY_VERIFY_WITH_TIMEOUT(queue().hasRunner(), patience);
    busy.reset();
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QCOMPARE(attemptsOf(project, "first"), std::size_t{1});
  }

  // Nobody looks, the runner was killed: the training that ends gives its cores to who waits.
  void aTrainingThatEndsStartsTheNext() {
    TestProject project;
    QVERIFY(project.make("iris"));
    {
      const auto busy = allCores();
      QVERIFY(queue().add(shortRun(project, "waits")).ok());
    }
    QVERIFY(!queue().hasRunner());
    const auto finished =
        loomWith({"train", project.path().string(), "--epochs", "1", "--run", "at-the-terminal"});
    QCOMPARE(finished.exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "waits"), patience);
  }

  void runnersAtTheSameMoment() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    for (const char* run : {"first", "second"}) QVERIFY(queue().add(shortRun(project, run)).ok());
    std::vector<std::unique_ptr<QProcess>> all;
    for (int i = 0; i < 5; ++i) all.push_back(runner());
    const auto running = [&] {
      return std::count_if(all.begin(), all.end(),
                           [](const auto& one) { return one->state() == QProcess::Running; });
    };
    QTRY_COMPARE_WITH_TIMEOUT(running(), std::ptrdiff_t{1}, patience);
    for (const auto& one : all)
      if (one->state() == QProcess::NotRunning) QCOMPARE(one->exitCode(), 0);
    busy.reset();
    for (const char* run : {"first", "second"}) {
      QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, run), patience);
      QCOMPARE(attemptsOf(project, run), std::size_t{1});
    }
    QTRY_COMPARE_WITH_TIMEOUT(running(), std::ptrdiff_t{0}, patience);
  }

  // Two windows and two projects press Run at the same moment: never more cores than there are.
  void twoWindowsAndTwoProjects() {
    TestProject one, other;
    QVERIFY(one.make("iris") && other.make("iris"));
    std::vector<pid_t> windows;
    for (int window = 0; window < 4; ++window) {
      const pid_t child = ::fork();
      if (child == 0) {
        const TestProject& project = window % 2 == 0 ? one : other;
        const std::string run = "run-" + std::to_string(window);
        ::_exit(launcher()->start(shortRun(project, run, usableCores())).ok() ? 0 : 1);
      }
      windows.push_back(child);
    }
    for (const pid_t child : windows) {
      int status = 0;
      ::waitpid(child, &status, 0);
      QCOMPARE(status, 0);
    }
    const auto finished = [&] {
      int used = 0;
      for (const Lease& lease : leasesNow(queueFolder())) used += lease.cores;
      if (used > usableCores()) qFatal("%d cores are used", used);
      return hasFinished(one, "run-0") && hasFinished(one, "run-2") && hasFinished(other, "run-1") &&
             hasFinished(other, "run-3");
    };
    QTRY_VERIFY_WITH_TIMEOUT(finished(), patience);
    for (const char* run : {"run-0", "run-2"}) QCOMPARE(attemptsOf(one, run), std::size_t{1});
    for (const char* run : {"run-1", "run-3"}) QCOMPARE(attemptsOf(other, run), std::size_t{1});
  }

  void whatCanNeverStartDelaysNobody() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    QVERIFY(queue().add(shortRun(project, "large", usableCores() + 1)).ok());
    TrainRequest device = shortRun(project, "device");
    device.settings.device = "cuda:7";
    QVERIFY(queue().add(device).ok());
    QVERIFY(startsWaiting(shortRun(project, "small")));
    busy.reset();
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "small"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(!queue().hasRunner(), patience); // it does not wait for the impossible
    const Json listed = queueList()["queue"];
    QCOMPARE(listed.size(), std::size_t{2});
    for (const Json& entry : listed) {
      QCOMPARE(entry["state"], Json("impossible"));
      QVERIFY(!entry["why"].get<std::string>().empty());
    }
    QVERIFY(listed[1]["why"].get<std::string>().find("cuda:7") != std::string::npos);
    QVERIFY(!fs::exists(project.run("large")) && !fs::exists(project.run("device")));
  }

  void afterARestartTheUserIsAsked() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::vector<std::string> ids;
    {
      const auto busy = allCores();
      for (const char* run : {"first", "second"}) ids.push_back(queue().add(shortRun(project, run))->id);
      Lease before; // of a training that the restart ended
      before.run = "before";
      before.project = "/elsewhere";
      before.cores = usableCores();
      before.process = ::getppid();
      before.start = processStartTime(before.process);
      before.boot = "00000000-0000-0000-0000-000000000000";
      QVERIFY(writeLeases(queueFolder(), {before}).ok());
    }
    QVERIFY(leasesNow(queueFolder()).empty());
    for (const auto& id : ids) edit(id, "boot", "00000000-0000-0000-0000-000000000000");
    QVERIFY(launcher()->poll().ok());
    QVERIFY(!queue().hasRunner()); // nothing can start by itself
    const auto outcome = queue().start(LOOM_PROGRAM);
    QVERIFY(outcome.ok() && outcome->started.empty());
    for (const Json& entry : queueList()["queue"]) QCOMPARE(entry["state"], Json("held"));
    const auto plain = loomWith({"queue", "list"});
    QVERIFY(plain.errors.find("loom queue release") != std::string::npos);
    QVERIFY(launcher()->known(project.path()).at(0).queue == QueueState::held);
    // A new run does not wait for those that are held.
    QVERIFY(launcher()->start(shortRun(project, "new")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "new"), patience);
    QVERIFY(!fs::exists(project.run("first")));
    QCOMPARE(loomWith({"queue", "release", ids[1]}).exitCode, 0);
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "second"), patience);
    QVERIFY(!fs::exists(project.run("first")));
    QVERIFY(launcher()->release({}).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
  }

  void damagedEntriesAreReportedAndKept() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::string good;
    {
      const auto busy = allCores();
      good = queue().add(shortRun(project, "good"))->id;
    }
    const std::string whole = bytesOf(entryFile(good));
    const auto with = [&](const char* pointer, const Json& value) {
      Json json = *parseJson(whole, "entry");
      json[Json::json_pointer(pointer)] = value;
      return canonicalJson(json);
    };
    const std::vector<std::string> hostile{
        "",
        "{",
        "[]",
        whole.substr(0, whole.size() / 2),
        std::string(20u << 20, ' '),
        std::string(5000, '['),
        with("/schema", 2),
        with("/cores", -1),
        with("/order", std::int64_t{1} << 60),
        with("/name", std::string(5000, 'x')),
        with("/trainer", 7),
        with("/made_folder", 7),
        with("/trainer", {{"process", 1}}),
        with("/trainer", {{"process", 0}, {"process_start", 1}, {"attempts", 0}, {"console_size", 0}}),
        with("/trainer", {{"process", 1}, {"process_start", 1}, {"attempts", -1}, {"console_size", 0}}),
        with("/request/run", "../../escape"),
        with("/request/run", 7),
        with("/request/project", "relative"),
        with("/request/settings/epochs", -5),
        with("/request/network", Json::array()),
        with("/devices", Json::array({1}))};
    std::vector<std::string> ids;
    for (const auto& bytes : hostile) {
      ids.push_back(newUuid());
      std::ofstream(entryFile(ids.back()), std::ios::binary) << bytes;
    }
    std::ofstream(queueFolder() / "notes.json") << "{}";
    QCOMPARE(queueList()["problems"].size(), hostile.size() + 1);
    QCOMPARE(waiting().size(), std::size_t{1});
    QVERIFY(launcher()->poll().ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "good"), patience);
    for (std::size_t i = 0; i < ids.size(); ++i) QCOMPARE(bytesOf(entryFile(ids[i])), hostile[i]);
    QVERIFY(!fs::exists(project.folder() / "escape") && !fs::exists(project.path() / "escape"));
    // Only a person removes them.
    for (const auto& id : ids) QCOMPARE(loomWith({"queue", "cancel", id}).exitCode, 0);
    QVERIFY(loomWith({"queue", "cancel", "../../notes"}).exitCode != 0);
    QVERIFY(fs::remove(queueFolder() / "notes.json"));
    QVERIFY(queueList()["problems"].empty());
  }

  void aDamagedTableIsMovedAside() {
    TestProject project;
    QVERIFY(project.make("iris"));
    fs::create_directories(queueFolder());
    std::ofstream(queueFolder() / "leases.json") << "{ not a table";
    QVERIFY(launcher()->start(shortRun(project, "first")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    int kept = 0;
    for (const auto& entry : fs::directory_iterator(queueFolder()))
      kept += entry.path().filename().string().starts_with("leases.json.damaged-");
    QCOMPARE(kept, 1);
  }

  // A training at the terminal starts at once, and its cores count; killed, they are free again.
  void theTerminalCountsToo() {
    TestProject project;
    QVERIFY(project.make("digits"));
    QProcess terminal;
    terminal.start(LOOM_PROGRAM, {"train", QString::fromStdString(project.path().string()), "--run", "long",
                                  "--epochs", "1000000", "--threads", QString::number(usableCores())});
    QTRY_COMPARE_WITH_TIMEOUT(leasesNow(queueFolder()).size(), std::size_t{1}, patience);
    const Lease lease = leasesNow(queueFolder()).front();
    QCOMPARE(qint64(lease.process), terminal.processId());
    QCOMPARE(lease.cores, usableCores());
    QVERIFY(startsWaiting(shortRun(project, "waits")));
    const auto second = loomWith({"train", project.path().string(), "--run", "beside", "--epochs", "1"});
    QCOMPARE(second.exitCode, 0);
    QVERIFY2(second.errors.find("Other trainings use") != std::string::npos, second.errors.c_str());
    QCOMPARE(waiting().size(), std::size_t{1});
    terminal.kill();
    QVERIFY(terminal.waitForFinished());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "waits"), patience);
  }

  void orderMovesAndCancelling() {
    TestProject project;
    QVERIFY(project.make("iris"));
    std::optional<OwnLease> busy = allCores();
    std::vector<std::string> ids;
    for (const char* run : {"a", "b", "c", "d"}) ids.push_back(queue().add(shortRun(project, run))->id);
    const auto order = [] {
      std::string runs;
      for (const auto& one : waiting()) runs += runOf(one.entry.request);
      return runs;
    };
    QCOMPARE(order(), std::string("abcd"));
    QCOMPARE(loomWith({"queue", "move", ids[3], "first"}).exitCode, 0);
    QCOMPARE(order(), std::string("dabc"));
    QCOMPARE(loomWith({"queue", "move", "a", "last"}).exitCode, 0); // by its run
    QCOMPARE(order(), std::string("dbca"));
    QCOMPARE(loomWith({"queue", "move", ids[2].substr(0, 12), "2", "--json"}).exitCode, 0);
    QCOMPARE(order(), std::string("dcba"));
    for (const char* wrong : {"0", "-1", "second", "", "99999999999999999999999"})
      QCOMPARE(loomWith({"queue", "move", ids[2], wrong}).exitCode, int(ErrorKind::usage));
    QCOMPARE(loomWith({"queue", "move", "nothing", "1"}).exitCode, int(ErrorKind::usage));
    QCOMPARE(loomWith({"queue", "cancel", "c"}).exitCode, 0);
    QVERIFY(launcher()->cancel(project.path(), "b").ok());
    QCOMPARE(order(), std::string("da"));
    QVERIFY(fs::is_empty(project.path() / "runs")); // without a trace
    busy.reset();
    for (const char* run : {"d", "a"}) QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, run), patience);
    QVERIFY(!fs::exists(project.run("b")) && !fs::exists(project.run("c")));
  }

  // Who would start a resumed run while its old trainer still ends must wait for it.
  void aResumedRunWaitsForItsOldTrainer() {
    TestProject project;
    QVERIFY(project.make("iris"));
    QVERIFY(launcher()->start(shortRun(project, "first")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(hasFinished(project, "first"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty(), patience);
    TrainRequest more = project.resume("first");
    more.settings.epochs = 4;
    {
      const auto old = RunLock::take(project.run("first"));
      QVERIFY(old.ok());
      QVERIFY(startsWaiting(more));
    }
    QTRY_COMPARE_WITH_TIMEOUT(events(project.path(), "first", "finished").size(), std::size_t{2}, patience);
    QCOMPARE(attemptsOf(project, "first"), std::size_t{2});
  }
};

QTEST_GUILESS_MAIN(TestQueue)
#include "tst_queue.moc"
