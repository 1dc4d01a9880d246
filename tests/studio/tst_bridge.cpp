// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to the thread behind the window: every one returns at once and is answered once, where it was
// asked; or never, when it was cancelled, replaced, its asker is gone, or its project is not open any more.
#include "app/studio/bridge/bridge.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QDir>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;
using namespace std::chrono_literals;

namespace {

// Every answer to one kind of question, in order.
template<class A> struct Answers {
  QVector<std::shared_ptr<Result<A>>> all;
  auto take() {
    return [this](const Result<A>& answer) { all.push_back(std::make_shared<Result<A>>(answer)); };
  }
  qsizetype size() const { return all.size(); }
  const Result<A>& last() const { return *all.back(); }
};

} // namespace

class TestBridge : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = newProject(folder_->filePath("p.loom"));
    QVERIFY(!path_.isEmpty());
  }
  void answersGoToWhoeverAsked();
  void laterQuestionsReplaceEarlierOnes();
  void whoIsGoneOrCancelledIsNotAnswered();
  void deadlinesAreAnswered();
  void everyCallReturnsAtOnce();
  void closingWithOpenQuestions();
  void aMissingLoomIsSaidClearly();
  void nothingIsAskedWithoutAProject();
  void anotherProjectDropsAllAnswers();
  void runsAreToldAsTheyGrow();
  void savingKeepsWhatOthersWrote();
  void whatIsOfferedIsNotOverwritten();

 private:
  std::string withRun(std::int64_t stepsPerEpoch = 500) {
    auto project = openProject(path_.toStdString());
    HandRun run;
    run.stepsPerEpoch = stepsPerEpoch;
    return handRun(*project, run);
  }
  bool opened(Bridge& bridge) { return opened(bridge, path_); }
  bool opened(Bridge& bridge, const QString& path) {
    QSignalSpy open(&bridge, &Bridge::projectOpened);
    bridge.ask(OpenFolder{path}, this, [](const Result<Done>&) {});
    return QTest::qWaitFor([&] { return !open.isEmpty(); }, patience);
  }
  // A program instead of `loom`.
  std::filesystem::path script(const QByteArray& text) {
    QFile file(folder_->filePath("script" + QString::number(++scripts_)));
    if (!file.open(QIODevice::WriteOnly)) qFatal("no script");
    file.write("#!/bin/sh\n" + text);
    file.close();
    file.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner);
    return file.fileName().toStdString();
  }
  Network stored() {
    auto project = openProject(path_.toStdString());
    return *loadNetwork(*project, "digits");
  }
  // The drawing with another name for its first node: an edit as a window would make it.
  NetworkSnapshot changed(const std::string& word) {
    auto network = std::make_shared<Network>(stored());
    network->nodes.begin()->second.name = word;
    return network;
  }
  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;
  int scripts_ = 0;
};

void TestBridge::savingKeepsWhatOthersWrote() {
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  Answers<NetworkSaved> saved;
  bridge.ask(SaveNetwork{changed("mine")}, this, saved.take());
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, patience);
  bridge.ask(SaveNetwork{changed("mine_again")}, this, saved.take()); // what this window wrote itself
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 2, patience);
  for (const auto& one : saved.all) QVERIFY(one->ok() && !(*one)->kept);
  auto project = openProject(path_.toStdString());
  QVERIFY(saveNetwork(*project, *changed("theirs")).ok());
  bridge.ask(SaveNetwork{changed("mine_too")}, this, saved.take());
  QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 3, patience);
  QVERIFY(saved.last().ok() && saved.last()->kept);
  QCOMPARE(stored().nodes.begin()->second.name, std::string("mine_too"));
  const QStringList copies = QDir(path_ + "/networks").entryList({"digits.json.*"}, QDir::Files);
  QCOMPARE(copies.size(), 1);
  const auto other = readNetwork((path_ + "/networks/" + copies.front()).toStdString());
  QVERIFY(other.ok());
  QCOMPARE(other->nodes.begin()->second.name, std::string("theirs"));
  QVERIFY(saved.last()->kept->message().find(copies.front().toStdString()) != std::string::npos);
}

