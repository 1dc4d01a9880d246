// SPDX-License-Identifier: Apache-2.0
// What a training may meet: numbers that run away, no memory, a run that another process trains, ids that
// lead elsewhere; and the tasks beside the templates' own: regression, yes or no, frozen and shared layers.
#include "tests/train/train_fixture.h"
#include <QProcess>
#include <cmath>
#include <csignal>
#include <random>
#include <sys/resource.h>

using namespace loom;
using namespace loom::test;

namespace {

using Ints = std::vector<std::int64_t>;

struct Ended {
  int code = -1;
  QByteArray output, errors;
};

// The real program; `memory`: the largest address space in MiB, 0: any.
Ended loomProgram(const QStringList& arguments, rlim_t memory = 0) {
  QProcess process;
  if (memory > 0)
    process.setChildProcessModifier([memory] {
      const rlimit limit{memory << 20, memory << 20};
      ::setrlimit(RLIMIT_AS, &limit);
    });
  process.start(LOOM_PROGRAM, arguments);
  if (!process.waitForFinished(120'000)) process.kill();
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128,
          process.readAllStandardOutput(), process.readAllStandardError()};
}

Json lastLine(const QByteArray& output) {
  const auto lines = output.trimmed().split('\n');
  auto json = parseJson(lines.last().toStdString(), "stdout");
  return json ? *json : Json();
}

std::string regressionTable(int rows) {
  std::mt19937 random(5);
  std::normal_distribution<> noise(0, 0.1);
  std::string text = "x,y,price\n";
  for (int i = 0; i < rows; ++i) {
    const double x = noise(random) * 10, y = noise(random) * 10;
    text += std::to_string(x) + "," + std::to_string(y) + "," +
            std::to_string(1000 + 300 * x - 200 * y + 30 * noise(random)) + "\n";
  }
  return text;
}

std::string binaryTable(int rows) {
  std::mt19937 random(6);
  std::normal_distribution<> noise(0, 1);
  std::string text = "x,y,answer\n";
  for (int i = 0; i < rows; ++i) {
    const double x = noise(random), y = noise(random);
    text += std::to_string(x) + "," + std::to_string(y) + "," + (x + 2 * y > 0 ? "yes" : "no") + "\n";
  }
  return text;
}

Network perceptron(std::int64_t in, std::int64_t out, const std::string& loss) {
  return chain("net", {{"Input", {{"shape", Ints{in}}}, "input"},
                       {"Linear", {{"out_features", std::int64_t{16}}}, "first"},
                       {"ReLU", {}, "relu"},
                       {"Linear", {{"out_features", out}}, "last"},
                       {"Output", {{"loss", loss}}, "output"}});
}

} // namespace

class TestTrain : public QObject {
  Q_OBJECT
 private slots:
  void numbersThatRunAway() {
    TestProject project;
    QVERIFY(project.make("iris"));
    project.project.defaults.optimizer = "SGD";
    // Each step multiplies the weights by 1 - 1000 * 0.1, whatever they were: it diverges for certain.
    project.project.defaults.optimizerParams = {{"weight_decay", 0.1}};
    project.project.defaults.schedule = "constant";
    QVERIFY(saveProject(project.project).ok());
    // The first epochs are sound and are saved; then a person raises the rate as far as it goes.
    TrainRequest request = project.request("a");
    request.settings.learningRate = 0.01;
    request.settings.epochs = 1'000'000; // it diverges long before, however late it takes the new rate
    request.settings.checkpointEvery = 7;
    const TrainOutcome outcome = finished(request, [&](const Json& event) {
      if (event["event"] != "epoch" || event["epoch"] != 3) return;
      RunControl rate;
      rate.verb = RunControl::Verb::learningRate;
      rate.value = 1000;
      QVERIFY(sendControl(project.run("a"), rate).ok());
    });
    QCOMPARE(outcome.status, std::string("diverged"));
    QVERIFY(outcome.error && outcome.error->kind == ErrorKind::diverged && !outcome.error->fix.empty());
    QVERIFY(outcome.checkpoint >= 0);
    QVERIFY(readCheckpoint(project.run("a"), outcome.checkpoint).ok()); // the last good one
    for (const auto step : listCheckpoints(project.run("a"))) {
      const auto checkpoint = readCheckpoint(project.run("a"), step);
      QVERIFY(checkpoint.ok());
      for (const auto& [name, tensor] : checkpoint->model.tensors)
        for (std::size_t i = 0; tensor.dtype == FileDType::f32 && i + 4 <= tensor.data.size(); i += 4) {
          float value = 0;
          std::memcpy(&value, tensor.data.data() + i, 4);
          QVERIFY(std::isfinite(value));
        }
    }
    const auto last = events(project.path(), "a").back();
    QVERIFY(last["event"] == "finished" && last["status"] == "diverged");
    // The texts as earlier versions read them, and what they were created from.
    const Json said = last["error"];
    QCOMPARE(said["cause"].get<std::string>(), outcome.error->cause.text());
    QCOMPARE(said["cause_id"].get<std::string>(), outcome.error->cause.id());
    QVERIFY(said["cause_arguments"].is_array() && said["fix_id"] == outcome.error->fix.id());
    // At the terminal.
    const Ended ended =
        loomProgram({"train", project.path().c_str(), "--lr", "900", "--epochs", "60", "--json"});
    if (lastLine(ended.output)["status"] == "diverged") {
      QCOMPARE(ended.code, 5);
      QVERIFY(!ended.errors.isEmpty());
    }
  }

