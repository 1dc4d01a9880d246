// SPDX-License-Identifier: Apache-2.0
// Real runs by a real `loom train`, followed while they live by `loom runs` processes that are killed at
// random moments: the store ends with what a plain look at the journals gives, value for value.
#include "core/base/subprocess.h"
#include "core/run/project.h"
#include "store_fixture.h"
#include "tests/soak.h"
#include <QtTest>
#include <atomic>
#include <fcntl.h>
#include <thread>

using namespace loom;
using namespace loom::test;

namespace {

constexpr auto patience = std::chrono::minutes(3);

Finished runLoom(const std::vector<std::string>& arguments) {
  Command command{{LOOM_PROGRAM}, {}, {{"OMP_NUM_THREADS", "1"}}, {}};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  auto finished = runCommand(command, patience);
  if (!finished) qFatal("%s", finished.error().message().c_str());
  return std::move(*finished);
}

// The journals of a run as JSON, folded in the plainest way.
std::map<std::string, Points> truth(const fs::path& project, const std::string& run) {
  std::map<std::string, std::map<std::int64_t, SeriesPoint>> all;
  auto journals = journalsIn(project);
  const auto attempts = journals->attempts(run);
  for (const int attempt : *attempts)
    for (std::uint64_t offset = 0;;) {
      const auto read = journals->read(run, attempt, offset, 1 << 20);
      if (!read || !read->damages.empty()) qFatal("a journal cannot be read");
      if (read->records.empty()) break;
      for (const auto& record : read->records) {
        const Json& event = record.event;
        if (event["event"] == "resumed")
          for (auto& [key, points] : all)
            points.erase(points.upper_bound(event["step"].get<std::int64_t>()), points.end());
        if (event["event"] != "points") continue;
        for (std::size_t i = 0; i < event["steps"].size(); ++i) {
          const auto step = event["steps"][i].get<std::int64_t>();
          all[event["key"].get<std::string>()].try_emplace(
              step,
              SeriesPoint{step, *numberFromJson(event["values"][i]), *numberFromJson(event["times"][i])});
        }
      }
      offset = read->offset;
    }
  std::map<std::string, Points> series;
  for (const auto& [key, points] : all)
    for (const auto& [step, point] : points) series[key].push_back(point);
  return series;
}

std::string onlyRun(const fs::path& project) {
  const auto runs = journalsIn(project)->runs();
  return runs && runs->size() == 1 ? runs->front() : std::string();
}

class Made {
 public:
  explicit Made(const std::string& templateId) : folder(fs::path(dir_.path().toStdString()) / "p.loom") {
    const auto made = runLoom({"new", folder.string(), "--template", templateId});
    if (made.exitCode != 0) qFatal("%s", made.errors.c_str());
  }

 private:
  QTemporaryDir dir_;

 public:
  const fs::path folder;
};

void compareWithTruth(const fs::path& project, const std::string& run) {
  const auto wanted = truth(project, run);
  QVERIFY(wanted.contains("train/loss"));
  const auto store = Store::open(project, Store::Access::reader);
  QVERIFY(store.ok());
  const auto keys = (*store)->keys(run);
  QCOMPARE(keys->size(), wanted.size());
  for (const auto& [key, points] : wanted) {
    const auto differs = difference(*(*store)->points(run, key, 0, 0), points);
    QVERIFY2(differs.empty(), qPrintable(QString::fromStdString(key + ": " + differs)));
  }
}

} // namespace

class TestTrainedRuns : public QObject {
  Q_OBJECT
 private slots:
  void followedAndKilled_data();
  void followedAndKilled();
  void killedAndResumed_data();
  void killedAndResumed();
  void terminalSaysWhatTheStoreHas();
};

void TestTrainedRuns::followedAndKilled_data() {
  QTest::addColumn<QString>("templateId");
  QTest::addColumn<int>("epochs");
  QTest::newRow("iris") << "iris" << 60;
  QTest::newRow("digits") << "digits" << 12;
}