// Edits after a crash, then another crash: both are still there, the older ones are offered first.
void TestBridge::whatIsOfferedIsNotOverwritten() {
  const auto reopened = [&](Bridge& bridge, const std::string& wanted) {
    QSignalSpy found(&bridge, &Bridge::recoveryFound), runs(&bridge, &Bridge::runsChanged);
    if (!opened(bridge)) return false;
    // The runs are told after every offer.
    if (!QTest::qWaitFor([&] { return !runs.isEmpty(); }, patience)) return false;
    if (wanted.empty()) return found.isEmpty();
    return !found.isEmpty() && found.front().front().value<Network>().nodes.begin()->second.name == wanted;
  };
  struct Step {
    std::string offered, drawn; // drawn: kept; empty: what is offered is discarded
  };
  for (const Step& step :
       {Step{"", "first"}, Step{"first", "second"}, Step{"first", ""}, Step{"second", ""}}) {
    Bridge bridge(LOOM_PROGRAM);
    QVERIFY(reopened(bridge, step.offered));
    Answers<Done> done;
    if (step.drawn.empty())
      bridge.ask(DiscardRecovery{"digits"}, this, done.take());
    else
      bridge.ask(SaveRecovery{changed(step.drawn)}, this, done.take());
    QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, patience);
    QVERIFY(done.last().ok());
  }
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(reopened(bridge, ""));
}

void TestBridge::answersGoToWhoeverAsked() {
  const QString run = QString::fromStdString(withRun());
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  Answers<QVector<Bucket>> loss, rate;
  const Ticket first = bridge.ask(SeriesOf{run, "train/loss", 0, 0, 100}, this, loss.take());
  const Ticket second = bridge.ask(SeriesOf{run, "train/lr", 0, 0, 50}, this, rate.take());
  QVERIFY(first != second);
  QTRY_VERIFY_WITH_TIMEOUT(loss.size() == 1 && rate.size() == 1, patience);
  const auto counted = [](const QVector<Bucket>& buckets) {
    qint64 count = 0;
    for (const auto& bucket : buckets) count += bucket.count;
    return count;
  };
  QCOMPARE(counted(*loss.last()), 2000);
  QCOMPARE(counted(*rate.last()), 2000);
  QVERIFY(loss.last()->size() <= 100 && rate.last()->size() <= 50);
}

void TestBridge::laterQuestionsReplaceEarlierOnes() {
  const QString run = QString::fromStdString(withRun(5000));
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  QVector<int> answered;
  Answers<QVector<Bucket>> other, elsewhere;
  QObject another;
  bridge.ask(SeriesOf{run, "train/loss", 1, 100, 10}, &another, elsewhere.take(), {.slot = "chart"});
  for (int again = 0; again < 500; ++again)
    bridge.ask(SeriesOf{run, "train/loss", 1, 1000 + again, 200}, this,
               [&answered, again](const Result<QVector<Bucket>>&) { answered << again; }, {.slot = "chart"});
  bridge.ask(SeriesOf{run, "train/lr", 0, 0, 10}, this, other.take(), {.slot = "other"});
  QTRY_COMPARE_WITH_TIMEOUT(other.size(), 1, patience);
  QCOMPARE(answered, QVector<int>{499}); // they were asked without a look at the event loop
  QCOMPARE(elsewhere.size(), 1);         // a slot is its asker's own
  QCOMPARE(bridge.questions().waiting(), 0);
}

void TestBridge::whoIsGoneOrCancelledIsNotAnswered() {
  const QString run = QString::fromStdString(withRun());
  Bridge bridge(LOOM_PROGRAM);
  QVERIFY(opened(bridge));
  Answers<QVector<Bucket>> gone, cancelled, kept;
  auto asker = std::make_unique<QObject>();
  bridge.ask(SeriesOf{run, "train/loss", 0, 0, 10}, asker.get(), gone.take());
  asker.reset();
  bridge.cancel(bridge.ask(SeriesOf{run, "train/loss", 0, 0, 10}, this, cancelled.take()));
  bridge.ask(SeriesOf{run, "train/loss", 0, 0, 10}, this, kept.take());
  QTRY_COMPARE_WITH_TIMEOUT(kept.size(), 1, patience);
  QCOMPARE(gone.size(), 0);
  QCOMPARE(cancelled.size(), 0);
}

// A process of which nobody waits for the answer any more ends; a late answer gets an Error that says so.
void TestBridge::deadlinesAreAnswered() {
  const QString alive = folder_->filePath("alive");
  const auto slow = script("echo $$ > '" + alive.toUtf8() + "'\nexec sleep 600\n");
  std::chrono::milliseconds now{0};
  Bridge bridge(slow, nullptr, [&] { return now; });
  QVERIFY(opened(bridge));
  Answers<Evaluation> answers;
  bridge.ask(EvaluateRun{"x", "test"}, this, answers.take(), {.slot = {}, .limit = 40s});
  const auto process = [&] {
    QFile file(alive);
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toInt() : 0;
  };
  QTRY_VERIFY_WITH_TIMEOUT(process() > 0, patience);
  const auto start = processStartTime(process());
  now = 39s;
  bridge.questions().checkDeadlines();
  QCOMPARE(answers.size(), 0);
  now = 40s;
  bridge.questions().checkDeadlines();
  QCOMPARE(answers.size(), 1);
  QVERIFY(!answers.last().ok());
  QVERIFY2(answers.last().error().message().find("within 40 s") != std::string::npos,
           answers.last().error().message().c_str());
  QTRY_VERIFY_WITH_TIMEOUT(processStartTime(process()) != start, patience);
  Answers<Done> done; // what comes from the pool later is not delivered again
  bridge.ask(DiscardRecovery{"digits"}, this, done.take());
  QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, patience);
  QCOMPARE(answers.size(), 1);
}