  // Not one digit of the loss is left out: NaN stands in the series.
  void aNanIsKeptInTheSeries() {
    TestProject project;
    project.makeTable(regressionTable(80), "price", Task::regression, perceptron(2, 1, "MSELoss"));
    TrainRequest request = project.request("a");
    request.settings.optimizer = "SGD";
    request.settings.learningRate = 1000;
    request.settings.epochs = 50;
    request.settings.batch = 4; // so that it happens within an epoch
    const TrainOutcome outcome = finished(request);
    QCOMPARE(outcome.status, std::string("diverged"));
    QVERIFY2(outcome.error->message().find("step") != std::string::npos, outcome.error->message().c_str());
    QVERIFY(!std::isfinite(series(project.path(), "a").at("train/loss").rbegin()->second));
    const Ended ended = loomProgram(
        {"train", project.path().c_str(), "--lr", "1000", "--optimizer", "SGD", "--epochs", "50", "--json"});
    QCOMPARE(ended.code, 5);
    QVERIFY(lastLine(ended.output)["status"] == "diverged");
    QVERIFY(ended.errors.contains("learning rate"));
  }

  void noMemory_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("width");
    QTest::addRow("wide network") << 64 << 60'000;
    QTest::addRow("large batch") << 200'000 << 2'000;
  }
  void noMemory() {
#ifdef __SANITIZE_ADDRESS__
    QSKIP("The limit is on address space, of which the sanitizer itself takes terabytes");
#endif
    QFETCH(int, batch);
    QFETCH(int, width);
    TestProject project;
    project.makeTable(regressionTable(batch > 1000 ? 150'000 : 200), "price", Task::regression,
                      chain("net", {{"Input", {{"shape", Ints{2}}}, "input"},
                                    {"Linear", {{"out_features", std::int64_t{width}}}, "first"},
                                    {"ReLU", {}, "relu"},
                                    {"Linear", {{"out_features", std::int64_t{width / 10}}}, "second"},
                                    {"Linear", {{"out_features", std::int64_t{1}}}, "last"},
                                    {"Output", {{"loss", std::string("MSELoss")}}, "output"}}));
    const Ended ended = loomProgram(
        {"train", project.path().c_str(), "--batch", QString::number(batch), "--threads", "1", "--json"},
        1200);
    QVERIFY2(ended.code == 6, ended.errors + ended.output.right(500));
    QVERIFY2(ended.errors.contains("memory"), ended.errors);
    QVERIFY2(ended.errors.contains("smaller batch"), ended.errors);
  }

  // Both leave a checkpoint to go on from, and say so with their exit code.
  void askedToEnd_data() {
    QTest::addColumn<int>("signal");
    QTest::addColumn<int>("code");
    QTest::addRow("SIGTERM") << SIGTERM << 7;
    QTest::addRow("Ctrl-C") << SIGINT << 130;
  }
  void askedToEnd() {
    QFETCH(int, signal);
    QFETCH(int, code);
    TestProject project;
    QVERIFY(project.make("digits"));
    QProcess process;
    process.start(LOOM_PROGRAM, {"train", project.path().c_str(), "--run", "a", "--epochs", "100000"});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(!events(project.path(), "a", "epoch").empty(), 60'000);
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), code);
    const auto last = events(project.path(), "a").back();
    QVERIFY(last["event"] == "finished" && last["status"] == "stopped");
    QCOMPARE(lastCheckpoint(project.run("a")), last["step"].get<std::int64_t>());
    QVERIFY(process.readAllStandardError().contains("--resume"));
  }