void TestTrainedRuns::followedAndKilled() {
  QFETCH(QString, templateId);
  QFETCH(int, epochs);
  const Made project(templateId.toStdString());
  std::atomic<bool> trained = false;
  Finished trainer;
  std::thread training([&] {
    trainer = runLoom(
        {"train", project.folder.string(), "--epochs", std::to_string(epochs), "--threads", "1", "--json"});
    trained = true;
  });
  std::mt19937 random(casesOf("kills of readers", 1, 3, 1).seed);
  int killed = 0, answered = 0;
  for (int round = 0; round < 400 && (!trained || round < 12); ++round) {
    if (round % 4 == 3) { // one is left alone, and must answer
      const auto listed = runLoom({"runs", "list", project.folder.string(), "--json"});
      if (listed.exitCode == 0 && parseJson(listed.output, "stdout"))
        ++answered;
      else
        qWarning("%s", listed.errors.c_str());
      continue;
    }
    Child reading([&] {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::execl(LOOM_PROGRAM, LOOM_PROGRAM, "runs", "list", project.folder.c_str(), nullptr);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    killed += reading.kill() == SIGKILL ? 1 : 0;
  }
  training.join();
  QVERIFY2(trainer.exitCode == 0, trainer.errors.c_str());
  QVERIFY(killed > 0 && answered > 0);
  const std::string run = onlyRun(project.folder);
  const auto verified = runLoom({"history", "verify", project.folder.string(), "--json"});
  QVERIFY2(verified.exitCode == 0, (verified.output + verified.errors).c_str());
  compareWithTruth(project.folder, run);
  // What an undisturbed reader makes of it is the same in every row.
  const std::string disturbed = contents(**Store::open(project.folder, Store::Access::owner));
  const auto rebuilt = runLoom({"history", "rebuild", project.folder.string(), "--json"});
  QVERIFY2(rebuilt.exitCode == 0, (rebuilt.output + rebuilt.errors).c_str());
  QVERIFY(contents(**Store::open(project.folder, Store::Access::owner)) == disturbed);
}

void TestTrainedRuns::killedAndResumed_data() { followedAndKilled_data(); }

void TestTrainedRuns::killedAndResumed() {
  QFETCH(QString, templateId);
  QFETCH(int, epochs);
  const Made project(templateId.toStdString());
  std::mt19937 random(casesOf("kills of a trainer", 1, 11, 1).seed);
  std::string run;
  int killed = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::vector<std::string> arguments{
        LOOM_PROGRAM, "train", project.folder.string(), "--epochs", std::to_string(epochs),
        "--threads",  "1",     "--checkpoint-every",    "7"};
    if (!run.empty()) arguments = {LOOM_PROGRAM, "train", project.folder.string(), "--resume", run};
    Child trainer([&] {
      std::vector<char*> words;
      for (auto& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::execv(LOOM_PROGRAM, words.data());
    });
    // Into the attempt: it has begun when its journal holds points.
    const auto begun = [&] {
      const std::string name = onlyRun(project.folder);
      const auto size = name.empty() ? Result<std::uint64_t>(std::uint64_t{0})
                                     : journalsIn(project.folder)->size(name, attempt + 1);
      return size && *size > 3000;
    };
    for (int i = 0; i < 3000 && !begun(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 30));
    killed += trainer.kill() == SIGKILL ? 1 : 0;
    run = onlyRun(project.folder);
    QVERIFY(!run.empty());
    // Between the attempts the store is brought up to what there is, so that there is something to supersede.
    QVERIFY(runLoom({"runs", "list", project.folder.string()}).exitCode == 0);
    compareWithTruth(project.folder, run);
  }
  QVERIFY(killed > 0);
  const auto row = (*Store::open(project.folder, Store::Access::reader))->run(run);
  if (row->state == RunState::killed) {
    const auto last = runLoom({"train", project.folder.string(), "--resume", run, "--json"});
    QVERIFY2(last.exitCode == 0, last.errors.c_str());
  }
  const auto verified = runLoom({"history", "verify", project.folder.string()});
  QVERIFY2(verified.exitCode == 0, (verified.output + verified.errors).c_str());
  compareWithTruth(project.folder, run);
  // Whatever was superseded on the way, each step is there once.
  const auto points = (*Store::open(project.folder, Store::Access::reader))->points(run, "train/loss", 0, 0);
  for (std::size_t i = 0; i < points->size(); ++i)
    QCOMPARE((*points)[i].step, static_cast<std::int64_t>(i) + 1);
  QCOMPARE((*Store::open(project.folder, Store::Access::reader))->run(run)->state, RunState::finished);
}

void TestTrainedRuns::terminalSaysWhatTheStoreHas() {
  const Made project("digits");
  QCOMPARE(runLoom({"train", project.folder.string(), "--epochs", "2", "--threads", "1"}).exitCode, 0);
  const std::string run = onlyRun(project.folder);
  const auto wanted = truth(project.folder, run).at("train/loss");
  const auto answered = runLoom({"runs", "series", project.folder.string(), "last", "train/loss", "--json"});
  const auto json = parseJson(answered.output, "stdout");
  QVERIFY2(json.ok(), answered.errors.c_str());
  Points said;
  for (const Json& point : (*json)["points"])
    said.push_back({point[0].get<std::int64_t>(), *numberFromJson(point[1]), *numberFromJson(point[2])});
  const auto differs = difference(said, wanted);
  QVERIFY2(differs.empty(), differs.c_str());
  const auto drawn =
      runLoom({"runs", "series", project.folder.string(), "last", "train/loss", "--pixels", "7", "--json"});
  const auto buckets = parseJson(drawn.output, "stdout");
  QVERIFY(buckets.ok());
  std::int64_t count = 0;
  double most = 0, highest = 0;
  for (const Json& bucket : (*buckets)["buckets"]) {
    count += bucket[5].get<std::int64_t>();
    most = std::max(most, bucket[3].get<double>());
  }
  for (const auto& point : wanted) highest = std::max(highest, point.value);
  QCOMPARE(count, static_cast<std::int64_t>(wanted.size()));
  QCOMPARE(most, highest);
  QVERIFY((*buckets)["buckets"].size() <= 7);
}

QTEST_GUILESS_MAIN(TestTrainedRuns)
#include "tst_trained_runs.moc"
