// SPDX-License-Identifier: Apache-2.0
// Settings and run.json as files, commands to a trainer, and the lock that says that one lives.
#include "core/base/atomic_file.h"
#include "core/run/event_kinds.h"
#include "core/run/events.h"
#include "core/run/journal.h"
#include "core/run/run_config.h"
#include "core/run/run_lock.h"
#include <QtTest>
#include <csignal>
#include <fstream>
#include <limits>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

namespace {
fs::path pathOf(const QTemporaryDir& folder) { return folder.path().toStdString(); }
RunControl controlOf(RunControl::Verb verb, double value = 0, std::string id = {}, std::string by = {}) {
  return {verb, value, std::move(id), std::move(by), 0};
}
} // namespace

class TestRunWords : public QObject {
  Q_OBJECT
 private slots:
  void settingsRoundTrip();
  void wrongSettingsAreRefused_data();
  void wrongSettingsAreRefused();
  void runConfigRoundTrip();
  void wrongRunConfigsAreRefused();
  void statesHaveWords();
  void referenceNamesEveryEvent();
  void controlIsAFile();
  void wrongControlsAreRefused();
  void lockIsHeldByOne();
  void staleLockIsNoLivingRun();
};

void TestRunWords::settingsRoundTrip() {
  TrainSettings settings;
  settings.seed = std::numeric_limits<std::uint64_t>::max();
  settings.optimizer = "SGD";
  settings.optimizerParams = {{"momentum", 0.9}, {"nesterov", true}};
  settings.schedule = "one-cycle";
  settings.scheduleParams = {{"pct_start", 0.25}};
  settings.learningRate = 0.1 + 0.2;
  QVERIFY(check(settings).ok());
  const auto text = canonicalJson(toJson(settings));
  const auto read = settingsFromJson(*parseJson(text, "x"), "x");
  QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
  QCOMPARE(canonicalJson(toJson(*read)), text);
  QCOMPARE(read->seed, settings.seed);
  QCOMPARE(read->learningRate, settings.learningRate);
  QVERIFY(read->optimizerParams == settings.optimizerParams);
  // A project written by hand names what differs.
  QCOMPARE(settingsFromJson(Json{{"epochs", 3}}, "x")->batch, TrainSettings{}.batch);
}

void TestRunWords::wrongSettingsAreRefused_data() {
  QTest::addColumn<QByteArray>("change");
  for (const char* change : {R"({"epochs":0})",
                             R"({"epochs":"3"})",
                             R"({"batch":-1})",
                             R"({"batch":1.5})",
                             R"({"learning_rate":0})",
                             R"({"learning_rate":"NaN"})",
                             R"({"learning_rate":"Infinity"})",
                             R"({"optimizer":"Lion"})",
                             R"({"optimizer":7})",
                             R"({"optimizer_params":{"momentum":0.9}})",
                             R"({"optimizer_params":{"beta1":1}})",
                             R"({"optimizer_params":{"beta1":"x"}})",
                             R"({"optimizer":"SGD","optimizer_params":{"nesterov":true}})",
                             R"({"optimizer":"SGD","optimizer_params":{"nesterov":1}})",
                             R"({"schedule":"step"})",
                             R"({"schedule_params":{"warmup":0.1}})",
                             R"({"schedule":"cosine","schedule_params":{"warmup":2}})",
                             R"({"threads":-1})",
                             R"({"device":""})",
                             R"({"keep_checkpoints":0})",
                             R"({"workers":1000})",
                             R"({"seed":-1})",
                             R"([])"})
    QTest::newRow(change) << QByteArray(change);
}

void TestRunWords::wrongSettingsAreRefused() {
  QFETCH(QByteArray, change);
  const auto read = settingsFromJson(*parseJson(change.toStdString(), "x"), "project.json, defaults");
  QVERIFY(!read.ok());
  QCOMPARE(read.error().kind, ErrorKind::input);
  QVERIFY(read.error().place.text().find("project.json") != std::string::npos);
  QVERIFY(!read.error().cause.empty() && !read.error().fix.empty());
}

void TestRunWords::runConfigRoundTrip() {
  RunConfig config;
  config.id = "aaaaaaaa-0000-4000-8000-000000000001";
  config.name = "cnn · 3";
  config.engineVersion = "0.1.0";
  config.created = 1'700'000'000'000'000;
  config.network.name = "cnn";
  config.data.format = "idx";
  config.data.name = "Fashion-MNIST";
  config.dataHash = "00ff";
  config.normalisation.mean = {0.2860402};
  config.normalisation.std = {0.3530239};
  config.settings.threads = 2;
  config.backend = "onednn";
  config.trainSamples = 54000;
  config.classes = {"T-shirt/top", "Trouser"};
  QTemporaryDir folder;
  const fs::path run = pathOf(folder) / config.id;
  QVERIFY(fs::create_directory(run));
  const std::string text = canonicalJson(toJson(config));
  QVERIFY(writeFileAtomically(run / "run.json", text).ok());
  const auto read = readRunConfig(run);
  QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
  QVERIFY(read->sealed);
  QCOMPARE(canonicalJson(toJson(*read)), text);
  QCOMPARE(read->classes, config.classes);
  QCOMPARE((*parseJson(text, "x"))["normalisation"]["mean"][0].get<double>(), 0.2860402);
}

