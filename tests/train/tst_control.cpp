// SPDX-License-Identifier: Apache-2.0
// A living trainer is told what to do by files: each is answered once, and whatever else lies in that folder
// ends nothing.
#include "tests/train/train_fixture.h"
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace loom;
using namespace loom::test;

namespace {

// Trains in a thread; waits for what the journal says.
class Living {
 public:
  Living(const TestProject& project, TrainRequest request)
      : project_(project), run_(request.resume.empty() ? request.run : request.resume),
        thread_([this, request] { outcome_ = train(request, {}, stop_); }) {}
  ~Living() { end(); }
  void end() {
    stop_.wanted = 1;
    join();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  // Waits for an event like this; an empty object when it does not come. The journal grows fast: it is read
  // on from where the last question ended.
  Json await(const std::function<bool(const Json&)>& wanted) {
    QElapsedTimer timer;
    for (timer.start(); timer.elapsed() < 30'000; QThread::msleep(20)) {
      readOn();
      for (const auto& event : events_)
        if (wanted(event)) return event;
    }
    return Json::object();
  }
  std::int64_t newestStep() {
    readOn();
    return newestStep_;
  }
  Json awaitKind(const std::string& kind) {
    return await([&](const Json& event) { return event["event"] == kind; });
  }
  Json answer(const std::string& id) {
    return await([&](const Json& event) { return event["event"] == "control" && event["id"] == id; });
  }
  std::string send(RunControl::Verb verb, double value = 0) const {
    RunControl control;
    control.verb = verb;
    control.value = value;
    control.by = "tester";
    auto id = sendControl(project_.run(run_), control);
    return id ? *id : "not sent: " + id.error().message();
  }
  // Sends, and says how long the answer took.
  Json ask(RunControl::Verb verb, double value = 0) {
    QElapsedTimer timer;
    timer.start();
    const Json answered = answer(send(verb, value));
    qInfo("answered after %lld ms: %s", timer.elapsed(), compactJson(answered).c_str());
    return answered;
  }
  const Result<TrainOutcome>& outcome() const { return outcome_; }

 private:
  void readOn() {
    for (;;) {
      auto read = journals_->read(run_, 1, offset_, 1 << 20);
      if (!read || read->records.empty()) return;
      offset_ = read->offset;
      for (auto& record : read->records) {
        if (const auto fault = undocumented(record.event); !fault.empty())
          QTest::qFail(fault.c_str(), __FILE__, __LINE__);
        if (record.event["event"] != "points")
          events_.push_back(std::move(record.event));
        else if (record.event["key"] == "train/loss")
          newestStep_ = record.event["steps"].back();
      }
    }
  }

  const TestProject& project_;
  std::string run_;
  std::unique_ptr<JournalSource> journals_ = journalsIn(project_.path());
  std::uint64_t offset_ = 0;
  std::int64_t newestStep_ = 0;
  std::vector<RunEvent> events_;
  StopFlag stop_;
  Result<TrainOutcome> outcome_ = Error{};
  std::thread thread_;
};

TrainRequest endless(const TestProject& project, const std::string& id) {
  TrainRequest request = project.request(id);
  request.settings.epochs = 1'000'000;
  request.settings.schedule = "constant";
  request.settings.learningRate = 1e-4;
  return request;
}

} // namespace

class TestControl : public QObject {
  Q_OBJECT
 private slots:
  void pauseResumeCheckpointStop() {
    TestProject project;
    QVERIFY(project.make("digits"));
    Living trainer(project, endless(project, "a"));
    QVERIFY(!trainer.awaitKind("epoch").empty());
    QVERIFY(trainer.ask(RunControl::Verb::resume)["applied"] == false); // nothing is paused
    const Json paused = trainer.ask(RunControl::Verb::pause);
    QVERIFY(paused["applied"] == true);
    QVERIFY(!trainer.await([](const Json& e) { return e["event"] == "state" && e["state"] == "paused"; })
                 .empty());
    const Json again = trainer.ask(RunControl::Verb::pause);
    QVERIFY(again["applied"] == false && !again["reason"].get<std::string>().empty());
    const Json saved = trainer.ask(RunControl::Verb::checkpoint);
    QVERIFY(saved["applied"] == true);
    // No step is done while it is paused, however many commands it answers meanwhile.
    QVERIFY(saved["step"] == paused["step"]);
    QCOMPARE(trainer.newestStep(), paused["step"].get<std::int64_t>());
    QVERIFY(readCheckpoint(project.run("a"), saved["step"].get<std::int64_t>()).ok());
    QVERIFY(trainer.ask(RunControl::Verb::resume)["applied"] == true);
    const std::int64_t step = saved["step"].get<std::int64_t>();
    QTRY_VERIFY_WITH_TIMEOUT(trainer.newestStep() > step, 20'000);
    const Json now = trainer.ask(RunControl::Verb::checkpoint);
    QVERIFY(now["applied"] == true && now["step"] > saved["step"]);
    QVERIFY(trainer.ask(RunControl::Verb::stop)["applied"] == true);
    trainer.join();
    QVERIFY(trainer.outcome().ok());
    QCOMPARE(trainer.outcome()->status, std::string("stopped"));
    QCOMPARE(lastCheckpoint(project.run("a")), trainer.outcome()->steps);
    // Every command has one answer.
    std::map<std::string, int> answers;
    for (const auto& event : events(project.path(), "a", "control")) ++answers[event["id"]];
    QCOMPARE(answers.size(), std::size_t{7});
    for (const auto& [id, count] : answers) QCOMPARE(count, 1);
    QVERIFY(events(project.path(), "a").back()["event"] == "finished");
  }

  void stopWhilePaused() {
    TestProject project;
    QVERIFY(project.make("digits"));
    Living trainer(project, endless(project, "a"));
    QVERIFY(!trainer.awaitKind("started").empty());
    QVERIFY(trainer.ask(RunControl::Verb::pause)["applied"] == true);
    QVERIFY(trainer.ask(RunControl::Verb::stop)["applied"] == true);
    trainer.join();
    QCOMPARE(trainer.outcome()->status, std::string("stopped"));
  }

  // The whole schedule is scaled from the step on; a resumed run keeps it, even one that was killed right
  // after the answer.
  void aChangedRateScalesTheSchedule_data() {
    QTest::addColumn<bool>("paused");
    QTest::addRow("while it trains") << false;
    QTest::addRow("while it is paused") << true;
  }
  void aChangedRateScalesTheSchedule() {
    QFETCH(bool, paused);
    TestProject project;
    QVERIFY(project.make("digits"));
    TrainRequest request = endless(project, "a");
    request.settings.schedule = "cosine";
    request.settings.epochs = 200'000;
    request.settings.checkpointEvery = std::int64_t{1} << 40; // nothing else saves
    Json answer;
    fs::path copy = project.folder() / "killed";
    {
      Living trainer(project, request);
      QVERIFY(!trainer.awaitKind("epoch").empty());
      if (paused) QVERIFY(trainer.ask(RunControl::Verb::pause)["applied"] == true);
      answer = trainer.ask(RunControl::Verb::learningRate, 3e-3);
      QVERIFY(answer["applied"] == true);
      fs::copy(project.run("a"), copy, fs::copy_options::recursive); // what a kill at this moment would leave
      if (paused) QVERIFY(trainer.ask(RunControl::Verb::resume)["applied"] == true);
      const std::int64_t step = answer["step"];
      QTRY_VERIFY_WITH_TIMEOUT(trainer.newestStep() > step + 20, 20'000);
    }
    const std::int64_t step = answer["step"],
                       total = events(project.path(), "a", "started")[0]["total_steps"];
    const auto planned = [&](std::int64_t t) {
      return 1e-4 * (1 + std::cos(M_PI * static_cast<double>(t - 1) / static_cast<double>(total))) / 2;
    };
    const double scale = 3e-3 / planned(step + 1);
    const auto rates = series(project.path(), "a").at("train/lr");
    for (const auto& [t, rate] : rates) {
      const double wanted = planned(t) * (t > step ? scale : 1);
      QVERIFY2(std::abs(rate - wanted) < 1e-6 * wanted,
               qPrintable(QString("step %1: %2, not %3").arg(t).arg(rate).arg(wanted)));
    }
    const auto told = events(project.path(), "a", "rate");
    QCOMPARE(told.size(), std::size_t{1});
    QCOMPARE(told[0]["step"].get<std::int64_t>(), step);
    QCOMPARE(told[0]["by"].get<std::string>(), std::string("tester"));
    QVERIFY(std::abs(told[0]["factor"].get<double>() / scale - 1) < 1e-9);
    // Resumed after a stop, and after the kill.
    for (const bool killed : {false, true}) {
      if (killed) {
        fs::remove_all(project.run("a"));
        fs::copy(copy, project.run("a"), fs::copy_options::recursive);
      }
      StopFlag stop;
      std::int64_t from = -1;
      const auto listener = [&](const Json& event) {
        if (event["event"] == "resumed") from = event["step"];
        // A change at an epoch's last step is followed by that epoch's own end first.
        if (event["event"] == "epoch" && event["step"] > from) stop.wanted = 1;
      };
      QVERIFY(train(project.resume("a"), listener, stop).ok());
      QVERIFY(from >= step);
      const auto after = series(project.path(), "a").at("train/lr");
      QVERIFY(after.contains(from + 1));
      QVERIFY(std::abs(after.at(from + 1) / (planned(from + 1) * scale) - 1) < 1e-6);
    }
  }

  void ratesThatCannotBe() {
    TestProject project;
    QVERIFY(project.make("digits"));
    Living trainer(project, endless(project, "a"));
    QVERIFY(!trainer.awaitKind("epoch").empty());
    RunControl zero;
    zero.verb = RunControl::Verb::learningRate;
    QVERIFY(!sendControl(project.run("a"), zero).ok()); // refused where a person sees it
    for (const char* value :
         {"0", "-1", "1000.5", "\"NaN\"", "\"Infinity\"", "1e999", "\"x\"", "null", "[]"}) {
      const std::string id = "v" + std::to_string(qHash(QByteArray(value)));
      std::ofstream(project.run("a") / "control" / (id + ".json"))
          << "{\"id\":\"v\",\"verb\":\"lr\",\"by\":\"\",\"time\":1,\"value\":" << value << "}";
      const Json answer = trainer.answer(id);
      QVERIFY2(!answer.empty(), value);
      QVERIFY(answer["applied"] == false && !answer["reason"].get<std::string>().empty());
    }
    QVERIFY(events(project.path(), "a", "rate").empty());
  }

  void hostileFilesAreRefusedAndAnswered() {
    TestProject project;
    QVERIFY(project.make("digits"));
    Living trainer(project, endless(project, "a"));
    QVERIFY(!trainer.awaitKind("epoch").empty());
    const fs::path folder = project.run("a") / "control";
    const auto put = [&](const std::string& name, const std::string& bytes) {
      std::ofstream(project.folder() / "part", std::ios::binary) << bytes;
      fs::rename(project.folder() / "part", folder / (name + ".json"));
    };
    const std::string control(70, '\1');
    put("empty", "");
    put("nonsense", "\xff\xfe\0{}");
    put("deep", std::string(100'000, '['));
    put("large", "{\"verb\":\"" + std::string(5'000'000, 'x') + "\"}");
    put("verb", "{\"id\":\"verb\",\"verb\":\"" + std::string(60'000, 'v') + "\"}");
    put("sender",
        "{\"id\":\"sender\",\"verb\":\"lr\",\"value\":0.1,\"by\":\"" + std::string(60'000, 'b') + "\"}");
    put("traversal", "{\"id\":\"../../../etc/passwd\",\"verb\":\"stop\"}");
    put("array", "[1,2]");
    put("twice", "{\"id\":\"twice\",\"verb\":\"pause\",\"verb\":\"stop\"}");
    put("time", "{\"id\":\"time\",\"verb\":\"stop\",\"time\":\"now\"}");
    put("bytes\xff\xfe" + control, "{");
    fs::create_directory(folder / "folder.json");
    QCOMPARE(::mkfifo((folder / "pipe.json").c_str(), 0644), 0);
    fs::create_symlink("/dev/zero", folder / "endless.json");
    fs::create_symlink("nowhere", folder / "dangling.json");
    for (const char* id : {"empty", "nonsense", "deep", "large", "verb", "sender", "traversal", "array",
                           "twice", "time", "folder", "pipe", "endless", "dangling"}) {
      const Json answer = trainer.answer(id);
      QVERIFY2(!answer.empty(), id);
      QVERIFY2(answer["applied"] == false, id);
      QVERIFY2(!answer["reason"].get<std::string>().empty(), id);
    }
    // The one whose name is no text has its answer too; what is no command at all has none.
    QTRY_COMPARE_WITH_TIMEOUT(events(project.path(), "a", "control").size(), std::size_t{15}, 20'000);
    std::ofstream(folder / ".hidden.json") << "{}";
    std::ofstream(folder / "note.txt") << "{}";
    // It still obeys, and ends in order.
    QVERIFY(trainer.ask(RunControl::Verb::stop)["applied"] == true);
    trainer.join();
    QCOMPARE(trainer.outcome()->status, std::string("stopped"));
    QCOMPARE(events(project.path(), "a", "control").size(), std::size_t{16});
  }

  void whatIsOlderThanTheAttemptIsIgnored() {
    TestProject project;
    QVERIFY(project.make("digits"));
    TrainRequest request = project.request("a");
    StopFlag stop;
    stop.wanted = 1;
    QVERIFY(train(request, {}, stop).ok());
    RunControl old;
    old.verb = RunControl::Verb::stop;
    const auto id = sendControl(project.run("a"), old);
    QVERIFY(id.ok());
    QCOMPARE(finished(project.resume("a")).status, std::string("finished"));
    QVERIFY(events(project.path(), "a", "control").empty());
  }

  // A stop that comes while the data is still read belongs to this attempt.
  void aCommandThatComesEarlyIsObeyed() {
    TestProject project;
    QVERIFY(project.make("digits"));
    fs::create_directories(project.run("a"));
    RunControl early;
    early.verb = RunControl::Verb::stop;
    const auto id = sendControl(project.run("a"), early);
    QVERIFY(id.ok());
    Living trainer(project, endless(project, "a"));
    QVERIFY(trainer.answer(*id)["applied"] == true);
    trainer.join();
    QCOMPARE(trainer.outcome()->status, std::string("stopped"));
  }

  // What comes too late is refused, not left without an answer.
  // Nothing is made anew where the run was; what was moved has a checkpoint where it lies.
  void aRunWhoseFolderGoesEndsWithAMessage_data() {
    QTest::addColumn<bool>("moved");
    QTest::addColumn<bool>("paused");
    QTest::newRow("deleted") << false << false;
    QTest::newRow("deleted while paused") << false << true;
    QTest::newRow("moved") << true << false;
    QTest::newRow("moved while paused") << true << true;
  }
  void aRunWhoseFolderGoesEndsWithAMessage() {
    QFETCH(bool, moved);
    QFETCH(bool, paused);
    TestProject project;
    QVERIFY(project.make("iris"));
    Living living(project, endless(project, "a"));
    living.awaitKind("epoch");
    if (paused) QVERIFY(living.ask(RunControl::Verb::pause).value("applied", false));
    const fs::path run = project.run("a"), away = project.path() / "elsewhere";
    fs::create_directory(away);
    fs::rename(run, away / "a"); // at once: what is deleted file by file may be seen half
    if (!moved) fs::remove_all(away / "a");
    living.join();
    const auto& outcome = living.outcome();
    QVERIFY(outcome.ok());
    QVERIFY(outcome->error.has_value());
    QCOMPARE(outcome->error->kind, ErrorKind::input);
    QCOMPARE(outcome->status, std::string("failed"));
    const QString cause = QString::fromStdString(outcome->error->cause.text());
    QVERIFY2(cause.contains(moved ? "moved to" : "deleted"), qPrintable(cause));
    QVERIFY(!fs::exists(run));
    RunControl pause;
    const auto sent = sendControl(run, pause);
    QVERIFY(!sent.ok() && sent.error().kind == ErrorKind::input);
    QVERIFY(!fs::exists(run));
    if (moved) QVERIFY(lastCheckpoint(away / "a") > 0);
  }

  void theEndAnswersWhatIsLeft() {
    TestProject project;
    QVERIFY(project.make("digits"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 2;
    std::string id;
    finished(request, [&](const Json& event) {
      if (event["event"] != "tested") return;
      RunControl late;
      late.verb = RunControl::Verb::pause;
      id = *sendControl(project.run("a"), late);
    });
    const auto answers = events(project.path(), "a", "control");
    QCOMPARE(answers.size(), std::size_t{1});
    QVERIFY(answers[0]["id"] == id && answers[0]["applied"] == false);
  }
};

QTEST_GUILESS_MAIN(TestControl)
#include "tst_control.moc"