  // PyTorch refuses it too: one value has no variance.
  void aRestOfOneWithBatchNorm() {
    TestProject project;
    project.makeTable(binaryTable(101), "answer", Task::classification,
                      chain("net", {{"Input", {{"shape", Ints{2}}}, "input"},
                                    {"BatchNorm1d", {}, "norm"},
                                    {"Linear", {{"out_features", std::int64_t{2}}}, "last"},
                                    {"Output", {}, "output"}}),
                      {1, 0, 0, 1, false});
    TrainRequest request = project.request("a");
    request.settings.batch = 50; // 101 samples: two of 50 and one alone
    StopFlag stop;
    const auto refused = train(request, {}, stop);
    QVERIFY(!refused.ok());
    QVERIFY2(refused.error().message().find("norm") != std::string::npos, refused.error().message().c_str());
    QVERIFY2(refused.error().fix.text().find("batch") != std::string::npos,
             refused.error().message().c_str());
    QVERIFY(!fs::exists(project.run("a"))); // found before anything is written
    request.settings.batch = 51;
    request.settings.epochs = 1;
    QCOMPARE(finished(request).steps, std::int64_t{2});
  }

  void aLockedRunIsLeftAlone() {
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 5;
    Ended second;
    Error inside;
    finished(request, [&](const Json& event) {
      if (event["event"] != "epoch" || event["epoch"] != 2) return;
      second = loomProgram({"train", project.path().c_str(), "--resume", "a"});
      StopFlag stop;
      auto refused = train(project.resume("a"), {}, stop);
      if (!refused) inside = refused.error();
    });
    QCOMPARE(second.code, 1);
    QVERIFY2(second.errors.contains("another process"), second.errors);
    QVERIFY(inside.message().find("another process") != std::string::npos);
    QCOMPARE(*journalsIn(project.path())->attempts("a"), std::vector<int>{1}); // it left no trace
  }

  void idsOfRuns_data() {
    QTest::addColumn<QByteArray>("id");
    for (const char* id :
         {"../out", "/tmp/out", "..", ".", ".hidden", "-x", "a/b", "a\nb", "a b", "\xff", "a\"b"})
      QTest::addRow("%s", id) << QByteArray(id);
    QTest::addRow("long") << QByteArray(300, 'a');
    QTest::addRow("there already") << QByteArray("taken");
  }
  void idsOfRuns() {
    QFETCH(QByteArray, id);
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = project.request("taken");
    request.settings.epochs = 1;
    finished(request);
    const std::string before = bytesOf(project.run("taken") / "run.json");
    request.run = id.toStdString();
    StopFlag stop;
    const auto refused = train(request, {}, stop);
    QVERIFY(!refused.ok());
    QCOMPARE(refused.error().kind, ErrorKind::usage);
    QVERIFY(!refused.error().fix.empty());
    if (id != "taken") {
      const auto resumed = train(project.resume(id.toStdString()), {}, stop);
      QVERIFY(!resumed.ok());
    }
    QCOMPARE(bytesOf(project.run("taken") / "run.json"), before);
    QCOMPARE(std::distance(fs::directory_iterator(project.path() / "runs"), fs::directory_iterator()), 1);
    QVERIFY(!fs::exists(project.path() / "out"));
  }

