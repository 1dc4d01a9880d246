// SPDX-License-Identifier: Apache-2.0
// Runs that cannot be reached: who reads them says so and shows what the history has, who writes is refused,
// and nothing is made where the runs should be.
#include "cli_fixture.h"

using namespace loom;
using namespace loom::test;

class TestReach : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void unreachableRuns_data();
  void unreachableRuns();
  void runsOfAnUnknownSite_data();
  void runsOfAnUnknownSite();
  void newProjectsAreNotRefused();

 private:
  static std::vector<std::string> wordsOf(const QString& words) {
    std::vector<std::string> list;
    for (const auto& word : words.split(' ')) list.push_back(word.toStdString());
    return list;
  }
  // Nothing under `runs` but what the test put there.
  bool untouched() const {
    std::error_code unknown;
    return !fs::exists(folder_.path("p.loom/runs"), unknown);
  }
  Folder folder_;
  std::string run_;
};

void TestReach::initTestCase() {
  QCOMPARE(loomIn(folder_.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  for (const char* name : {"first", "second"})
    QCOMPARE(loomIn(folder_.path(), {"train", "p.loom", "--epochs", "1", "--name", name}).exitCode, 0);
  const Json listed = lastJson(loomIn(folder_.path(), {"runs", "list", "p.loom", "--json"}));
  QCOMPARE(listed["runs"].size(), std::size_t{2});
  QVERIFY(listed["problems"].empty());
  run_ = listed["runs"][0]["run"].get<std::string>();
  QVERIFY(fs::exists(folder_.path("p.loom/runs/marker.json")));
}

void TestReach::unreachableRuns_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<bool>("link");
  QTest::addColumn<bool>("reads");
  const auto row = [](const char* words, bool reads) {
    for (const bool link : {false, true})
      QTest::addRow("%s, %s", words, link ? "link" : "missing") << QString(words) << link << reads;
  };
  row("runs list p.loom", true);
  row("runs show p.loom last", true);
  row("runs show p.loom first", true);
  row("runs series p.loom last train/loss", true);
  row("runs series p.loom last train/loss --pixels 3", true);
  row("runs compare p.loom first second", true);
  row("train p.loom --epochs 1", false);
  row("train p.loom --resume last --epochs 3", false);
  row("evaluate p.loom last", false); // there is nothing that it could read
  row("predict p.loom last x.csv", false);
  row("export p.loom out --run last", false);
  row("control p.loom last stop", false);
  row("history rebuild p.loom", false);
}

void TestReach::unreachableRuns() {
  QFETCH(QString, words);
  QFETCH(bool, link);
  QFETCH(bool, reads);
  const fs::path runs = folder_.path("p.loom/runs"), away = folder_.path("away");
  const std::string cause = link ? "It is a link to" : "is missing, but the history contains 2 runs";
  fs::rename(runs, away);
  if (link) fs::create_directory_symlink(folder_.path("nowhere"), runs);
  const auto answer = loomIn(folder_.path(), wordsOf(words));
  const auto json = loomIn(folder_.path(), wordsOf(words + " --json"));
  const bool clean = untouched();
  const auto verified = loomIn(folder_.path(), {"history", "verify", "p.loom", "--json"});
  fs::remove(runs);
  fs::rename(away, runs);
  QVERIFY(clean);
  if (reads) {
    QCOMPARE(answer.exitCode, 0);
    QVERIFY2(holds(answer.errors, "warning: ") && holds(answer.errors, cause), answer.errors.c_str());
    const Json problems = lastJson(json)["problems"];
    QCOMPARE(problems.size(), std::size_t{1});
    QVERIFY2(holds(problems[0]["cause"].get<std::string>(), cause), json.output.c_str());
  } else {
    QCOMPARE(wrongMessage(answer, 3, {"runs: ", cause, "ount the disk"}), std::string());
    QVERIFY2(holds(lastJson(json)["error"].value("cause", std::string()), cause), json.output.c_str());
  }
  QCOMPARE(verified.exitCode, 3);
  QVERIFY2(holds(lastJson(verified)["problems"][0].value("cause", std::string()), cause),
           verified.output.c_str());
  // Everything is as before once the runs are back.
  const Json listed = lastJson(loomIn(folder_.path(), {"runs", "list", "p.loom", "--json"}));
  QCOMPARE(listed["runs"].size(), std::size_t{2});
  QVERIFY(listed["problems"].empty());
}

void TestReach::runsOfAnUnknownSite_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<bool>("reads");
  QTest::newRow("list") << "runs list p.loom" << true;
  QTest::newRow("show") << "runs show p.loom RUN" << true;
  QTest::newRow("series") << "runs series p.loom RUN train/loss" << true;
  QTest::newRow("compare") << "runs compare p.loom first second" << true;
  QTest::newRow("evaluate") << "evaluate p.loom RUN" << true;
  QTest::newRow("export") << "export p.loom out --run RUN" << true;
  QTest::newRow("resume") << "train p.loom --resume RUN --epochs 3" << false;
  QTest::newRow("control") << "control p.loom RUN stop" << false;
}

void TestReach::runsOfAnUnknownSite() {
  QFETCH(QString, words);
  QFETCH(bool, reads);
  const fs::path file = folder_.path("p.loom/runs") / run_ / "site.json";
  folder_.write("p.loom/runs/" + run_ + "/site.json", "{\"schema\":1,\"site\":\"their-cluster\"}");
  words.replace("RUN", QString::fromStdString(run_));
  const auto answer = loomIn(folder_.path(), wordsOf(words)),
             json = loomIn(folder_.path(), wordsOf(words + " --json"));
  fs::remove(file);
  const std::string cause = "'their-cluster' is not in your list of sites";
  if (!reads) {
    QCOMPARE(wrongMessage(answer, 8, {"site.json", cause}), std::string());
    QCOMPARE(lastJson(json)["error"]["kind"], Json("remote"));
    return;
  }
  QCOMPARE(answer.exitCode, 0);
  QVERIFY2(holds(answer.errors, "warning: ") && holds(answer.errors, cause), answer.errors.c_str());
  const Json problems = lastJson(json)["problems"];
  QCOMPARE(problems.size(), std::size_t{1});
  QVERIFY2(holds(problems[0].value("cause", std::string()), cause), json.output.c_str());
}

void TestReach::newProjectsAreNotRefused() {
  QCOMPARE(loomIn(folder_.path(), {"new", "q.loom", "--template", "iris"}).exitCode, 0);
  // A history without runs, and no folder of runs.
  QCOMPARE(loomIn(folder_.path(), {"runs", "list", "q.loom"}).exitCode, 0);
  fs::remove_all(folder_.path("q.loom/runs"));
  QCOMPARE(loomIn(folder_.path(), {"runs", "list", "q.loom"}).errors.rfind("No run yet", 0), std::size_t{0});
  const auto trained = loomIn(folder_.path(), {"train", "q.loom", "--epochs", "1"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
}

QTEST_GUILESS_MAIN(TestReach)
#include "tst_reach.moc"
