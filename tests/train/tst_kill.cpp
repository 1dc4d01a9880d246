// SPDX-License-Identifier: Apache-2.0
// A real `loom train` is killed with SIGKILL at 20 random moments, and from then on whenever an attempt lasts
// a fifth of the undisturbed time, until it finishes; and exactly between the journal's fsync and the
// checkpoint's rename. Model and optimizer tensors, and every series, must equal an undisturbed run's bit for
// bit.
#include "tests/train/train_fixture.h"
#include <QProcess>
#include <random>

using namespace loom;
using namespace loom::test;

namespace {

constexpr double undisturbedSeconds = 4;
constexpr int kills = 20;

struct Attempt {
  bool killed = false;
  int code = -1;
  double seconds = 0;
  Json summary;
  QByteArray errors;
};

class Trainer {
 public:
  Trainer(const TestProject& project, int threads, std::int64_t every)
      : project_(project), threads_(threads), every_(every) {}
  std::int64_t epochs = 1;

  // Kills it after `limit` milliseconds (-1: lets it end); `fault`: see LOOM_FAULT.
  Attempt run(const QString& id, int limit, const QString& fault = {}) const {
    QStringList arguments{"train", project_.path().c_str(), "--json"};
    if (fs::exists(project_.run(id.toStdString()) / "run.json"))
      arguments << "--resume" << id;
    else
      arguments << "--run" << id << "--threads" << QString::number(threads_) << "--epochs"
                << QString::number(epochs) << "--checkpoint-every" << QString::number(every_);
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    if (!fault.isEmpty()) environment.insert("LOOM_FAULT", fault);
    process.setProcessEnvironment(environment);
    QElapsedTimer timer;
    timer.start();
    process.start(LOOM_PROGRAM, arguments);
    Attempt attempt;
    if (!process.waitForFinished(limit < 0 ? 300'000 : limit)) {
      process.kill(); // SIGKILL
      process.waitForFinished();
    }
    attempt.seconds = static_cast<double>(timer.nsecsElapsed()) * 1e-9;
    attempt.killed = process.exitStatus() == QProcess::CrashExit;
    attempt.code = process.exitCode();
    attempt.errors = process.readAllStandardError();
    const auto lines = process.readAllStandardOutput().trimmed().split('\n');
    if (auto json = parseJson(lines.last().toStdString(), "stdout"); json && json->contains("run"))
      attempt.summary = *json;
    return attempt;
  }

 private:
  const TestProject& project_;
  int threads_;
  std::int64_t every_;
};

// As a person reads them, through the store: [[step, value], …].
Json seriesAtTheTerminal(const TestProject& project, const QString& run, const char* key) {
  QProcess process;
  process.start(LOOM_PROGRAM, {"runs", "series", project.path().c_str(), run, key, "--json"});
  process.waitForFinished(60'000);
  auto json = parseJson(process.readAllStandardOutput().toStdString(), key);
  if (!json || !json->contains("points")) return nullptr;
  Json points = Json::array();
  for (const auto& point : (*json)["points"]) points.push_back({point[0], point[1]});
  return points;
}

void compareRuns(const TestProject& project, const Attempt& whole, const Attempt& last) {
  QCOMPARE(last.code, 0);
  for (const char* name : {"status", "epochs", "steps", "checkpoint", "metrics"})
    QVERIFY2(last.summary[name] == whole.summary[name],
             (std::string(name) + ": " + last.summary.dump()).c_str());
  QCOMPARE(difference(series(project.path(), "whole"), series(project.path(), "killed")), QByteArray());
  QCOMPARE(checkpointDifference(project.run("whole"), project.run("killed")), QByteArray());
  const std::int64_t best = whole.summary["checkpoint"];
  QCOMPARE(tensorBytes(project.run("killed"), best, "model"),
           tensorBytes(project.run("whole"), best, "model"));
  for (const char* key :
       {"train/loss", "train/accuracy", "train/lr", "val/loss", "val/accuracy", "test/accuracy"}) {
    const Json a = seriesAtTheTerminal(project, "whole", key),
               b = seriesAtTheTerminal(project, "killed", key);
    QVERIFY2(!a.is_null() && !a.empty(), key);
    QVERIFY2(a == b, key);
  }
}

double doneSteps(const TestProject& project) {
  return static_cast<double>(std::max<std::int64_t>(lastCheckpoint(project.run("killed")), 0));
}

std::uint32_t samplesOf(const QByteArray& id) { return id == "resnet" ? 600 : 3000; }

} // namespace

class TestKill : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    seed_ = qEnvironmentVariableIsSet("LOOM_TEST_SEED") ? qEnvironmentVariable("LOOM_TEST_SEED").toUInt()
                                                        : std::random_device{}() % 1'000'000;
    qInfo("LOOM_TEST_SEED=%u", seed_);
  }

