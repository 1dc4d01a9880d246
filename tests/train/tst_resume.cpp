// SPDX-License-Identifier: Apache-2.0
// A run that is stopped and resumed equals the undisturbed one: model, moments, running statistics, schedule,
// sample position and Dropout, bit for bit; and every series value for value.
#include "tests/train/train_fixture.h"
#include <atomic>
#include <random>
#include <thread>

using namespace loom;
using namespace loom::test;

namespace {

using Ints = std::vector<std::int64_t>;

// Everything that keeps a state: running statistics, Dropout, a rest batch; `batch norm over one value` is
// avoided.
Network everything() {
  return chain(
      "everything",
      {{"Input", {{"shape", Ints{1, 28, 28}}}, "input"},
       {"Conv2d", {{"out_channels", std::int64_t{6}}, {"kernel_size", Ints{5, 5}}, {"stride", Ints{2, 2}}}},
       {"BatchNorm2d", {}},
       {"ReLU", {}},
       {"Flatten", {}},
       {"Dropout", {{"p", 0.4}}},
       {"Linear", {{"out_features", std::int64_t{20}}}},
       {"BatchNorm1d", {}},
       {"Tanh", {}},
       {"Linear", {{"out_features", std::int64_t{10}}}},
       {"Output", {}, "output"}});
}

// Stops at each checkpoint that is no epoch's end, and resumes, until it ends; how often.
int trainInPieces(const TestProject& project, const TrainRequest& request) {
  int pieces = 0;
  for (bool first = true;; first = false) {
    StopFlag stop;
    int seen = 0;
    const auto listener = [&](const Json& event) {
      if (event["event"] == "checkpoint" && ++seen == 2) stop.wanted = 1;
    };
    auto outcome = train(first ? request : project.resume(request.run), listener, stop);
    if (!outcome) qFatal("%s", outcome.error().message().c_str());
    ++pieces;
    if (outcome->status != "stopped") return pieces;
  }
}

} // namespace

class TestResume : public QObject {
  Q_OBJECT
 private slots:
  void equalsTheUndisturbed_data() {
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("optimizer");
    QTest::addColumn<QByteArray>("schedule");
    QTest::addColumn<int>("threads");
    for (const int threads : {1, 2}) {
      for (const auto& row : networkTemplates())
        QTest::addRow("%s, %d", std::string(row.id).c_str(), threads)
            << QByteArray(row.id.data(), qsizetype(row.id.size())) << QByteArray() << QByteArray() << threads;
      for (const char* optimizer : {"SGD", "Adam", "AdamW"})
        for (const char* schedule : {"constant", "cosine", "one-cycle"}) {
          if (threads == 2 && schedule != QByteArray("one-cycle")) continue;
          QTest::addRow("everything, %s, %s, %d", optimizer, schedule, threads)
              << QByteArray("everything") << QByteArray(optimizer) << QByteArray(schedule) << threads;
        }
    }
  }
  void equalsTheUndisturbed() {
    QFETCH(QByteArray, id);
    QFETCH(QByteArray, optimizer);
    QFETCH(QByteArray, schedule);
    QFETCH(int, threads);
    TestProject project;
    if (id == "everything") {
      if (!hasFashion()) QSKIP(noFashion);
      project.makeFashion(everything(), 330, 90);
    } else if (!project.make(id.toStdString())) {
      QSKIP(noFashion);
    }
    TrainRequest request = project.request("whole");
    request.settings.threads = threads;
    request.settings.epochs = 4;
    request.settings.checkpointEvery = id == "iris" ? 3 : 2;
    if (!optimizer.isEmpty()) {
      request.settings.optimizer = optimizer.toStdString();
      request.settings.optimizerParams = {};
      if (optimizer == "SGD")
        request.settings.optimizerParams = {{"momentum", 0.9}, {"nesterov", true}, {"weight_decay", 1e-3}};
      request.settings.schedule = schedule.toStdString();
      request.settings.batch = 50; // 264 samples: a rest of 14
    }
    const TrainOutcome whole = finished(request);
    QCOMPARE(whole.status, std::string("finished"));
    request.run = "pieces";
    const int pieces = trainInPieces(project, request);
    QVERIFY2(pieces > 3, qPrintable(QString::number(pieces)));
    QCOMPARE(difference(series(project.path(), "whole"), series(project.path(), "pieces")), QByteArray());
    QCOMPARE(checkpointDifference(project.run("whole"), project.run("pieces")), QByteArray());
    QCOMPARE(events(project.path(), "pieces", "resumed").size(), static_cast<std::size_t>(pieces - 1));
  }

