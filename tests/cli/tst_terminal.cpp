// SPDX-License-Identifier: Apache-2.0
// The whole way of a person at the terminal, with the real program: make, look, train, watch, stop, resume,
// compare; the contracts of --json word for word; the exit codes; signals.
#include "cli_fixture.h"
#include "core/run/journal.h"
#include <QProcess>
#include <csignal>
#include <sstream>

using namespace loom;
using namespace loom::test;

namespace {

constexpr int patience = 60'000; // ms; generous, never a measure

// A `loom` that lives beside the test. Ends with the test.
class Living {
 public:
  explicit Living(const QStringList& words) {
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const auto& [name, value] : quietEnvironment())
      environment.insert(QString::fromStdString(name), QString::fromStdString(value));
    process_.setProcessEnvironment(environment);
    process_.start(LOOM_PROGRAM, words);
    process_.waitForStarted();
  }
  ~Living() {
    process_.kill();
    process_.waitForFinished();
  }
  // Waits until stdout holds the text.
  bool says(const QByteArray& text) {
    return QTest::qWaitFor(
               [&] {
                 out_ += process_.readAllStandardOutput();
                 return out_.contains(text) || process_.state() == QProcess::NotRunning;
               },
               patience) &&
           (out_ += process_.readAllStandardOutput()).contains(text);
  }
  void signal(int number) { ::kill(static_cast<pid_t>(process_.processId()), number); }
  int code() {
    if (!QTest::qWaitFor([&] { return process_.state() == QProcess::NotRunning; }, patience)) return -1;
    out_ += process_.readAllStandardOutput();
    return process_.exitStatus() == QProcess::NormalExit ? process_.exitCode() : 128;
  }
  Json last() const {
    const auto lines = out_.trimmed().split('\n');
    auto json = parseJson(lines.last().toStdString(), "stdout");
    return json ? *json : Json();
  }
  QList<QByteArray> lines() const { return out_.trimmed().split('\n'); }
  QByteArray errors() { return process_.readAllStandardError(); }

 private:
  QProcess process_;
  QByteArray out_;
};

} // namespace

class TestTerminal : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void wholeWay_data();
  void wholeWay();
  void seriesWhileTheRunIsLive();
  void progressIsAtMostTenASecond();
  void controlTakesEffect();
  void aDeletedRunEndsItsTrainer();
  void stopByCommandAndGoOn();
  void terminated();
  void hungUp();
  void interruptedOnce();
  void interruptedTwice();
  void seedsRepeat();
  void nameAndBeginningsOfRuns();
  void resumeOptions();
  void diverged();
  void missingDevice();
  void checkKnowsTheData();
  void exported();

 private:
  std::string made(const std::string& name, const std::string& id) {
    const auto answer = runLoom({"new", folder_.text(name), "--template", id});
    return answer.exitCode == 0 ? folder_.text(name) : answer.errors;
  }
  // A training of digits that lasts until it is ended.
  QStringList endless(const std::string& project) {
    return {"train", QString::fromStdString(project), "--epochs", "100000", "--threads", "1", "--json"};
  }
  Folder folder_;
};

void TestTerminal::initTestCase() { QCOMPARE(made("live.loom", "digits"), folder_.text("live.loom")); }

void TestTerminal::wholeWay_data() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<int>("classes");
  QTest::addColumn<double>("accuracy");
  QTest::newRow("iris") << "iris" << 3 << 0.85;
  QTest::newRow("digits") << "digits" << 10 << 0.93;
}

