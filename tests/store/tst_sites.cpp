// SPDX-License-Identifier: Apache-2.0
// Where runs are decides what a missing folder means: a deleted run leaves the history, an unmounted disk or
// a cut link takes nothing away, and nothing is contacted that the user did not choose.
#include "core/run/site.h"
#include "core/store/reach.h"
#include "follower_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

void record(const TestProject& project, int number, bool ended = true) {
  auto writer = project.begin(runNamed(number));
  write(writer, started());
  write(writer, columnsOf("k", makePoints(300, Steps::regular, Values::floats, 1)));
  if (ended) write(writer, finished(300));
}
fs::path runsOf(const TestProject& project) { return project.folder / "runs"; }
fs::path runOf(const TestProject& project, int number) { return runsOf(project) / runNamed(number); }
fs::path marker(const TestProject& project) { return runsOf(project) / "marker.json"; }
void setAside(const TestProject& project) { fs::rename(runsOf(project), project.folder / "disk"); }
void mount(const TestProject& project) {
  fs::remove_all(runsOf(project));
  fs::rename(project.folder / "disk", runsOf(project));
}
std::vector<std::string> runsIn(Store& store) {
  std::vector<std::string> names;
  const auto rows = store.runs();
  for (const auto& row : *rows) names.push_back(row.id);
  std::sort(names.begin(), names.end());
  return names;
}
std::vector<std::string> named(std::initializer_list<int> numbers) {
  std::vector<std::string> names;
  for (const int number : numbers) names.push_back(runNamed(number));
  return names;
}

// A site that can be cut off, in front of a folder that is somewhere else.
class FarSite : public RunSite {
 public:
  FarSite(const fs::path& folder, std::string id) : folder_(folderSite(folder, std::move(id), {})) {}
  bool cut = false;
  int asked = 0;

  const std::string& id() const override { return folder_->id(); }
  JournalSource& journals() override { return folder_->journals(); }
  Result<SiteListing> listing() override {
    ++asked;
    if (cut) return Error{ErrorKind::remote, id(), say("The host does not answer"), say("Try again later")};
    return folder_->listing();
  }
  Status mark() override { return folder_->mark(); }
  Liveness liveness(const std::string& run) override {
    ++asked;
    if (!cut) return folder_->liveness(run);
    Liveness unknown;
    unknown.state = Liveness::State::unknown;
    unknown.since = 1'700'000'000'000'000 + asked;
    unknown.why = say("The host does not answer");
    return unknown;
  }
  Result<std::string> send(const std::string& run, RunControl control) override {
    return folder_->send(run, std::move(control));
  }
  Result<std::string> console(const std::string& run, std::uint64_t offset, std::size_t most) override {
    return folder_->console(run, offset, most);
  }
  Result<std::uint64_t> consoleSize(const std::string& run) override { return folder_->consoleSize(run); }
  Result<RunConfig> config(const std::string& run) override { return folder_->config(run); }
  Result<std::vector<std::int64_t>> checkpoints(const std::string& run) override {
    return folder_->checkpoints(run);
  }
  bool evaluated(const std::string& run, std::int64_t step, const std::string& split) override {
    return folder_->evaluated(run, step, split);
  }
  Result<Evaluation> evaluation(const std::string& run, std::int64_t step,
                                const std::string& split) override {
    return folder_->evaluation(run, step, split);
  }
  Result<fs::path> folder(const std::string& run) override { return folder_->folder(run); }

 private:
  std::unique_ptr<RunSite> folder_;
};

} // namespace