// While the worker is busy with something long, the calls of this thread return.
void TestBridge::everyCallReturnsAtOnce() {
  const QString run = QString::fromStdString(withRun(50'000));
  Bridge bridge(LOOM_PROGRAM);
  auto project = openProject(path_.toStdString());
  const auto network = changed("x");
  QVERIFY(opened(bridge)); // takes in 200,000 points now
  const auto nobody = [](const auto&) {};
  const auto before = bridge.questions().waiting();
  QElapsedTimer clock;
  clock.start();
  bridge.ask(SeriesOf{run, "train/loss", 0, 0, 1000}, this, nobody);
  bridge.ask(EventsOf{run}, this, nobody);
  bridge.ask(EstimateNetwork{network, project->defaults}, this, nobody);
  bridge.ask(EvaluateRun{run, "test"}, this, nobody);
  bridge.ask(KeptEvaluation{run, "test"}, this, nobody);
  bridge.ask(PredictFiles{run, {"x.png"}}, this, nobody);
  bridge.ask(ListDevices{}, this, nobody);
  bridge.ask(PicturesOf{run, {0, 1, 2}}, this, nobody);
  bridge.ask(ProjectData{}, this, nobody);
  bridge.ask(SaveNetwork{network}, this, nobody);
  bridge.ask(SaveRecovery{network}, this, nobody);
  bridge.ask(LabelRun{.run = run, .tags = QStringList{"a"}}, this, nobody);
  bridge.ask(ControlRun{run, RunControl::Verb::pause}, this, nobody);
  bridge.ask(RebuildHistory{}, this, nobody);
  const auto asked = clock.elapsed();
  QCOMPARE(bridge.questions().waiting(),
           before + 14); // none was answered meanwhile: nothing waited for an answer
  qInfo("asking took %lld ms", static_cast<long long>(asked));
}

void TestBridge::closingWithOpenQuestions() {
  const QString run = QString::fromStdString(withRun(20'000));
  // A program that never answers stands for an evaluation of an hour.
  const QString begun = folder_->filePath("begun");
  const auto slow = script("touch '" + begun.toUtf8() + "'\nexec sleep 600\n");
  int answers = 0;
  const auto count = [&answers](const auto&) { ++answers; };
  {
    Bridge bridge(slow);
    QVERIFY(opened(bridge));
    auto project = openProject(path_.toStdString());
    bridge.ask(EstimateNetwork{changed("x"), project->defaults}, this, count);
    bridge.ask(EvaluateRun{run, "test"}, this, count);
    bridge.ask(ListDevices{}, this, count);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(begun), patience);
    for (int again = 0; again < 200; ++again)
      bridge.ask(SeriesOf{run, "train/loss", 0, 0, 1000}, this, count, {.slot = QString::number(again)});
  } // returns: no process of ten minutes was waited for (the test program has a limit of its own)
  QCoreApplication::processEvents();
  QCOMPARE(answers, 0);
  // The history is free again.
  auto store = Store::open(path_.toStdString(), Store::Access::owner);
  QVERIFY(bool(store));
}

void TestBridge::aMissingLoomIsSaidClearly() {
  Bridge bridge("/nowhere/loom");
  QVERIFY(opened(bridge));
  auto project = openProject(path_.toStdString());
  QVector<Error> errors;
  const auto take = [&errors](const auto& answer) {
    if (!answer) errors << answer.error();
  };
  TrainRequest request;
  request.run = newUuid();
  request.network = "digits";
  request.settings = project->defaults;
  bridge.ask(ListDevices{}, this, take);
  bridge.ask(EstimateNetwork{changed("x"), project->defaults}, this, take);
  bridge.ask(PredictFiles{"x", {"a.png"}}, this, take);
  bridge.ask(StartRun{request}, this, take);
  QTRY_COMPARE_WITH_TIMEOUT(errors.size(), 4, patience);
  for (const auto& error : errors) {
    QVERIFY2(error.message().find("/nowhere/loom") != std::string::npos, error.message().c_str());
    QVERIFY(!error.fix.empty());
  }
}

void TestBridge::nothingIsAskedWithoutAProject() {
  Bridge bridge(LOOM_PROGRAM);
  QVector<Error> errors;
  const auto take = [&errors](const auto& answer) {
    if (!answer) errors << answer.error();
  };
  bridge.ask(EvaluateRun{"x", "test"}, this, take);
  bridge.ask(PicturesOf{"x", {1}}, this, take);
  bridge.ask(LabelRun{.run = "x", .note = "y"}, this, take);
  bridge.ask(StartRun{}, this, take);
  bridge.ask(ControlRun{"x", RunControl::Verb::stop}, this, take);
  bridge.ask(SeriesOf{"x", "train/loss", 0, 0, 10}, this, take);
  bridge.ask(EventsOf{"x"}, this, take);
  QCOMPARE(errors.size(), 0); // never from within ask()
  QTRY_COMPARE_WITH_TIMEOUT(errors.size(), 7, patience);
  for (const auto& error : errors) {
    QVERIFY2(error.message().find("No project is open") != std::string::npos, error.message().c_str());
    QVERIFY(!error.fix.empty());
  }
  bridge.ask(OpenFolder{folder_->filePath("nowhere")}, this, take);
  QTRY_COMPARE_WITH_TIMEOUT(errors.size(), 8, patience);
  QVERIFY(errors.last().message().find("nowhere") != std::string::npos);
}

// Asked of one project, overtaken by another: nothing is answered, and nothing of it reaches the other one.
void TestBridge::anotherProjectDropsAllAnswers() {
  const QString run = QString::fromStdString(withRun());
  const QString second = newProject(folder_->filePath("q.loom"), "iris");
  const QString released = folder_->filePath("go");
  const auto late = script("while [ ! -e '" + released.toUtf8() + "' ]; do sleep 0.05; done\necho '{}'\n");
  Bridge bridge(late);
  QVERIFY(opened(bridge));
  int answers = 0;
  const auto count = [&answers](const auto&) { ++answers; };
  bridge.ask(EvaluateRun{run, "test"}, this, count); // under way when the other project opens
  bridge.ask(PredictFiles{run, {"a.csv"}}, this, count);
  // Asked while the other one is being opened: they are the first one's all the same.
  QSignalSpy open(&bridge, &Bridge::projectOpened);
  bridge.ask(OpenFolder{second}, this, [](const Result<Done>&) {});
  bridge.ask(LabelRun{.run = run, .note = "of the first"}, this, count);
  bridge.ask(SaveNetwork{changed("of_the_first")}, this, count);
  bridge.ask(ProjectData{}, this, count);
  QTRY_COMPARE_WITH_TIMEOUT(open.size(), 1, patience);
  QFile go(released);
  QVERIFY(go.open(QIODevice::WriteOnly));
  std::optional<DataView> data;
  bridge.ask(ProjectData{}, this, [&](const Result<DataView>& view) {
    if (view) data = *view;
  });
  QTRY_VERIFY_WITH_TIMEOUT(data.has_value(), patience); // behind the two on the pool
  QCOMPARE(data->samples, 150);
  QTRY_COMPARE_WITH_TIMEOUT(bridge.questions().waiting(), 0, patience);
  QCOMPARE(answers, 0);
  QVERIFY(!QFile::exists(second + "/networks/digits.json"));
}

void TestBridge::runsAreToldAsTheyGrow() {
  auto project = openProject(path_.toStdString());
  Bridge bridge(LOOM_PROGRAM);
  QSignalSpy runs(&bridge, &Bridge::runsChanged);
  QVERIFY(opened(bridge));
  const auto now = [&] {
    return runs.isEmpty() ? QVector<RunView>() : runs.last().front().value<QVector<RunView>>();
  };
  HandRun run;
  run.name = "first";
  const auto first = handRun(*project, run);
  QTRY_COMPARE_WITH_TIMEOUT(now().size(), 1, patience);
  QTRY_COMPARE_WITH_TIMEOUT(now().front().row.state, RunState::finished, patience);
  const auto version = now().front().version;
  run.name = "second";
  handRun(*project, run);
  QTRY_COMPARE_WITH_TIMEOUT(now().size(), 2, patience);
  QCOMPARE(now().front().row.name, std::string("second")); // newest first
  QCOMPARE(now().back().row.id, first);
  QCOMPARE(now().back().version, version); // nothing of it changed
  Answers<Done> noted;
  bridge.ask(LabelRun{.run = QString::fromStdString(first), .note = "note"}, this, noted.take());
  QTRY_COMPARE_WITH_TIMEOUT(now().back().row.note, std::string("note"), patience);
  QVERIFY(noted.size() == 1 && noted.last().ok());
}

QTEST_MAIN(TestBridge)
#include "tst_bridge.moc"
