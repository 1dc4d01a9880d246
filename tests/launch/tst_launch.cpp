// SPDX-License-Identifier: Apache-2.0
// The local launcher with a real `loom`: it starts trainers that outlive it, finds them again, hands out
// cores, and says why when one cannot begin.
#include "queue_fixture.h"
#include <sys/stat.h>

using namespace loom;
using namespace loom::test;

namespace {

TrainRequest endless(const TestProject& project, const std::string& id, int threads = 1) {
  TrainRequest request = project.request(id);
  request.settings.epochs = 1'000'000;
  request.settings.threads = threads;
  return request;
}

bool finishedWith(const TestProject& project, const std::string& run, const std::string& status) {
  const auto all = events(project.path(), run, "finished");
  return !all.empty() && all.back()["status"] == status;
}

// By the journal's text: an endless run of a small network writes faster than JSON is read.
bool trains(const TestProject& project, const std::string& run) {
  if (!RunLock::held(project.run(run))) return false;
  std::error_code error;
  for (const auto& attempt : fs::directory_iterator(project.run(run) / "attempts", error))
    if (bytesOf(attempt.path() / "journal").find("\"event\":\"epoch\"") != std::string::npos) return true;
  return false;
}

const int cores = usableCores();

// Whatever a test leaves behind.
class StopAll {
 public:
  explicit StopAll(const TestProject& project) : project_(project) {}
  ~StopAll() {
    for (const auto& one : launcher()->known(project_.path()))
      if (one.waiting) (void)launcher()->cancel(project_.path(), one.run);
    const auto there = journalsIn(project_.path())->runs();
    for (const auto& run : there ? *there : std::vector<std::string>{}) {
      if (!RunLock::held(project_.run(run))) continue;
      (void)launcher()->cancel(project_.path(), run);
      for (int i = 0; i < 200 && RunLock::held(project_.run(run)); ++i) QThread::msleep(50);
    }
  }

 private:
  const TestProject& project_;
};

} // namespace