class TestSites : public QObject {
  Q_OBJECT
 private slots:
  // The history of a project whose runs are on a disk that is not there.
  void unmountedRunsKeepTheHistory_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<bool>("marked");
    for (const char* how :
         {"folder missing", "empty mount point", "another project's runs", "new run beside it"})
      for (const bool marked : {true, false})
        QTest::addRow("%s, %s", how, marked ? "marked" : "of old") << QString(how) << marked;
  }
  void unmountedRunsKeepTheHistory() {
    QFETCH(QString, how);
    QFETCH(bool, marked);
    TestProject project;
    for (const int number : {1, 2}) record(project, number);
    std::string wanted;
    {
      const auto store = project.takenIn();
      wanted = contents(*store);
    }
    // A project of the landed version has no marker.
    QVERIFY(fs::remove(marker(project)));
    if (marked) {
      (void)project.takenIn();
      QVERIFY(fs::exists(marker(project)));
    }
    setAside(project);
    if (how != "folder missing") fs::create_directory(runsOf(project));
    if (how == "another project's runs") {
      record(project, 7);
      put(marker(project), "{\"schema\":1,\"project\":\"another\"}");
    }
    if (how == "new run beside it") record(project, 7);
    for (int session = 0; session < 3; ++session) {
      const auto store = project.open();
      for (int look = 0; look < 3; ++look) QVERIFY(store->takeIn(*sitesOf(project.folder)).ok());
      const auto there = runsIn(*store);
      for (const auto& run : named({1, 2})) {
        QVERIFY(std::binary_search(there.begin(), there.end(), run));
        QCOMPARE(store->points(run, "k", 0, 0)->size(), std::size_t{300});
      }
    }
    if (how == "another project's runs")
      QCOMPARE(bytesOf(marker(project)), std::string("{\"schema\":1,\"project\":\"another\"}"));
    else
      QVERIFY(!fs::exists(marker(project))); // an empty folder is not taken for the right one
    mount(project);
    const auto store = project.takenIn();
    if (how == "empty mount point" || how == "folder missing") QVERIFY(contents(*store) == wanted);
    // What lay in the strange folder never became known: nothing is missing now.
    QVERIFY(fs::exists(marker(project)));
    QCOMPARE(runsIn(*store).size(), std::size_t{2});
  }

  // Whether the runs can be reached: said by who reads, and nothing is rebuilt without them.
  void unreachableRuns_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("cause"); // empty: they can be reached
    const auto row = [](const char* how, const char* cause) { QTest::newRow(how) << how << cause; };
    row("as they were", "");
    row("marker gone", "");
    row("one deleted", "");
    row("nothing stored, no folder", "");
    row("history gone, no folder", "");
    row("folder missing", "is missing, but the history contains 2 runs");
    row("folder missing, history damaged", ""); // it may as well be a first one that is being made
    row("folder missing, catalogue gone", "is missing, but the history contains 2 runs");
    row("empty mount point", "contains none of the 2 runs");
    row("new run beside it", "contains none of the 2 runs");
    row("link that leads nowhere", "It is a link to");
    row("link to the runs", "");
    row("another project's runs", "the runs of another project");
    row("marker damaged", "cannot be read");
    row("a file", "cannot be read");
  }
  void unreachableRuns() {
    QFETCH(QString, how);
    QFETCH(QString, cause);
    TestProject project;
    if (!how.startsWith("nothing")) {
      for (const int number : {1, 2}) record(project, number);
      const auto store = project.takenIn();
      QVERIFY(fs::exists(marker(project)));
    } else {
      fs::create_directory(runsOf(project));
      (void)project.takenIn();
    }
    if (how == "marker gone") fs::remove(marker(project));
    if (how == "one deleted") fs::remove_all(runOf(project, 1));
    if (how == "another project's runs") put(marker(project), "{\"schema\":1,\"project\":\"another\"}");
    if (how == "marker damaged") put(marker(project), "{");
    if (how == "history gone, no folder") fs::remove_all(project.history());
    if (how.endsWith("catalogue gone"))
      for (const char* part : {"catalogue.db", "catalogue.db-wal", "catalogue.db-shm"})
        fs::remove(project.history() / part);
    if (how.endsWith("history damaged")) put(project.history() / "catalogue.db", std::string(5000, 'x'));
    if (how.contains("folder") || how.contains("mount") || how.contains("link") || how == "a file" ||
        how == "new run beside it")
      setAside(project);
    if (how == "empty mount point") fs::create_directory(runsOf(project));
    if (how == "new run beside it") record(project, 7);
    if (how == "link that leads nowhere")
      fs::create_directory_symlink(project.folder / "gone", runsOf(project));
    if (how == "link to the runs") fs::create_directory_symlink(project.folder / "disk", runsOf(project));
    if (how == "a file") put(runsOf(project), "x");
    const auto sites = sitesOf(project.folder);
    const auto why = whyUnreachable(project.folder, *sites);
    QCOMPARE(why.has_value(), !cause.isEmpty());
    if (!why) return;
    QVERIFY2(saysAll(*why) && why->cause.text().find(cause.toStdString()) != std::string::npos,
             why->message().c_str());
    QCOMPARE(why->kind, ErrorKind::input);
    const auto listed = [&] {
      std::string names;
      for (const auto& entry : fs::directory_iterator(project.history()))
        names += entry.path().filename().string().find(".before") != std::string::npos ? "before " : "";
      return names;
    };
    const auto rebuilt = rebuildHistory(project.folder);
    QVERIFY(!rebuilt.ok());
    QCOMPARE(rebuilt.error().message(), why->message());
    QCOMPARE(listed(), std::string());
    if (how.contains("damaged") || how.contains("catalogue")) return;
    const auto report = verifyHistory(project.folder);
    QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
    QVERIFY(!report->good && report->unreachable);
    const auto store = project.open();
    const auto there = runsIn(*store);
    for (const auto& run : named({1, 2})) QVERIFY(std::binary_search(there.begin(), there.end(), run));
  }

  // A run of another site is no run of this folder.
  void runsOfOtherSitesAreNotMissed() {
    TestProject project;
    record(project, 1);
    put(runOf(project, 1) / "site.json", "{\"schema\":1,\"site\":\"far\"}");
    { const auto store = project.takenIn(); }
    QVERIFY(storedRuns(project.folder).runs.empty());
    const auto why = sitesOf(project.folder)->whyUnreachable(runNamed(1));
    QVERIFY(why && saysAll(*why));
    QCOMPARE(why->kind, ErrorKind::remote);
    QVERIFY(why->cause.text().find("'far'") != std::string::npos);
    record(project, 2);
    QVERIFY(!sitesOf(project.folder)->whyUnreachable(runNamed(2)));
  }

  // A project of an earlier version: its folder is the right one only when nothing is missing.
  void oldProjectsGetTheMarker_data() {
    QTest::addColumn<QList<int>>("missing");
    QTest::addColumn<bool>("marked");
    QTest::newRow("none missing") << QList<int>{} << true;
    QTest::newRow("one in the middle") << QList<int>{2} << false; // as in half of a backup
    QTest::newRow("the newest ones") << QList<int>{2, 3} << false;
    QTest::newRow("the oldest one") << QList<int>{1} << false; // as beside an unmounted disk
    QTest::newRow("all but the newest") << QList<int>{1, 2} << false;
  }
  void oldProjectsGetTheMarker() {
    QFETCH(QList<int>, missing);
    QFETCH(bool, marked);
    TestProject project;
    for (const int number : {1, 2, 3}) {
      project.configure(runNamed(number), std::string(static_cast<std::size_t>(number), 'n')); // older, newer
      record(project, number);
    }
    { const auto store = project.takenIn(); }
    QVERIFY(fs::remove(marker(project)));
    for (const int number : missing) fs::remove_all(runOf(project, number));
    const auto store = project.takenIn();
    QCOMPARE(fs::exists(marker(project)), marked);
    QCOMPARE(runsIn(*store).size(), marked ? std::size_t(3 - missing.size()) : std::size_t{3});
  }

  void onlyOneOfSeveralIsADeletion() {
    TestProject project;
    for (const int number : {1, 2, 3}) record(project, number);
    const auto store = project.takenIn();
    const auto sites = sitesOf(project.folder);
    fs::remove_all(runOf(project, 2));
    QVERIFY(store->takeIn(*sites).ok());
    QCOMPARE(runsIn(*store), named({1, 3}));
    // All at once: a copy without the runs, or a clean-up that went wrong.
    for (const int number : {1, 3}) fs::remove_all(runOf(project, number));
    QVERIFY(fs::exists(marker(project)));
    QVERIFY(store->takeIn(*sites).ok());
    QCOMPARE(runsIn(*store), named({1, 3}));
    // As soon as another run is there, the others are known to be deleted.
    record(project, 4);
    QVERIFY(store->takeIn(*sites).ok());
    QCOMPARE(runsIn(*store), named({4}));
  }

  void aTrainingRunThatIsOutOfSightIsNotKilled() {
    TestProject project;
    for (const int number : {1, 2}) record(project, number, number == 2);
    const auto store = project.open();
    const auto sites = sitesOf(project.folder);
    {
      const auto lock = RunLock::take(runOf(project, 1));
      QVERIFY(lock.ok());
      QVERIFY(store->takeIn(*sites).ok());
      QCOMPARE(store->run(runNamed(1))->state, RunState::running);
      setAside(project);
      const auto taken = store->takeIn(*sites);
      QCOMPARE(taken->changedRuns, std::vector<std::string>{runNamed(1)});
      const auto row = store->run(runNamed(1));
      QCOMPARE(row->state, RunState::outOfReach);
      QVERIFY(row->unknownSince > 0 && !row->unknownWhy.empty());
      QCOMPARE(store->run(runNamed(2))->state, RunState::finished);
      QVERIFY(!store->takeIn(*sites)->changed); // said once
      mount(project);
      QVERIFY(store->takeIn(*sites).ok());
      QCOMPARE(store->run(runNamed(1))->state, RunState::running);
    }
    QVERIFY(store->takeIn(*sites).ok());
    QCOMPARE(store->run(runNamed(1))->state, RunState::killed);
  }

  void aLockThatCannotBeReadIsUnknown() {
    TestProject project;
    record(project, 1, false);
    QVERIFY(RunLock::look(runOf(project, 1)).ended());
    fs::create_symlink(runOf(project, 1) / "lock", runOf(project, 1) / "lock"); // ELOOP
    const auto liveness = RunLock::look(runOf(project, 1));
    QVERIFY(liveness.unknown() && liveness.since > 0 && !liveness.why.empty());
    QCOMPARE(project.takenIn()->run(runNamed(1))->state, RunState::outOfReach);
    fs::remove(runOf(project, 1) / "lock");
    QCOMPARE(project.takenIn()->run(runNamed(1))->state, RunState::killed);
  }

  // The project comes from somebody else: what its files name is shown, and nothing is contacted.
  void foreignSites_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("site");
    QTest::newRow("unknown id") << QByteArray("{\"schema\":1,\"site\":\"their-cluster\"}") << "their-cluster";
    QTest::newRow("address") << QByteArray("{\"schema\":1,\"site\":\"ssh://evil.example\"}") << "?";
    QTest::newRow("option") << QByteArray("{\"schema\":1,\"site\":\"-oProxyCommand=touch x\"}") << "?";
    QTest::newRow("empty id") << QByteArray("{\"schema\":1,\"site\":\"\"}") << "?";
    QTest::newRow("newer") << QByteArray("{\"schema\":2,\"site\":\"x\"}") << "?";
    QTest::newRow("not JSON") << QByteArray("{") << "?";
    QTest::newRow("number") << QByteArray("{\"schema\":1,\"site\":7}") << "?";
    QTest::newRow("large") << QByteArray("{\"schema\":1,\"site\":\"" + QByteArray(10'000, 'a') + "\"}")
                           << "?";
  }
  void foreignSites() {
    QFETCH(QByteArray, file);
    QFETCH(QString, site);
    TestProject project;
    record(project, 1);
    record(project, 2, false);
    fs::create_directories(runOf(project, 3)); // nothing but the file
    for (const int number : {1, 2, 3}) put(runOf(project, number) / "site.json", file.toStdString());
    const auto sites = sitesOf(project.folder);
    RunSite& other = sites->of(runNamed(2));
    QCOMPARE(other.id(), site.toStdString());
    const auto liveness = other.liveness(runNamed(2));
    QVERIFY(liveness.unknown() && liveness.since > 0 && !liveness.why.empty());
    RunControl stop;
    stop.verb = RunControl::Verb::stop;
    const auto sent = other.send(runNamed(2), stop);
    QVERIFY(!sent.ok() && saysAll(sent.error()));
    QCOMPARE(sent.error().kind, ErrorKind::remote);
    QVERIFY(!fs::exists(runOf(project, 2) / "control"));
    const auto store = project.open();
    QVERIFY(store->takeIn(*sites).ok());
    QCOMPARE(runsIn(*store), named({1, 2, 3}));
    QCOMPARE(store->run(runNamed(1))->state, RunState::finished);
    for (const int number : {2, 3}) {
      const auto row = store->run(runNamed(number));
      QCOMPARE(row->state, RunState::outOfReach);
      QCOMPARE(row->site, site.toStdString());
      QVERIFY(!row->unknownWhy.empty());
    }
    const auto since = store->run(runNamed(2))->unknownSince;
    QVERIFY(store->takeIn(*sitesOf(project.folder)).ok());
    QCOMPARE(store->run(runNamed(2))->unknownSince, since);
  }

  void aCutLinkIsNotAKilledRun() {
    TestProject project, far;
    for (const int number : {1, 2}) record(far, number, false);
    record(project, 9);
    fs::create_directories(runsOf(far));
    put(marker(far), "{\"schema\":1,\"project\":\"\"}");
    for (const int number : {1, 2})
      put(runOf(project, number) / "site.json", "{\"schema\":1,\"site\":\"far\"}");
    const auto locks = std::pair(RunLock::take(runOf(far, 1)), RunLock::take(runOf(far, 2)));
    auto made = std::make_unique<FarSite>(runsOf(far), "far");
    FarSite& site = *made;
    std::vector<std::unique_ptr<RunSite>> others;
    others.push_back(std::move(made));
    RunSites sites(project.folder, std::move(others));
    const auto store = project.open();
    QVERIFY(store->takeIn(sites).ok());
    QCOMPARE(store->run(runNamed(1))->state, RunState::running);
    QCOMPARE(store->run(runNamed(1))->site, std::string("far"));
    QCOMPARE(store->points(runNamed(1), "k", 0, 0)->size(), std::size_t{300});
    site.cut = true;
    QVERIFY(store->takeIn(sites).ok());
    auto row = store->run(runNamed(1));
    QCOMPARE(row->state, RunState::outOfReach);
    QCOMPARE(row->unknownWhy.text(), std::string("The host does not answer"));
    const auto since = row->unknownSince;
    QVERIFY(store->takeIn(sites).ok());
    QCOMPARE(store->run(runNamed(1))->unknownSince, since); // since it was first noticed
    // The folder here goes, and the site cannot be asked: the run stays.
    fs::remove_all(runOf(project, 1));
    QVERIFY(store->takeIn(sites).ok());
    QCOMPARE(runsIn(*store), named({1, 2, 9}));
    site.cut = false;
    QVERIFY(store->takeIn(sites).ok());
    QCOMPARE(runsIn(*store), named({1, 2, 9})); // it is still there
    QCOMPARE(store->run(runNamed(2))->state, RunState::running);
    fs::remove_all(runOf(far, 1));
    QVERIFY(store->takeIn(sites).ok());
    QCOMPARE(runsIn(*store), named({2, 9}));
  }

  void theUsersOwnList() {
    const QTemporaryDir config;
    qputenv("XDG_CONFIG_HOME", config.path().toUtf8());
    QCOMPARE(siteListFile(), fs::path(config.path().toStdString()) / "neuroloom/sites.json");
    QVERIFY(readSiteList(siteListFile())->empty());
    put(siteListFile(),
        "{\"schema\":1,\"sites\":[{\"id\":\"cluster\",\"name\":\"Ours\",\"kind\":\"slurm\"}]}");
    const auto list = readSiteList(siteListFile());
    QVERIFY(list.ok() && list->size() == 1);
    QCOMPARE(list->front().kind, std::string("slurm"));
    TestProject project;
    record(project, 1, false);
    put(runOf(project, 1) / "site.json", "{\"schema\":1,\"site\":\"cluster\"}");
    QVERIFY(sitesOf(project.folder)->of(runNamed(1)).liveness(runNamed(1)).why.text().find("slurm") !=
            std::string::npos);
    for (const char* bad : {"{", "{\"schema\":2,\"sites\":[]}",
                            "{\"schema\":1,\"sites\":[{\"id\":\"a b\",\"name\":\"\",\"kind\":\"\"}]}",
                            "{\"schema\":1,\"sites\":[{\"id\":\"a\"}]}"}) {
      put(siteListFile(), bad);
      const auto refused = readSiteList(siteListFile());
      QVERIFY(!refused.ok() && saysAll(refused.error()));
      QVERIFY(sitesOf(project.folder)->of(runNamed(1)).liveness(runNamed(1)).unknown());
    }
    qunsetenv("XDG_CONFIG_HOME");
  }

  // What the bridge and the terminal need of a run, at the one place that knows where it is.
  void whatASiteAnswers() {
    TestProject project;
    record(project, 1, false);
    const auto sites = sitesOf(project.folder);
    RunSite& site = sites->of(runNamed(1));
    QVERIFY(&site == &sites->own() && site.id().empty());
    QCOMPARE(*site.consoleSize(runNamed(1)), std::uint64_t{0});
    put(runOf(project, 1) / "console.log", "first\nsecond\n");
    QCOMPARE(*site.consoleSize(runNamed(1)), std::uint64_t{13});
    QCOMPARE(*site.console(runNamed(1), 6, 100), std::string("second\n"));
    QCOMPARE(*site.console(runNamed(1), 13, 100), std::string());
    for (const char* name : {"10/manifest.json", "2/manifest.json", "30/model.safetensors",
                             ".40.tmp/manifest.json", "x/manifest.json"})
      put(runOf(project, 1) / "checkpoints" / name, "{}");
    QCOMPARE(*site.checkpoints(runNamed(1)), (std::vector<std::int64_t>{2, 10}));
    QVERIFY(!site.evaluated(runNamed(1), 10, "test"));
    EvaluationParts parts;
    parts.step = 10;
    parts.split = "test";
    QVERIFY(writeEvaluation(runOf(project, 1), *Evaluation::from(parts, "test")).ok());
    QVERIFY(site.evaluated(runNamed(1), 10, "test") && site.evaluation(runNamed(1), 10, "test").ok());
    QVERIFY(!sites->anyRunning());
    const auto lock = RunLock::take(runOf(project, 1));
    const auto liveness = site.liveness(runNamed(1));
    QVERIFY(liveness.running() && sites->anyRunning());
    QCOMPARE(liveness.process, ::getpid());
    QVERIFY(!liveness.host.empty() && liveness.start != 0);
    QCOMPARE(*site.folder(runNamed(1)), runOf(project, 1));
    QVERIFY(!site.folder(runNamed(5)).ok());
  }

  // The catalogue of the landed version has no table of places: it is completed, and read as it is by those
  // who may not write.
  void aCatalogueOfTheLandedVersion() {
    TestProject project;
    for (const int number : {1, 2}) record(project, number);
    std::string wanted;
    {
      const auto store = project.takenIn();
      QVERIFY(store->setNote(runNamed(1), "the good one").ok());
      wanted = contents(*store);
    }
    const std::string sql =
        "sqlite3 '" + (project.history() / "catalogue.db").string() + "' 'DROP TABLE place'";
    if (std::system("command -v sqlite3 >/dev/null") != 0) QSKIP("no sqlite3 program");
    QCOMPARE(std::system(sql.c_str()), 0);
    QVERIFY(contents(*project.open(Store::Access::reader)) == wanted);
    QVERIFY(contents(*project.takenIn()) == wanted);
    QVERIFY(verified(project).empty());
  }
};

QTEST_GUILESS_MAIN(TestSites)
#include "tst_sites.moc"
