// SPDX-License-Identifier: Apache-2.0
// The same seed and thread count give the same losses bit for bit, over the whole series; a worker that
// prepares batches ahead changes nothing; the last, smaller batch trains and counts.
#include "tests/train/train_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

TrainRequest shortRun(const TestProject& project, const std::string& id, int threads) {
  TrainRequest request = project.request(id);
  request.settings.epochs = 3;
  request.settings.threads = threads;
  request.settings.checkpointEvery = 1'000'000;
  return request;
}

} // namespace

class TestDeterminism : public QObject {
  Q_OBJECT
 private slots:
  void sameSeedSameBits_data() {
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<int>("threads");
    for (const auto& row : networkTemplates())
      for (const int threads : {1, 2})
        QTest::addRow("%s, %d", std::string(row.id).c_str(), threads)
            << QByteArray(row.id.data(), qsizetype(row.id.size())) << threads;
  }
  void sameSeedSameBits() {
    QFETCH(QByteArray, id);
    QFETCH(int, threads);
    TestProject project;
    if (!project.make(id.toStdString())) QSKIP(noFashion);
    for (const char* run : {"a", "b"}) {
      const TrainOutcome outcome = finished(shortRun(project, run, threads));
      QCOMPARE(outcome.status, std::string("finished"));
    }
    const auto a = series(project.path(), "a"), b = series(project.path(), "b");
    QCOMPARE(difference(a, b), QByteArray());
    QCOMPARE(checkpointDifference(project.run("a"), project.run("b")), QByteArray());
    QVERIFY(a.contains("val/loss") && a.contains("test/accuracy"));
    QCOMPARE(a.at("train/loss").begin()->first, std::int64_t{1}); // counted from 1, none left out
    QCOMPARE(a.at("train/loss").rbegin()->first, static_cast<std::int64_t>(a.at("train/loss").size()));
    QCOMPARE(a.at("val/loss").size(), std::size_t{3});

    TrainRequest other = shortRun(project, "c", threads);
    ++other.settings.seed;
    finished(other);
    QVERIFY(!difference(a, series(project.path(), "c")).isEmpty());
  }

  // Large batches and one thread: there the worker is really used.
  void aWorkerChangesNothing() {
    TestProject project;
    if (!project.make("mlp", 1600)) QSKIP(noFashion);
    for (const int workers : {0, 1}) {
      TrainRequest request = shortRun(project, workers ? "ahead" : "synchronous", 1);
      request.settings.batch = 500;
      request.settings.workers = workers;
      finished(request);
    }
    QCOMPARE(difference(series(project.path(), "synchronous"), series(project.path(), "ahead")),
             QByteArray());
    QCOMPARE(checkpointDifference(project.run("synchronous"), project.run("ahead")), QByteArray());
  }

  void theLastBatchTrainsAndCounts() {
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = shortRun(project, "a", 1);
    request.settings.batch = 16; // six of 16 and a rest
    request.settings.epochs = 1;
    request.settings.checkpointEvery = 1;
    request.settings.keepCheckpoints = 100;
    const TrainOutcome outcome = finished(request);
    QCOMPARE(outcome.steps, std::int64_t{7});
    QVERIFY(tensorBytes(project.run("a"), 6, "model") != tensorBytes(project.run("a"), 7, "model"));
    const auto points = series(project.path(), "a");
    const std::int64_t all = readRunConfig(project.run("a"))->trainSamples, rest = all - 96;
    QVERIFY(rest > 0 && rest < 16);
    double sum = 0;
    for (const auto& [step, loss] : points.at("train/loss"))
      sum += loss * static_cast<double>(step == 7 ? rest : 16);
    const auto epoch = events(project.path(), "a", "epoch");
    QCOMPARE(epoch.size(), std::size_t{1});
    QVERIFY(std::abs(epoch[0]["train_loss"].get<double>() - sum / static_cast<double>(all)) < 1e-12);
    // The accuracy of the last step is a share of the samples that it had.
    const double right = points.at("train/accuracy").at(7) * static_cast<double>(rest);
    QVERIFY(std::abs(right - std::round(right)) < 1e-9);
  }

  void aBatchLargerThanTheData() {
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = shortRun(project, "a", 1);
    request.settings.batch = 4096;
    request.settings.epochs = 5;
    const TrainOutcome outcome = finished(request);
    QCOMPARE(outcome.steps, std::int64_t{5}); // all samples at once
    QCOMPARE(outcome.status, std::string("finished"));
  }
};

QTEST_GUILESS_MAIN(TestDeterminism)
#include "tst_determinism.moc"
