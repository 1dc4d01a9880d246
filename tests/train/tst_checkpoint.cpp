// SPDX-License-Identifier: Apache-2.0
// Checkpoints after accidents: a damaged file is found by its hash and said, the one before is used, and the
// run comes out as if nothing had happened. Full disks end an attempt with words and leave a run that can go
// on.
#include "tests/train/train_fixture.h"

using namespace loom;
using namespace loom::test;

namespace {

// A run of digits with checkpoints every 10 steps, stopped behind the fourth.
TrainRequest stoppedRun(TestProject& project, const std::string& id) {
  if (!project.make("digits")) qFatal("no samples");
  TrainRequest request = project.request(id);
  request.settings.epochs = 3;
  request.settings.checkpointEvery = 10;
  request.settings.keepCheckpoints = 3;
  StopFlag stop;
  auto outcome = train(
      request,
      [&](const Json& event) {
        if (event["event"] == "checkpoint" && event["step"] >= 50) stop.wanted = 1;
      },
      stop);
  if (!outcome || outcome->status != "stopped") qFatal("the run did not stop");
  return request;
}

void compareWithUndisturbed(const TestProject& project, TrainRequest request, const std::string& run) {
  request.run = "undisturbed";
  finished(request);
  QCOMPARE(difference(series(project.path(), "undisturbed"), series(project.path(), run)), QByteArray());
  QCOMPARE(checkpointDifference(project.run("undisturbed"), project.run(run)), QByteArray());
}

} // namespace

class TestCheckpoint : public QObject {
  Q_OBJECT
 private slots:
  void cleanup() { setFileFault(nullptr); }