  void regression() {
    TestProject project;
    project.makeTable(regressionTable(600), "price", Task::regression, perceptron(2, 1, "MSELoss"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 40;
    request.settings.learningRate = 0.01;
    const TrainOutcome outcome = finished(request);
    QCOMPARE(outcome.status, std::string("finished"));
    const std::map<std::string, double> metrics(outcome.metrics.begin(), outcome.metrics.end());
    QVERIFY(metrics.contains("val_r2") && metrics.contains("test_rmse") &&
            !metrics.contains("test_accuracy"));
    QVERIFY2(metrics.at("test_r2") > 0.95, qPrintable(QString::number(metrics.at("test_r2"))));
    const auto all = series(project.path(), "a");
    QVERIFY(all.contains("val/r2") && all.contains("test/r2") && !all.contains("train/accuracy"));
    // The figures again, from the predictions that were kept: in the target's own unit.
    auto kept = readEvaluation(project.run("a"), outcome.checkpoint, "test");
    QVERIFY(kept.ok());
    QCOMPARE(kept->outputs().size(), kept->targets().size());
    QCOMPARE(kept->samples().size(), kept->targets().size());
    double mean = 0, residual = 0, variation = 0;
    for (const float target : kept->targets())
      mean += static_cast<double>(target) / static_cast<double>(kept->targets().size());
    for (std::size_t i = 0; i < kept->targets().size(); ++i) {
      residual += std::pow(static_cast<double>(kept->targets()[i] - kept->outputs()[i]), 2);
      variation += std::pow(kept->targets()[i] - mean, 2);
    }
    QVERIFY(mean > 900 && mean < 1100);
    QVERIFY(std::abs(1 - residual / variation - metrics.at("test_r2")) < 1e-4);
    QVERIFY(std::abs(std::sqrt(residual / static_cast<double>(kept->targets().size())) -
                     metrics.at("test_rmse")) < 1e-2);
  }

  void yesOrNo_data() {
    QTest::addColumn<int>("outputs");
    QTest::addColumn<QByteArray>("loss");
    QTest::addRow("one value") << 1 << QByteArray("BCEWithLogitsLoss");
    QTest::addRow("two values") << 2 << QByteArray("BCEWithLogitsLoss");
    QTest::addRow("two classes") << 2 << QByteArray("CrossEntropyLoss");
  }
  void yesOrNo() {
    QFETCH(int, outputs);
    QFETCH(QByteArray, loss);
    TestProject project;
    project.makeTable(binaryTable(500), "answer", Task::classification,
                      perceptron(2, outputs, loss.toStdString()));
    TrainRequest request = project.request("a");
    request.settings.epochs = 30;
    request.settings.learningRate = 0.01;
    const TrainOutcome outcome = finished(request);
    QCOMPARE(outcome.status, std::string("finished"));
    const std::map<std::string, double> metrics(outcome.metrics.begin(), outcome.metrics.end());
    QVERIFY2(metrics.at("test_accuracy") > 0.9 && metrics.at("test_accuracy") <= 1,
             qPrintable(QString::number(metrics.at("test_accuracy"))));
    auto kept = readEvaluation(project.run("a"), outcome.checkpoint, "test");
    QVERIFY(kept.ok());
    QCOMPARE(kept->classes(), (std::vector<std::string>{"no", "yes"}));
    std::int64_t right = 0, all = 0;
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < 2; ++k) {
        all += kept->confusion()[i][k];
        right += i == k ? kept->confusion()[i][k] : 0;
      }
    QCOMPARE(static_cast<std::size_t>(all), kept->labels().size());
    QCOMPARE(kept->outputs().size(), 2 * kept->labels().size()); // a probability for each class
    QVERIFY(std::abs(static_cast<double>(right) / static_cast<double>(all) - metrics.at("test_accuracy")) <
            1e-9);
  }

  void frozenLayersStay() {
    if (!hasFashion()) QSKIP(noFashion);
    TestProject project;
    QVERIFY(project.make("resnet"));
    auto network = loadNetwork(project.project, "");
    QVERIFY(network.ok());
    std::string name;
    for (auto& [id, node] : network->nodes)
      if (node.type == "Conv2d" && name.empty()) {
        node.frozen = true;
        name = node.name;
      }
    project.use(*network);
    TrainRequest request = project.request("a");
    request.settings.epochs = 2;
    StopFlag atOnce;
    atOnce.wanted = 1;
    QVERIFY(train(request, {}, atOnce).ok());
    const auto before = readCheckpoint(project.run("a"), 0);
    QVERIFY(before.ok());
    finished(project.resume("a"));
    const auto after = readCheckpoint(project.run("a"), lastCheckpoint(project.run("a")));
    QVERIFY(after.ok());
    int changed = 0;
    for (const auto& [key, tensor] : after->model.tensors) {
      const bool same = before->model.tensors.at(key).data == tensor.data;
      if (key.starts_with(name + ".")) QVERIFY(same);
      changed += !same;
    }
    for (const auto& [key, tensor] : after->optimizer.tensors) QVERIFY(!key.starts_with(name + "."));
    QVERIFY(changed > 5);
  }

  // Measured once, with the best checkpoint; whoever evaluates later gets the very same figures.
  void theTestFigure_data() {
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<int>("threads");
    for (const char* id : {"iris", "digits", "softmax", "mlp", "cnn", "resnet"})
      for (const int threads : {1, 2}) QTest::addRow("%s, %d", id, threads) << QByteArray(id) << threads;
  }
  void theTestFigure() {
    QFETCH(QByteArray, id);
    QFETCH(int, threads);
    TestProject project;
    if (!project.make(id.toStdString())) QSKIP(noFashion);
    TrainRequest request = project.request("a");
    request.settings.epochs = 5;
    request.settings.threads = threads;
    const TrainOutcome outcome = finished(request);
    const auto told = events(project.path(), "a", "tested");
    QCOMPARE(told.size(), std::size_t{1});
    QVERIFY(told[0]["checkpoint"] == outcome.checkpoint);
    double lowest = INFINITY;
    std::int64_t at = -1;
    const auto all = series(project.path(), "a");
    for (const auto& [step, loss] : all.at("val/loss"))
      if (loss < lowest) lowest = loss, at = step;
    QCOMPARE(outcome.checkpoint, at);
    const Json summary = toJson(outcome);
    QVERIFY(summary["metrics"]["val_loss"] == lowest);
    for (const bool again : {false, true}) {
      if (again) fs::remove_all(project.run("a") / "evaluations"); // so that it is computed anew
      const Ended ended = loomProgram({"evaluate", project.path().c_str(), "a", "--json"});
      QCOMPARE(ended.code, 0);
      const Json evaluated = lastLine(ended.output);
      QVERIFY(evaluated["step"] == outcome.checkpoint);
      for (const char* name : {"test_loss", "test_accuracy"})
        QVERIFY2(evaluated["metrics"][name] == summary["metrics"][name],
                 (std::string(name) + ": " + evaluated["metrics"][name].dump() + " and " +
                  summary["metrics"][name].dump())
                     .c_str());
      std::int64_t count = 0;
      for (const auto& row : evaluated["confusion"])
        for (const auto& cell : row) count += cell.get<std::int64_t>();
      QCOMPARE(count, readRunConfig(project.run("a"))->testSamples);
    }
    // The validation figure of that epoch, from the checkpoint.
    const auto validation = evaluateRun(project.path(), "a", -1, "validation");
    QVERIFY(validation.ok());
    const std::map<std::string, double> figures(validation->evaluation.metrics().begin(),
                                                validation->evaluation.metrics().end());
    QCOMPARE(figures.at("val_loss"), lowest);
  }
};

QTEST_GUILESS_MAIN(TestTrain)
#include "tst_train.moc"