class TestLaunch : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { useOwnState(); }
  void cleanup() { QVERIFY(quiet()); }

  // Rows are picked by name; one that does not exist is refused with the names that do.
  void rowsByName() {
    QVERIFY(!launchers().empty());
    for (const auto& row : launchers()) {
      auto made = makeLauncher(row.name, LOOM_PROGRAM);
      QVERIFY(made.ok());
      QCOMPARE((*made)->name(), std::string(row.name));
      QVERIFY(!row.label.empty());
      const auto unknown = makeLauncher(row.name, LOOM_PROGRAM, {{"no such field", std::int64_t{1}}});
      QVERIFY(!unknown.ok());
      QCOMPARE(unknown.error().kind, ErrorKind::usage);
    }
    const auto none = makeLauncher("elsewhere", LOOM_PROGRAM);
    QVERIFY(!none.ok());
    QVERIFY(none.error().message().find("local") != std::string::npos);
  }

  void startsFindsAndCancels() {
    TestProject project;
    QVERIFY(project.make("digits"));
    const StopAll stopAll(project);
    auto one = launcher();
    QCOMPARE(one->name(), std::string("local"));
    auto started = one->start(endless(project, ""));
    QVERIFY2(started.ok(), started.ok() ? "" : started.error().message().c_str());
    QVERIFY(!started->waiting && !started->run.empty() && started->process > 0);
    const std::string run = started->run;
    QTRY_VERIFY_WITH_TIMEOUT(trains(project, run), patience);
    QCOMPARE(one->state(project.path(), run), LaunchState::running);
    QCOMPARE(one->known(project.path()).size(), std::size_t{1});
    // Another one, which knows nothing of the first, finds it and ends it.
    one.reset();
    QVERIFY(trains(project, run));
    auto other = launcher();
    QCOMPARE(other->state(project.path(), run), LaunchState::running);
    QVERIFY(other->site(project.path())->liveness(run).running());
    QVERIFY(other->cancel(project.path(), run).ok());
    QTRY_VERIFY_WITH_TIMEOUT(finishedWith(project, run, "stopped"), patience);
    QTRY_COMPARE_WITH_TIMEOUT(other->state(project.path(), run), LaunchState::ended, patience);
    QVERIFY(lastCheckpoint(project.run(run)) >= 0);
    // And goes on with it.
    TrainRequest resume = project.resume(run);
    auto resumed = other->start(resume);
    QVERIFY(resumed.ok());
    QCOMPARE(resumed->run, run);
    QCOMPARE(resumed->threads, 1); // as it began
    QTRY_COMPARE_WITH_TIMEOUT(events(project.path(), run, "resumed").size(), std::size_t{1}, patience);
    QVERIFY(other->cancel(project.path(), run).ok());
    QTRY_COMPARE_WITH_TIMEOUT(events(project.path(), run, "finished").size(), std::size_t{2}, patience);
  }

  // The settings arrive whole: what the trainer froze is what was asked for.
  void theRequestArrives() {
    TestProject project;
    QVERIFY(project.make("iris"));
    const StopAll stopAll(project);
    for (const char* name : {"plain", "-x --help", "--json", "a \"b\" 'c' $(touch x) `y`; z", "two  spaces",
                             "=", "Grüße · 3", "[1,2]"}) {
      TrainRequest request = project.request();
      request.name = name;
      request.settings.epochs = 2;
      request.settings.learningRate = 0.0123456789012345;
      request.settings.optimizer = "SGD";
      request.settings.optimizerParams = {{"momentum", 0.875}, {"nesterov", true}};
      request.settings.schedule = "cosine";
      request.settings.scheduleParams = {{"warmup", 0.25}};
      request.settings.seed = 18'000'000'000'000'000'000u;
      request.settings.workers = 0;
      request.settings.keepCheckpoints = 5;
      auto one = launcher();
      auto started = one->start(request);
      QVERIFY(started.ok());
      QTRY_VERIFY_WITH_TIMEOUT(finishedWith(project, started->run, "finished") ||
                                   (one->poll().ok() && one->known(project.path()).empty()),
                               patience);
      QVERIFY2(finishedWith(project, started->run, "finished"),
               bytesOf(project.run(started->run) / "console.log").c_str());
      const auto config = readRunConfig(project.run(started->run));
      QVERIFY(config.ok());
      QCOMPARE(config->name, std::string(name));
      TrainSettings wanted = request.settings;
      wanted.device = config->settings.device; // "auto" is resolved
      QCOMPARE(compactJson(toJson(config->settings)), compactJson(toJson(wanted)));
    }
    QVERIFY(!fs::exists("x"));
  }

  void foldersWithStrangeNames_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char* name :
         {"a b", "quote'quote\"", "-dash", "$(touch pwned)", "line\nbreak", "grüße", "a;b&c|d", "=", "\xff"})
      QTest::addRow("%s", name) << QByteArray(name);
  }
  void foldersWithStrangeNames() {
    QFETCH(QByteArray, name);
    TestProject project;
    QVERIFY(project.make("iris"));
    const fs::path strange = project.folder() / name.toStdString();
    fs::create_directory(strange);
    fs::rename(project.path(), strange / "p.loom");
    TrainRequest request = project.request("r");
    request.project = strange / "p.loom";
    request.settings.epochs = 1;
    auto one = launcher();
    const auto started = one->start(request);
    QVERIFY2(started.ok(), started.ok() ? "" : started.error().message().c_str());
    const fs::path run = runFolder(request.project, "r");
    QTRY_VERIFY_WITH_TIMEOUT(fs::exists(run / "attempts" / "1" / "exit") ||
                                 (one->poll().ok() && one->known(project.path()).empty()),
                             patience);
    QTRY_COMPARE_WITH_TIMEOUT(bytesOf(run / "attempts" / "1" / "exit"), std::string("finished\n"), 5000);
    QVERIFY(!fs::exists("pwned"));
  }

  void hostileIds_data() {
    QTest::addColumn<QByteArray>("id");
    for (const char* id :
         {"../escape", "/tmp/escape", "..", ".", "a/b", "-x", "a b", "a\nb", "a'b", "\xff\xfe"})
      QTest::addRow("%s", id) << QByteArray(id);
  }
  void hostileIds() {
    QFETCH(QByteArray, id);
    TestProject project;
    QVERIFY(project.make("iris"));
    auto one = launcher();
    for (const bool resume : {false, true}) {
      TrainRequest request = project.request(resume ? "" : id.toStdString());
      if (resume) request.resume = id.toStdString();
      const auto refused = one->start(request);
      QVERIFY(!refused.ok());
      QCOMPARE(refused.error().kind, ErrorKind::usage);
      QVERIFY(!refused.error().cause.empty() && !refused.error().fix.empty());
    }
    QVERIFY(!one->cancel(project.path(), id.toStdString()).ok());
    QVERIFY(one->known(project.path()).empty());
    QVERIFY(fs::is_empty(project.path() / "runs"));
    QVERIFY(!fs::exists(project.path() / "escape"));
  }

  // What wants more cores than are free waits, in order, and begins when they are.
  void coresAreHandedOut() {
    TestProject project;
    QVERIFY(project.make("digits"));
    const StopAll stopAll(project);
    auto one = launcher();
    const auto first = one->start(endless(project, "first", cores));
    QVERIFY(first.ok() && !first->waiting);
    const auto second = one->start(endless(project, "second")), third = one->start(endless(project, "third"));
    QVERIFY(second.ok() && second->waiting && !second->waitsFor.empty());
    QVERIFY(third.ok() && third->waiting);
    QVERIFY(one->poll().ok());
    QTRY_VERIFY_WITH_TIMEOUT(trains(project, "first"), patience);
    QVERIFY(one->poll().ok());
    QVERIFY(!fs::exists(project.run("second")));
    // One that waits is taken back without a trace.
    QVERIFY(one->cancel(project.path(), "second").ok());
    QCOMPARE(one->known(project.path()).size(), std::size_t{2});
    // Another window's launcher knows whose cores these are.
    const auto elsewhere = launcher()->start(endless(project, "fourth"));
    QVERIFY(elsewhere.ok() && elsewhere->waiting);
    // It waits in the same queue, so that this one may take it back.
    QCOMPARE(one->known(project.path()).size(), std::size_t{3});
    QVERIFY(one->cancel(project.path(), "fourth").ok());
    QVERIFY(one->cancel(project.path(), "first").ok());
    QTRY_VERIFY_WITH_TIMEOUT(finishedWith(project, "first", "stopped"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(one->poll().ok() && trains(project, "third"), patience);
    QVERIFY(!fs::exists(project.run("second")));
    QVERIFY(one->cancel(project.path(), "third").ok());
    QTRY_VERIFY_WITH_TIMEOUT(finishedWith(project, "third", "stopped"), patience);
    QTRY_VERIFY_WITH_TIMEOUT(one->poll().ok() && one->known(project.path()).empty(), patience);
  }

  // "automatic" holds every core until the trainer says how many it took: one, for a network this small.
  void automaticIsWhatItCameTo() {
    if (cores < 2) QSKIP("one core alone");
    TestProject project;
    QVERIFY(project.make("iris"));
    const StopAll stopAll(project);
    auto one = launcher();
    QVERIFY(one->start(endless(project, "first", 0)).ok());
    QTRY_VERIFY_WITH_TIMEOUT(trains(project, "first"), patience);
    const auto second = one->start(endless(project, "second"));
    QVERIFY(second.ok() && !second->waiting);
    for (const char* run : {"first", "second"}) {
      QTRY_VERIFY_WITH_TIMEOUT(trains(project, run), patience);
      QVERIFY(one->cancel(project.path(), run).ok());
    }
  }

  void theProgramIsMissing_data() {
    QTest::addColumn<QByteArray>("program");
    QTest::addRow("missing") << QByteArray("/nonexistent/loom");
    QTest::addRow("a folder") << QByteArray("/tmp");
    QTest::addRow("no program") << QByteArray("text");
  }
  void theProgramIsMissing() {
    QFETCH(QByteArray, program);
    TestProject project;
    QVERIFY(project.make("iris"));
    fs::path file = program.toStdString();
    if (program == "text") {
      file = project.folder() / "loom";
      std::ofstream(file) << "no program";
    }
    auto one = std::move(*makeLauncher(localLauncher, file));
    const auto refused = one->start(project.request("a"));
    QVERIFY(!refused.ok());
    QVERIFY2(refused.error().message().find(file.string()) != std::string::npos,
             refused.error().message().c_str());
    QVERIFY(!refused.error().fix.empty());
    QVERIFY(one->known(project.path()).empty());
    QVERIFY(fs::is_empty(project.path() / "runs")); // nothing is left of it
  }

  // The console holds the words of a trainer that could not begin.
  void aTrainerThatDiesAtOnce() {
    TestProject project;
    QVERIFY(project.make("iris"));
    fs::remove(project.path() / "data" / "iris.csv");
    auto one = launcher();
    QVERIFY(one->start(project.request("a")).ok());
    QTRY_VERIFY_WITH_TIMEOUT(one->poll().ok() && one->known(project.path()).empty(), patience);
    QCOMPARE(one->state(project.path(), "a"), LaunchState::ended);
    const QString console = QString::fromStdString(bytesOf(project.run("a") / "console.log")).trimmed();
    const QString last = console.split('\n').last();
    QVERIFY2(last.contains("iris.csv") && last.contains("no such file"), qPrintable(console));
    QVERIFY(!fs::exists(project.run("a") / "run.json"));
    // The cores are free again.
    TrainRequest again = endless(project, "b", cores);
    const auto next = one->start(again);
    QVERIFY(next.ok() && !next->waiting);
  }

  // The one that launched is killed; the trainer is not its child, and goes on.
  // What a person deleted or moved is never made anew by a start.
  void nothingIsMadeWhereAProjectOrARunWas() {
    TestProject project;
    QVERIFY(project.make("digits"));
    auto one = launcher();
    const auto gone = one->start(project.resume("a"));
    QVERIFY(!gone.ok() && gone.error().kind == ErrorKind::input);
    QVERIFY(!fs::exists(project.run("a")));
    TrainRequest request = endless(project, "b");
    request.project = project.path() / "moved away";
    const auto nowhere = one->start(request);
    QVERIFY(!nowhere.ok() && nowhere.error().kind == ErrorKind::input);
    QVERIFY(!fs::exists(request.project));
    QVERIFY(one->known(project.path()).empty());
  }

  void survivesItsLauncher() {
    TestProject project;
    QVERIFY(project.make("digits"));
    const StopAll stopAll(project);
    const pid_t child = ::fork();
    if (child == 0) {
      auto one = launcher();
      const auto started = one->start(endless(project, "a"));
      if (!started) ::_exit(1);
      for (;;) ::pause();
    }
    QVERIFY(child > 0);
    QTRY_VERIFY_WITH_TIMEOUT(trains(project, "a"), patience);
    ::kill(child, SIGKILL);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status));
    const auto steps = [&] { return events(project.path(), "a", "epoch").size(); };
    const std::size_t before = steps();
    QTRY_VERIFY_WITH_TIMEOUT(steps() > before + 5, patience);
    QVERIFY(RunLock::held(project.run("a")));
    auto other = launcher();
    QCOMPARE(other->state(project.path(), "a"), LaunchState::running);
    QVERIFY(other->cancel(project.path(), "a").ok());
    QTRY_VERIFY_WITH_TIMEOUT(finishedWith(project, "a", "stopped"), patience);
  }
};

QTEST_GUILESS_MAIN(TestLaunch)
#include "tst_launch.moc"