  void atRandomMoments_data() { rows(); }
  void atRandomMoments() {
    QFETCH(QByteArray, id);
    QFETCH(int, threads);
    TestProject project;
    if (!project.make(id.toStdString(), samplesOf(id), 200)) QSKIP(noFashion);
    // As many epochs as fill the time, checkpoints about eight times in a fifth of it.
    Trainer trial(project, threads, 1'000'000);
    trial.epochs = 2;
    const Attempt probe = trial.run("probe", -1);
    QVERIFY2(probe.code == 0, probe.errors);
    const double epoch = probe.summary["seconds"].get<double>() / 2;
    const double perEpoch = probe.summary["steps"].get<double>() / 2;
    const auto every = static_cast<std::int64_t>(std::max(1.0, perEpoch / epoch * undisturbedSeconds / 40));
    Trainer trainer(project, threads, every);
    trainer.epochs = std::clamp<std::int64_t>(std::llround(undisturbedSeconds / epoch), 3, 400);
    const Attempt whole = trainer.run("whole", -1);
    QVERIFY2(whole.code == 0, whole.errors);

    std::mt19937 random(seed_ + static_cast<unsigned>(threads));
    const double limit = whole.seconds / 5 * 1000;
    const double steps = static_cast<double>(whole.summary["steps"]);
    int killed = 0, attempts = 0;
    double fastest = 0; // steps a millisecond, of the attempts so far
    Attempt last;
    do {
      QVERIFY2(++attempts < 150, "it never ends");
      // Twenty kills must fit in, also when the machine has become faster meanwhile.
      const double done = doneSteps(project);
      const bool ahead = done / steps > 0.9 * killed / kills;
      double time =
          limit * (killed < kills ? std::uniform_real_distribution<>(0.04, ahead ? 0.12 : 0.6)(random) : 1);
      if (killed < kills && fastest > 0)
        time = std::min(time, std::max(50.0, 1.5 * (steps - done) / (kills - killed) / fastest));
      last = trainer.run("killed", static_cast<int>(time));
      killed += last.killed;
      fastest = std::max(fastest, (doneSteps(project) - done) / (last.seconds * 1000));
      QVERIFY2(last.killed || last.code == 0, last.errors);
    } while (last.killed);
    qInfo("%.1f s undisturbed, %lld steps, a checkpoint each %lld; killed %d times", whole.seconds,
          static_cast<long long>(whole.summary["steps"]), static_cast<long long>(every), killed);
    QVERIFY(killed >= kills);
    compareRuns(project, whole, last);
  }

  // Where the journal is on the disk and the checkpoint is not in its place yet.
  void betweenJournalAndCheckpoint_data() { rows(); }
  void betweenJournalAndCheckpoint() {
    QFETCH(QByteArray, id);
    QFETCH(int, threads);
    TestProject project;
    if (!project.make(id.toStdString(), samplesOf(id) / 3, 200)) QSKIP(noFashion);
    const std::int64_t every = id == "resnet" ? 3 : 7;
    Trainer trainer(project, threads, every);
    trainer.epochs = id == "digits" ? 2 : 5;
    const Attempt whole = trainer.run("whole", -1);
    QVERIFY2(whole.code == 0, whole.errors);
    const std::int64_t steps = whole.summary["steps"];
    int killed = 0;
    Attempt last;
    for (std::int64_t step = every; step <= steps; step += every) {
      const fs::path checkpoint = project.run("killed") / "checkpoints" / std::to_string(step);
      last = trainer.run("killed", -1, QString("rename:KILL:checkpoints/%1").arg(step));
      QVERIFY2(last.killed, last.errors);
      ++killed;
      QVERIFY(!fs::exists(checkpoint));
      // The journal is ahead of the checkpoints: it holds what will be done again.
      QVERIFY(series(project.path(), "killed").at("train/loss").rbegin()->first >= step);
    }
    last = trainer.run("killed", -1);
    qInfo("killed %d times", killed);
    QVERIFY(killed >= 3);
    compareRuns(project, whole, last);
  }

 private:
  void rows() {
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<int>("threads");
    for (const char* id : {"digits", "cnn", "resnet"})
      for (const int threads : {1, 2}) QTest::addRow("%s, %d", id, threads) << QByteArray(id) << threads;
  }
  unsigned seed_ = 0;
};

QTEST_GUILESS_MAIN(TestKill)
#include "tst_kill.moc"