  void damageIsFoundAndSaid_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<int>("harm");
    const char* harms[] = {"bit flipped", "cut", "missing", "longer", "a folder"};
    for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"})
      for (int harm = 0; harm < 5; ++harm)
        QTest::addRow("%s, %s", file, harms[harm]) << QByteArray(file) << harm;
  }
  void damageIsFoundAndSaid() {
    QFETCH(QByteArray, file);
    QFETCH(int, harm);
    TestProject project;
    const TrainRequest request = stoppedRun(project, "a");
    const auto all = listCheckpoints(project.run("a"));
    QVERIFY(all.size() >= 2);
    const fs::path victim =
        project.run("a") / "checkpoints" / std::to_string(all.back()) / file.toStdString();
    std::string bytes = bytesOf(victim);
    QVERIFY(bytes.size() > 10);
    if (harm == 0) bytes[bytes.size() / 2] ^= 4;
    if (harm == 1) bytes.resize(bytes.size() / 2);
    if (harm == 3) bytes += "x";
    fs::remove(victim);
    if (harm == 4) fs::create_directory(victim);
    if (harm != 2 && harm != 4) std::ofstream(victim, std::ios::binary) << bytes;
    // A flipped bit in the manifest may hit its own words; whatever it is, the content must not be used
    // unproven.
    const auto read = readCheckpoint(project.run("a"), all.back());
    const bool harmless = file == "manifest.json" && (harm == 0 || harm == 3) && read.ok();
    if (!harmless) {
      QVERIFY(!read.ok());
      QCOMPARE(read.error().kind, ErrorKind::input);
      QVERIFY(!read.error().cause.empty() && !read.error().fix.empty());
      QVERIFY2(read.error().place.text().find(std::to_string(all.back())) != std::string::npos,
               read.error().place.text().c_str());
    }
    std::int64_t from = -1;
    const TrainOutcome outcome = finished(project.resume("a"), [&](const Json& event) {
      if (event["event"] == "resumed") from = event["step"];
    });
    QCOMPARE(outcome.status, std::string("finished"));
    if (!harmless) {
      QCOMPARE(from, all[all.size() - 2]);
      const auto notes = events(project.path(), "a", "note");
      QVERIFY(!notes.empty());
      QVERIFY(notes[0]["text"].get<std::string>().find("damaged") != std::string::npos);
    }
    compareWithUndisturbed(project, request, "a");
  }

  // What a kill left of checkpoints counts for nothing and is swept.
  void husksAreSwept() {
    TestProject project;
    stoppedRun(project, "a");
    const fs::path all = project.run("a") / "checkpoints";
    const auto whole = listCheckpoints(project.run("a"));
    const auto newest = all / std::to_string(whole.back());
    const auto make = [&](const char* name, std::initializer_list<const char*> files) {
      fs::create_directories(all / name);
      for (const char* file : files) fs::copy_file(newest / file, all / name / file);
    };
    make("900001", {"manifest.json"});
    make("900002", {});
    make(".900003-x.tmp", {"model.safetensors"});
    make("900004", {"manifest.json", "model.safetensors"});
    QCOMPARE(listCheckpoints(project.run("a")), whole);
    bringBackCheckpoints(project.run("a"));
    for (const char* gone : {"900001", "900002", ".900003-x.tmp"}) QVERIFY2(!fs::exists(all / gone), gone);
    QVERIFY(fs::exists(all / "900004")); // told at the resume, as damage
    make("900001", {"manifest.json"});
    QVERIFY(retainCheckpoints(project.run("a"), 100, -1).ok());
    QVERIFY(!fs::exists(all / "900001") && !fs::exists(all / "900004"));
    QCOMPARE(listCheckpoints(project.run("a")), whole);
  }

  void allAreDamaged() {
    TestProject project;
    const TrainRequest request = stoppedRun(project, "a");
    for (const auto step : listCheckpoints(project.run("a")))
      fs::resize_file(project.run("a") / "checkpoints" / std::to_string(step) / "model.safetensors", 100);
    QCOMPARE(finished(project.resume("a")).status, std::string("finished"));
    const auto notes = events(project.path(), "a", "note");
    QVERIFY(notes.size() >= 2);
    QVERIFY(notes.back()["text"].get<std::string>().find("begins again") != std::string::npos);
    compareWithUndisturbed(project, request, "a");
  }

  // The best one is lost when the run is over: said by the trainer and by whoever evaluates.
  void theBestIsDamaged() {
    TestProject project;
    if (!project.make("mlp", 400, 120)) QSKIP(noFashion);
    TrainRequest request = project.request("a");
    request.settings.learningRate = 0.02; // overfits, so that the best is not the last
    request.settings.schedule = "constant";
    request.settings.epochs = 12;
    const TrainOutcome outcome = finished(request);
    QVERIFY(outcome.checkpoint >= 0);
    if (outcome.checkpoint == outcome.steps) QSKIP("the last epoch was the best one");
    const fs::path victim =
        project.run("a") / "checkpoints" / std::to_string(outcome.checkpoint) / "model.safetensors";
    std::string bytes = bytesOf(victim);
    bytes[bytes.size() - 3] ^= 1;
    std::ofstream(victim, std::ios::binary) << bytes;
    const auto evaluation = evaluateRun(project.path(), "a", -1, "test");
    QVERIFY(evaluation.ok());
    QCOMPARE(evaluation->evaluation.step(), outcome.steps);
    QCOMPARE(evaluation->notes.size(), std::size_t{1});
    QVERIFY(evaluation->notes[0].text().find(std::to_string(outcome.checkpoint)) != std::string::npos);
    const auto asked = evaluateRun(project.path(), "a", outcome.checkpoint, "test");
    QVERIFY(!asked.ok());
    QCOMPARE(asked.error().kind, ErrorKind::input);
    TrainRequest more = project.resume("a");
    more.settings.epochs = 13;
    QCOMPARE(finished(more).status, std::string("finished"));
    QVERIFY(events(project.path(), "a", "note")
                .front()["text"]
                .get<std::string>()
                .find("lowest validation loss") != std::string::npos);
  }

  void theBestAndTheLastAreKept() {
    TestProject project;
    if (!project.make("mlp", 400, 120)) QSKIP(noFashion);
    for (const int keep : {1, 3}) {
      const std::string id = "keep" + std::to_string(keep);
      TrainRequest request = project.request(id);
      request.settings.learningRate = 0.02;
      request.settings.schedule = "constant";
      request.settings.epochs = 12;
      request.settings.checkpointEvery = 5; // an epoch
      request.settings.keepCheckpoints = keep;
      const TrainOutcome outcome = finished(request);
      std::set<std::int64_t> wanted{outcome.checkpoint};
      for (int i = 0; i < keep; ++i) wanted.insert(outcome.steps - 5 * i);
      const auto there = listCheckpoints(project.run(id));
      QCOMPARE(std::set<std::int64_t>(there.begin(), there.end()), wanted);
      // Nothing half made is left.
      for (const auto& entry : fs::directory_iterator(project.run(id) / "checkpoints"))
        QVERIFY(entry.path().filename().string().front() != '.');
      double lowest = INFINITY;
      std::int64_t at = -1;
      const auto all = series(project.path(), id);
      for (const auto& [step, loss] : all.at("val/loss"))
        if (loss < lowest) lowest = loss, at = step;
      QCOMPARE(outcome.checkpoint, at);
    }
  }

  void leftoversOfAKillGoAway() {
    TestProject project;
    stoppedRun(project, "a");
    const fs::path all = project.run("a") / "checkpoints";
    const std::int64_t last = lastCheckpoint(project.run("a"));
    fs::create_directories(all / ".77-x.tmp");
    std::ofstream(all / ".77-x.tmp" / "model.safetensors") << "half";
    // A kill between the two renames of a file system that cannot exchange names.
    fs::rename(all / std::to_string(last), all / ("." + std::to_string(last) + ".old"));
    std::int64_t from = -1;
    finished(project.resume("a"), [&](const Json& event) {
      if (event["event"] == "resumed") from = event["step"];
    });
    QCOMPARE(from, last);
    for (const auto& entry : fs::directory_iterator(all))
      QVERIFY(entry.path().filename().string().front() != '.');
  }

  void diskFull_data() {
    QTest::addColumn<QByteArray>("operation");
    QTest::addColumn<QByteArray>("where");
    QTest::addColumn<int>("code");
    for (const char* where : {"model.safetensors", "state.json", "manifest.json", "journal"}) {
      QTest::addRow("write %s", where) << QByteArray("write") << QByteArray(where) << ENOSPC;
      QTest::addRow("sync %s", where) << QByteArray("sync") << QByteArray(where) << EIO;
    }
    QTest::addRow("rename") << QByteArray("rename") << QByteArray("checkpoints/") << ENOSPC;
  }
  void diskFull() {
    QFETCH(QByteArray, operation);
    QFETCH(QByteArray, where);
    QFETCH(int, code);
    TestProject project;
    QVERIFY(project.make("digits"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 3;
    request.settings.checkpointEvery = 10;
    std::atomic<bool> full{false};
    setFileFault([&](std::string_view asked, const fs::path& file) {
      return full && asked == operation.toStdString() &&
                     file.string().find(where.toStdString()) != std::string::npos
                 ? code
                 : 0;
    });
    StopFlag stop;
    const auto outcome = train(
        request,
        [&](const Json& event) {
          if (event["event"] == "checkpoint") full = true; // the first one stands
        },
        stop);
    QVERIFY(outcome.ok());
    QCOMPARE(outcome->status, std::string("failed"));
    QVERIFY(outcome->error.has_value());
    const std::string text = outcome->error->message();
    QVERIFY2(text.find(where == "journal" ? "journal" : "checkpoints") != std::string::npos, text.c_str());
    QVERIFY2(code != ENOSPC || text.find("disk is full") != std::string::npos, text.c_str());
    QVERIFY(!outcome->error->fix.empty());
    setFileFault(nullptr);
    QVERIFY(!RunLock::held(project.run("a")));
    QCOMPARE(finished(project.resume("a")).status, std::string("finished"));
    compareWithUndisturbed(project, request, "a");
  }
};

QTEST_GUILESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"