void TestTerminal::wholeWay() {
  QFETCH(QString, id);
  QFETCH(int, classes);
  QFETCH(double, accuracy);
  const std::string project = made("way-" + id.toStdString() + ".loom", id.toStdString());
  QVERIFY2(fs::exists(fs::path(project) / "project.json"), project.c_str());

  const auto checked = lastJson(runLoom({"check", project, "--json"}));
  QVERIFY(checked.value("runnable", false));
  const auto estimated = lastJson(runLoom({"estimate", project, "--json"}));
  QCOMPARE(estimated.value("parameters", 0), checked.value("parameters", 1));
  QVERIFY(estimated.value("memory_bytes", 0) > 0 && estimated.value("seconds", 0.0) > 0);

  const auto trained = runLoom({"train", project, "--name", "first", "--json"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
  const Json summary = lastJson(trained);
  QCOMPARE(QString::fromStdString(summary.value("status", std::string())), QString("finished"));
  const std::string run = summary.value("run", std::string());
  const fs::path folder = fs::path(project) / "runs" / run;
  QVERIFY(fs::is_directory(folder));
  for (const char* key : {"epochs", "steps", "checkpoint"})
    QVERIFY2(summary.contains(key) && summary[key].is_number_integer(), key);
  QVERIFY(summary["seconds"].is_number());
  // `checkpoint` names the one of the lowest validation loss, and it is on disk.
  QVERIFY(
      fs::exists(folder / "checkpoints" / std::to_string(summary.value("checkpoint", 0)) / "manifest.json"));
  const Json metrics = summary["metrics"];
  QVERIFY(metrics.contains("val_accuracy") && metrics.contains("test_accuracy"));
  QVERIFY2(metrics.value("test_accuracy", 0.0) >= accuracy, trained.output.c_str());

  auto config = readJsonFile(folder / "run.json", 1 << 20);
  QVERIFY(config.ok());
  const Json normalisation = (*config)["normalisation"];
  QVERIFY(normalisation["mean"].is_array() && normalisation["std"].is_array());
  QVERIFY(!normalisation["mean"].empty() && normalisation["mean"].size() == normalisation["std"].size());

  const Json evaluated = lastJson(runLoom({"evaluate", project, run, "--json"}));
  QCOMPARE(evaluated["metrics"].value("test_accuracy", 0.0), metrics.value("test_accuracy", 1.0));
  QCOMPARE(evaluated["classes"].size(), std::size_t(classes));
  QCOMPARE(evaluated["confusion"].size(), std::size_t(classes));
  std::int64_t right = 0, all = 0;
  for (int row = 0; row < classes; ++row) {
    QCOMPARE(evaluated["confusion"][row].size(), std::size_t(classes));
    for (int column = 0; column < classes; ++column) {
      const auto count = evaluated["confusion"][row][column].get<std::int64_t>();
      all += count;
      if (row == column) right += count;
    }
  }
  QVERIFY(std::abs(double(right) / double(all) - metrics.value("test_accuracy", 0.0)) < 1e-9);
  const Json validated = lastJson(runLoom({"evaluate", project, run, "--split", "validation", "--json"}));
  QVERIFY(std::abs(validated["metrics"].value("validation_accuracy",
                                              validated["metrics"].value("val_accuracy", -1.0)) -
                   metrics.value("val_accuracy", 0.0)) < 1e-9);

  // Series count steps from 1, as long as the run; the buckets cover them.
  const auto steps = summary.value("steps", std::int64_t{0});
  for (const char* key :
       {"train/loss", "train/accuracy", "train/lr", "val/loss", "val/accuracy", "test/accuracy"}) {
    const Json series = lastJson(runLoom({"runs", "series", project, "last", key, "--json"}));
    QCOMPARE(QString::fromStdString(series.value("key", std::string())), QString(key));
    QVERIFY2(!series["points"].empty(), key);
    std::int64_t before = 0;
    for (const auto& point : series["points"]) {
      QCOMPARE(point.size(), std::size_t(3));
      QVERIFY(point[0].get<std::int64_t>() > before);
      before = point[0].get<std::int64_t>();
      QVERIFY(point[1].is_number() && point[2].is_number());
    }
    QVERIFY(before <= steps);
    if (std::string(key).starts_with("train/")) QCOMPARE(std::int64_t(series["points"].size()), steps);
  }
  const Json buckets =
      lastJson(runLoom({"runs", "series", project, "last", "train/loss", "--pixels", "7", "--json"}));
  std::int64_t count = 0;
  QVERIFY(buckets["buckets"].size() <= 7);
  for (const auto& bucket : buckets["buckets"]) {
    QCOMPARE(bucket.size(), std::size_t(7));
    QVERIFY(bucket[2].get<double>() <= bucket[4].get<double>() &&
            bucket[4].get<double>() <= bucket[3].get<double>());
    QCOMPARE(bucket[6].get<int>(), 0);
    count += bucket[5].get<std::int64_t>();
  }
  QCOMPARE(count, steps);

  QCOMPARE(runLoom({"history", "verify", project}).exitCode, 0);
  const auto before = lastJson(runLoom({"runs", "list", project, "--json"}));
  QCOMPARE(runLoom({"history", "rebuild", project}).exitCode, 0);
  QVERIFY(lastJson(runLoom({"runs", "list", project, "--json"})) == before);
}

void TestTerminal::seriesWhileTheRunIsLive() {
  Living train(endless(folder_.text("live.loom")));
  QVERIFY(train.says("\"event\":\"epoch\""));
  const auto length = [&] {
    const auto answer =
        runLoom({"runs", "series", folder_.text("live.loom"), "last", "train/loss", "--json"});
    return answer.exitCode == 0 ? lastJson(answer)["points"].size() : std::size_t{0};
  };
  const auto first = length();
  QVERIFY(first > 0);
  QVERIFY(QTest::qWaitFor([&] { return length() > first; }, patience));
  train.signal(SIGTERM);
  QCOMPARE(train.code(), 7);
}

void TestTerminal::progressIsAtMostTenASecond() {
  // Epochs of a few milliseconds each.
  const std::string project = made("quick.loom", "iris");
  const auto trained = runLoom({"train", project, "--epochs", "2000", "--json"});
  QCOMPARE(trained.exitCode, 0);
  const Json summary = lastJson(trained);
  std::istringstream lines(trained.output);
  int progress = 0, total = 0;
  for (std::string line; std::getline(lines, line); ++total) {
    auto json = parseJson(line, "stdout");
    QVERIFY2(json.ok(), line.c_str());
    progress += json->value("event", std::string()) == "progress";
  }
  QVERIFY2(progress <= summary.value("seconds", 0.0) * 10 + 1, qPrintable(QString::number(progress)));
  QVERIFY(total > 2000);
}

void TestTerminal::controlTakesEffect() {
  const std::string project = folder_.text("live.loom");
  Living train(endless(project));
  QVERIFY(train.says("\"event\":\"epoch\""));
  const auto control = [&](std::vector<std::string> words) {
    std::vector<std::string> all{"control", project, "last"};
    all.insert(all.end(), words.begin(), words.end());
    return runLoom(all).exitCode;
  };
  QCOMPARE(control({"pause"}), 0);
  QVERIFY(train.says("\"state\":\"paused\""));
  QCOMPARE(lastJson(runLoom({"runs", "show", project, "last", "--json"})).value("state", std::string()),
           std::string("paused"));
  QCOMPARE(control({"resume"}), 0);
  QVERIFY(train.says("\"verb\":\"resume\""));
  QCOMPARE(control({"lr", "0.00125"}), 0);
  QVERIFY(train.says("\"rate\":0.00125"));
  QCOMPARE(control({"checkpoint"}), 0);
  QVERIFY(train.says("\"verb\":\"checkpoint\""));
  QCOMPARE(control({"stop"}), 0);
  QCOMPARE(train.code(), 7);
  QCOMPARE(train.last().value("status", std::string()), std::string("stopped"));
  // Nothing lives any more: the command is refused, and says what can be done.
  const auto late = runLoom({"control", project, "last", "pause"});
  QCOMPARE(wrongMessage(late, 1, {"not training", "--resume"}), std::string());
}

void TestTerminal::aDeletedRunEndsItsTrainer() {
  const std::string project = made("deleted.loom", "digits");
  Living train(endless(project));
  QVERIFY(train.says("\"event\":\"epoch\""));
  const fs::path runs = fs::path(project) / "runs";
  const std::string run = fs::directory_iterator(runs)->path().filename().string();
  fs::rename(runs / run, folder_.path("away")); // deleted at once, not file by file
  fs::remove_all(folder_.path("away"));
  QCOMPARE(train.code(), 3);
  QCOMPARE(wrongMessage(runLoom({"control", project, run, "pause"}), 3, {"no run yet"}), std::string());
  QVERIFY(fs::is_empty(runs));
}

void TestTerminal::stopByCommandAndGoOn() {
  const std::string project = made("stopped.loom", "digits");
  std::string run;
  {
    Living train({"train", QString::fromStdString(project), "--epochs", "400", "--threads", "1", "--json"});
    QVERIFY(train.says("\"event\":\"epoch\""));
    QCOMPARE(runLoom({"control", project, "last", "stop"}).exitCode, 0);
    QCOMPARE(train.code(), 7);
    run = train.last().value("run", std::string());
    QVERIFY(train.last().value("epochs", 400) < 400);
  }
  const auto resumed = runLoom({"train", project, "--resume", run.substr(0, 8), "--json"});
  QCOMPARE(resumed.exitCode, 0);
  QCOMPARE(lastJson(resumed).value("run", std::string()), run);
  QCOMPARE(lastJson(resumed).value("epochs", 0), 400);
  const Json series = lastJson(runLoom({"runs", "series", project, "last", "train/loss", "--json"}));
  QCOMPARE(series["points"].size(),
           lastJson(resumed).value("steps", std::size_t{0})); // no hole, nothing twice
  // A finished run is left as it is, and says so.
  const auto again = runLoom({"train", project, "--resume", "last"});
  QCOMPARE(again.exitCode, 0);
  QVERIFY2(holds(again.errors, "nothing is left to train"), again.errors.c_str());
  const auto listed = runLoom({"runs", "list", project});
  QCOMPARE(listed.exitCode, 0);
  QCOMPARE(listed.errors, std::string());
}

void TestTerminal::terminated() {
  Living train(endless(folder_.text("live.loom")));
  QVERIFY(train.says("\"event\":\"epoch\""));
  train.signal(SIGTERM);
  QCOMPARE(train.code(), 7);
  const auto summary = train.last();
  QCOMPARE(summary.value("status", std::string()), std::string("stopped"));
  const fs::path checkpoints =
      fs::path(folder_.text("live.loom")) / "runs" / summary.value("run", std::string()) / "checkpoints";
  QVERIFY(fs::exists(checkpoints / std::to_string(summary.value("steps", 0)) / "manifest.json"));
}

void TestTerminal::hungUp() {
  Living train(endless(folder_.text("live.loom")));
  QVERIFY(train.says("\"event\":\"epoch\""));
  train.signal(SIGHUP);
  QCOMPARE(train.code(), 7);
}

void TestTerminal::interruptedOnce() {
  Living train(endless(folder_.text("live.loom")));
  QVERIFY(train.says("\"event\":\"epoch\""));
  train.signal(SIGINT);
  QCOMPARE(train.code(), 130);
  QCOMPARE(train.last().value("status", std::string()), std::string("stopped"));
  const auto summary = train.last();
  const fs::path run = fs::path(folder_.text("live.loom")) / "runs" / summary.value("run", std::string());
  QVERIFY(fs::exists(run / "checkpoints" / std::to_string(summary.value("steps", 0)) / "manifest.json"));
  QVERIFY(train.errors().contains("Ctrl-C again ends at once"));
}

void TestTerminal::interruptedTwice() {
  Living train(endless(folder_.text("live.loom")));
  QVERIFY(train.says("\"event\":\"epoch\""));
  // Stopped in between, so that the first cannot be obeyed before the second comes.
  train.signal(SIGSTOP);
  train.signal(SIGINT);
  train.signal(SIGCONT);
  train.signal(SIGINT);
  QCOMPARE(train.code(), 130);
  // Whatever it was doing, the run can go on.
  const auto resumed = runLoom({"runs", "show", folder_.text("live.loom"), "last", "--json"});
  QCOMPARE(resumed.exitCode, 0);
}

void TestTerminal::seedsRepeat() {
  const std::string project = made("seeds.loom", "iris");
  const auto losses = [&](const char* seed) {
    if (runLoom({"train", project, "--epochs", "5", "--seed", seed}).exitCode != 0) return Json();
    return lastJson(runLoom({"runs", "series", project, "last", "train/loss", "--json"}))["points"];
  };
  const auto values = [](const Json& points) {
    std::vector<double> list;
    for (const auto& point : points) list.push_back(point[1].get<double>());
    return list;
  };
  const auto first = values(losses("7")), second = values(losses("7")), other = values(losses("8"));
  QVERIFY(first.size() == 35);
  QVERIFY(first == second);
  QVERIFY(first != other);
  const Json compared = lastJson(runLoom({"runs", "compare", project, "iris · 3", "iris · 1", "--json"}));
  QCOMPARE(compared["runs"].size(), std::size_t(2));
  QVERIFY(compared["differing"].contains("seed"));
}

void TestTerminal::nameAndBeginningsOfRuns() {
  const std::string project = made("names.loom", "iris");
  for (const char* run : {"abc11111-0000-4000-8000-000000000001", "abc22222-0000-4000-8000-000000000002"})
    QCOMPARE(runLoom({"train", project, "--epochs", "1", "--run", run}).exitCode, 0);
  const auto shows = [&](const std::string& word) {
    return lastJson(runLoom({"runs", "show", project, word, "--json"}))
        .value("run", std::string())
        .substr(0, 4);
  };
  QCOMPARE(shows("last"), std::string("abc2"));
  QCOMPARE(shows("abc1"), std::string("abc1"));
  QCOMPARE(shows("abc11111-0000-4000-8000-000000000001"), std::string("abc1"));
  QCOMPARE(shows(project + "/runs/abc11111-0000-4000-8000-000000000001/"), std::string("abc1"));
  const auto ambiguous = runLoom({"runs", "show", project, "abc"});
  QCOMPARE(wrongMessage(ambiguous, 3, {"Several runs begin with 'abc'", "abc11111", "abc22222"}),
           std::string());
  const auto unknown = runLoom({"runs", "show", project, "zzz"});
  QCOMPARE(wrongMessage(unknown, 3, {"No run begins with 'zzz'", "abc11111"}), std::string());
  for (const char* hostile : {"../../etc", "", ".", "/"})
    QCOMPARE(runLoom({"runs", "show", project, hostile}).exitCode, *hostile == '\0' ? 2 : 3);
}

void TestTerminal::resumeOptions() {
  const std::string project = made("raise.loom", "iris");
  QCOMPARE(runLoom({"train", project, "--epochs", "2"}).exitCode, 0);
  for (const char* option : {"--batch", "--seed", "--threads"}) {
    const auto refused = runLoom({"train", project, "--resume", "last", option, "4"});
    QCOMPARE(wrongMessage(refused, 2, {option, "continues with its own settings", "--epochs"}),
             std::string());
  }
  QCOMPARE(runLoom({"history", "verify", project}).exitCode, 0);
  const auto raised = runLoom({"train", project, "--resume", "last", "--epochs", "4", "--json"});
  QCOMPARE(raised.exitCode, 0);
  QCOMPARE(lastJson(raised).value("epochs", 0), 4);
  // The history takes the raised number over, also when it knew the run before.
  const auto verified = runLoom({"history", "verify", project});
  QVERIFY2(verified.exitCode == 0, (verified.output + verified.errors).c_str());
  const auto fewer = runLoom({"train", project, "--resume", "last", "--epochs", "1"});
  QCOMPARE(wrongMessage(fewer, 2, {"--epochs: The run has 4 epochs, 1 were asked for"}), std::string());
  QCOMPARE(std::count(fewer.errors.begin(), fewer.errors.end(), '\n'), 1); // and nothing else
}

void TestTerminal::diverged() {
  const std::string project = made("diverged.loom", "iris");
  const auto answer =
      runLoom({"train", project, "--lr", "1000", "--optimizer", "SGD", "--schedule", "constant", "--json"});
  QCOMPARE(wrongMessage(answer, 5, {"step", "Lower the learning rate"}), std::string());
  QCOMPARE(lastJson(answer).value("status", std::string()), std::string("diverged"));
  QVERIFY(lastJson(answer).contains("error"));
  const auto listed = lastJson(runLoom({"runs", "list", project, "--json"}));
  QCOMPARE(listed["runs"][0].value("state", std::string()), std::string("diverged"));
}

void TestTerminal::checkKnowsTheData() {
  const std::string project = made("unfit.loom", "iris");
  const fs::path file = fs::path(project) / "networks/iris.json";
  auto text = readWholeFile(file, 1 << 20);
  QVERIFY(text.ok());
  const auto at = text->find("\"out_features\": 3");
  QVERIFY(at != std::string::npos);
  text->replace(at, 17, "\"out_features\": 2");
  QVERIFY(writeFileAtomically(file, *text).ok());
  for (const char* verb : {"check", "train", "estimate"}) {
    const auto answer = runLoom({verb, project});
    QCOMPARE(answer.exitCode, 3);
    for (const char* part :
         {"The network gives 2 values per sample, but the data has 3 classes", "Set out_features to 3"})
      QVERIFY2(holds(answer.errors, part), answer.errors.c_str());
  }
}

void TestTerminal::missingDevice() {
  const std::string project = made("device.loom", "iris");
  const auto answer = runLoom({"train", project, "--device", "cuda:7"});
  QCOMPARE(wrongMessage(answer, 4, {"cuda:7", "hoose"}), std::string());
  QCOMPARE(runLoom({"estimate", project, "--device", "cuda:7"}).exitCode, 4);
}

void TestTerminal::exported() {
  const std::string project = made("export.loom", "iris");
  QCOMPARE(runLoom({"train", project, "--epochs", "1"}).exitCode, 0);
  const auto answer = runLoom({"export", project, folder_.text("out"), "--run", "last"});
  QCOMPARE(answer.exitCode, 0);
  QVERIFY(fs::exists(folder_.path("out/iris.py")) && fs::exists(folder_.path("out/iris.safetensors")));
}

QTEST_GUILESS_MAIN(TestTerminal)
#include "tst_terminal.moc"