  // A request to stop that comes at any moment: while steps are done, validation runs or the test is made.
  void stoppedAtAnyMoment() {
    if (!hasFashion()) QSKIP(noFashion);
    TestProject project;
    project.makeFashion(everything(), 900, 1500);
    project.project.data.split = {0.2, 0.8, 0, 1, true}; // most of the time goes into validation
    QVERIFY(saveProject(project.project).ok());
    TrainRequest request = project.request("whole");
    request.settings.epochs = 6;
    request.settings.batch = 50;
    const TrainOutcome whole = finished(request);
    request.run = "pieces";
    request.settings.checkpointEvery = 1'000'000; // only what a stop saves
    std::mt19937 random(std::random_device{}() % 1'000'000);
    const double all = std::max(whole.seconds, 0.05);
    int stops = 0, beforeValidation = 0;
    for (bool first = true;; first = false) {
      StopFlag stop;
      std::atomic<bool> begun{false}, ended{false};
      std::thread watch([&, wait = std::uniform_real_distribution<>(0, all / 5)(random)] {
        while (!begun && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        std::this_thread::sleep_for(std::chrono::duration<double>(wait));
        if (stops < 40) stop.wanted = 1;
      });
      auto outcome = train(
          first ? request : project.resume("pieces"), [&](const Json&) { begun = true; }, stop);
      ended = true;
      watch.join();
      QVERIFY2(outcome.ok(), outcome.ok() ? "" : outcome.error().message().c_str());
      if (outcome->status == "finished") break;
      ++stops;
      const auto state = stateOf(project.run("pieces"), lastCheckpoint(project.run("pieces")));
      beforeValidation += state["batch"] == 4; // 180 samples in batches of 50
    }
    qInfo("%d stops, %d of them in a validation", stops, beforeValidation);
    QVERIFY(stops > 1);
    QCOMPARE(difference(series(project.path(), "whole"), series(project.path(), "pieces")), QByteArray());
    QCOMPARE(checkpointDifference(project.run("whole"), project.run("pieces")), QByteArray());
    // The best one is found by whoever looks later, too.
    auto evaluation = evaluateRun(project.path(), "pieces", -1, "test");
    QVERIFY(evaluation.ok());
    QCOMPARE(evaluation->evaluation.step(), whole.checkpoint);
  }

  // 7 epochs at once, or 3 and then 4 more: a constant rate makes both the same.
  void onlyTheEpochsMayBeRaised() {
    TestProject project;
    QVERIFY(project.make("digits"));
    TrainRequest request = project.request("whole");
    request.settings.schedule = "constant";
    request.settings.epochs = 7;
    finished(request);
    request.run = "raised";
    request.settings.epochs = 3;
    finished(request);
    TrainRequest more = project.resume("raised");
    more.settings.epochs = 2;
    StopFlag stop;
    auto lower = train(more, {}, stop);
    QVERIFY(!lower.ok());
    QCOMPARE(lower.error().kind, ErrorKind::usage);
    QVERIFY(!lower.error().fix.empty());
    more.settings.epochs = 7;
    more.settings.batch = 1; // not asked for: everything but the epochs comes from run.json
    more.settings.learningRate = 9;
    more.settings.seed = 77;
    QCOMPARE(finished(more).epochs, std::int64_t{7});
    auto a = series(project.path(), "whole"), b = series(project.path(), "raised");
    for (auto* each : {&a, &b}) each->erase("test/accuracy"); // measured twice there
    QCOMPARE(difference(a, b), QByteArray());
    QCOMPARE(checkpointDifference(project.run("whole"), project.run("raised")), QByteArray());
    auto config = readRunConfig(project.run("raised"));
    QVERIFY(config.ok());
    QCOMPARE(config->settings.epochs, std::int64_t{7});
    QCOMPARE(config->settings.batch, request.settings.batch);
  }

  void changedDataIsNoticed() {
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = project.request("a");
    StopFlag stop;
    stop.wanted = 1;
    QVERIFY(train(request, {}, stop).ok());
    const fs::path file = project.path() / "data" / "iris.csv";
    std::string bytes = bytesOf(file);
    const auto digit = bytes.find("5.1");
    QVERIFY(digit != std::string::npos);
    bytes[digit + 2] = '2';
    std::ofstream(file, std::ios::binary) << bytes;
    StopFlag none;
    auto resumed = train(project.resume("a"), {}, none);
    QVERIFY(!resumed.ok());
    QCOMPARE(resumed.error().kind, ErrorKind::input);
    QVERIFY(resumed.error().message().find("changed") != std::string::npos);
    QVERIFY(!resumed.error().fix.empty());
    bytes[digit + 2] = '1';
    std::ofstream(file, std::ios::binary) << bytes;
    QCOMPARE(finished(project.resume("a")).status, std::string("finished"));
  }
};

QTEST_GUILESS_MAIN(TestResume)
#include "tst_resume.moc"