void TestRunWords::wrongRunConfigsAreRefused() {
  const Json good = toJson(RunConfig{});
  Json newer = good;
  newer["schema"] = runSchema + 1;
  const auto refused = runConfigFromJson(newer, "run.json");
  QVERIFY(!refused.ok());
  QVERIFY(refused.error().fix.text().find("newer") != std::string::npos);
  for (const auto& [name, value] : good.items()) {
    Json without = good, other = good;
    without.erase(name);
    other[name] = nullptr;
    QVERIFY2(!runConfigFromJson(without, "run.json").ok(), name.c_str());
    QVERIFY2(!runConfigFromJson(other, "run.json").ok(), name.c_str());
  }
  QVERIFY(!runConfigFromJson(Json::array(), "run.json").ok());
  QTemporaryDir folder;
  QCOMPARE(readRunConfig(pathOf(folder)).error().kind, ErrorKind::input);
}

void TestRunWords::referenceNamesEveryEvent() {
  const std::string reference = eventsMarkdown();
  std::set<std::string_view> names;
  for (const EventKind& kind : eventKinds()) {
    QVERIFY2(names.insert(kind.name).second, kind.name.data());
    QVERIFY2(reference.find("| `" + std::string(kind.name) + "` | " + std::string(kind.members) + " | ") !=
                 std::string::npos,
             kind.name.data());
    QVERIFY2(kind.meaning.ends_with('.'), kind.name.data());
  }
}

void TestRunWords::statesHaveWords() {
  for (const RunState state :
       {RunState::waiting, RunState::running, RunState::paused, RunState::finished, RunState::stopped,
        RunState::diverged, RunState::outOfMemory, RunState::failed, RunState::killed}) {
    QVERIFY(stateFromText(toText(state)) == state);
    QVERIFY(!stateWord(state).empty());
  }
  QVERIFY(!stateFromText("Training"));
}

void TestRunWords::controlIsAFile() {
  QTemporaryDir run;
  const auto id = sendControl(pathOf(run), controlOf(RunControl::Verb::learningRate, 3e-4, {}, "ada"));
  QVERIFY2(id.ok(), id.ok() ? "" : id.error().message().c_str());
  const auto file = pathOf(run) / "control" / (*id + ".json");
  const auto control = controlFromJson(*readJsonFile(file), file.string());
  QVERIFY(control.ok());
  QCOMPARE(control->id, *id);
  QVERIFY(control->verb == RunControl::Verb::learningRate);
  QCOMPARE(control->value, 3e-4);
  QCOMPARE(control->by, std::string("ada"));
  QVERIFY(control->time > 0);
  for (const auto verb : {RunControl::Verb::pause, RunControl::Verb::resume, RunControl::Verb::stop,
                          RunControl::Verb::checkpoint}) {
    const auto other = sendControl(pathOf(run), controlOf(verb));
    QVERIFY(other.ok());
    const auto read = controlFromJson(*readJsonFile(pathOf(run) / "control" / (*other + ".json")), "x");
    QVERIFY(read->verb == verb);
  }
}

void TestRunWords::wrongControlsAreRefused() {
  QTemporaryDir run;
  QVERIFY(!sendControl(pathOf(run), controlOf(RunControl::Verb::learningRate, -1)).ok());
  QVERIFY(!sendControl(pathOf(run),
                       controlOf(RunControl::Verb::learningRate, std::numeric_limits<double>::infinity()))
               .ok());
  QVERIFY(!sendControl(pathOf(run), controlOf(RunControl::Verb::pause, 0, "../../lock")).ok());
  QVERIFY(!fs::exists(pathOf(run) / "control"));
  QCOMPARE(sendControl(pathOf(run) / "absent", {}).error().kind, ErrorKind::input);
  for (const char* text : {"[]", "{}", R"({"id":"a","verb":"jump"})", R"({"id":"a","verb":"lr"})",
                           R"({"id":"../a","verb":"pause"})", R"({"id":1,"verb":"pause"})"})
    QVERIFY2(!controlFromJson(*parseJson(text, "x"), "x").ok(), text);
}

void TestRunWords::lockIsHeldByOne() {
  QTemporaryDir run;
  QVERIFY(!RunLock::held(pathOf(run)));
  {
    auto lock = RunLock::take(pathOf(run));
    QVERIFY(lock.ok());
    QVERIFY(RunLock::held(pathOf(run)));
    const auto second = RunLock::take(pathOf(run));
    QVERIFY(!second.ok());
    QCOMPARE(second.error().kind, ErrorKind::other);
    RunLock moved = std::move(*lock);
    QVERIFY(RunLock::held(pathOf(run)));
  }
  QVERIFY(!RunLock::held(pathOf(run)));
  QVERIFY(RunLock::take(pathOf(run)).ok());
}

void TestRunWords::staleLockIsNoLivingRun() {
  QTemporaryDir run;
  int pipes[2];
  QVERIFY(::pipe(pipes) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = RunLock::take(pathOf(run));
    const char done = lock.ok() ? 'y' : 'n';
    if (::write(pipes[1], &done, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char done = 0;
  QVERIFY(::read(pipes[0], &done, 1) == 1 && done == 'y');
  QVERIFY(RunLock::held(pathOf(run)));
  QVERIFY(!RunLock::take(pathOf(run)).ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  QVERIFY(fs::file_size(pathOf(run) / "lock") > 0);
  QVERIFY(!RunLock::held(pathOf(run)));
  QVERIFY(RunLock::take(pathOf(run)).ok());
}

QTEST_GUILESS_MAIN(TestRunWords)
#include "tst_run_words.moc"
