// SPDX-License-Identifier: GPL-3.0-or-later
// A run from F5 to its end at the real window with a real trainer, by keys and clicks.
#include "app/studio/charts/value_format.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/train/run_live.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/pages/train/run_side.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>

using namespace loom;
using namespace loom::test;

class TestTrainPage : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void fieldsAreCheckedAndTheCostIsShown();
  void checkpointsAreDescribedAsTheyAreSaved();
  void theDrawnNetworkIsTheOneThatIsTrained();
  void aRefusedRateIsKeptAndSaysTheRange();
  void aRunFromF5ToItsEnd();
  void aSecondRunWaitsForCores();
  void aTrainerThatCannotBeginSaysWhy();
  void aFailedRunShowsItsErrorAndIsResumed();
  void nowIsTheLastStoredPoint();
  void aDeletedRunIsLeft();
  void runsToLayOverAreOfThisProject();

 private:
  // Trains long enough to be paused, changed and stopped.
  static void setEpochs(TrainPage& page, const char* epochs) {
    typeInto(page.findChild<QLineEdit*>("setup_epochs"), epochs);
  }
  static std::pair<QString, QString> twoRuns(const Project& project) {
    HandRun hand;
    hand.name = "older";
    const std::string older = handRun(project, hand, 1'700'000'000'000'000);
    hand.name = "newer";
    return {QString::fromStdString(older),
            QString::fromStdString(handRun(project, hand, 1'700'000'100'000'000))};
  }
  // Steps that were made while the run was paused, as its journal tells.
  static QList<qint64> stepsWhilePaused(const QString& project, const QString& run) {
    QList<qint64> made;
    std::optional<qint64> pausedAt;
    for (const auto& record : journalOf(project, run.toStdString(), nullptr)) {
      if (record["event"] == "state")
        pausedAt = record["state"] == "paused" ? std::optional(record["step"].get<qint64>()) : std::nullopt;
      if (record["event"] != "points" || !pausedAt) continue;
      for (const qint64 step : record["steps"])
        if (step > *pausedAt) made << step;
    }
    return made;
  }
  static qint64 stepOf(Desk& desk, const QString& run) {
    const auto* view = desk.studio->session().run(run);
    return view != nullptr ? view->row.step : -1;
  }
  static RunState stateOfRun(Desk& desk, const QString& run) {
    const auto* view = desk.studio->session().run(run);
    return view != nullptr ? view->row.state : RunState::waiting;
  }
  static QString start(Desk& desk, TrainPage& page) {
    const auto before = page.run();
    QTest::keyClick(&desk.window(), Qt::Key_F5);
    if (!QTest::qWaitFor([&] { return !page.run().isEmpty() && page.run() != before; }, patience)) return {};
    return page.run();
  }
  static void stop(Desk& desk, TrainPage& page) {
    QTest::keyClick(&desk.window(), Qt::Key_F5, Qt::ShiftModifier);
    const QString run = page.run();
    QTRY_VERIFY_WITH_TIMEOUT(stateOfRun(desk, run) == RunState::stopped, patience);
  }
};

void TestTrainPage::fieldsAreCheckedAndTheCostIsShown() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QVERIFY(!project.isEmpty());
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  auto* primary = page.findChild<QPushButton*>("runStart");
  QTRY_VERIFY(primary->isVisible());
  struct Row {
    const char *field, *wrong, *right;
  };
  for (const Row& row :
       {Row{"setup_epochs", "0", "3"}, Row{"setup_epochs", "x", "3"}, Row{"setup_batch", "-4", "32"},
        Row{"setup_learningRate", "0", "0.005"}, Row{"setup_learningRate", "nan", "0.005"},
        Row{"setup_seed", "1.5", "7"}, Row{"setup_threads", "9999", "1"},
        Row{"schedule_pct_start", "2", "0.3"}, Row{"setup_beta1", "1", "0.9"}}) {
    auto* field = page.findChild<QLineEdit*>(row.field);
    QVERIFY2(field != nullptr, row.field);
    typeInto(field, row.wrong);
    QVERIFY2(markOf(field) == FieldMark::wrong, row.field);
    QVERIFY2(!page.setup().problem().isEmpty(), row.field);
    QVERIFY(!primary->isEnabled());
    typeInto(field, row.right);
    QVERIFY2(markOf(field) == FieldMark::plain, row.field);
    QVERIFY2(page.setup().problem().isEmpty(), qPrintable(page.setup().problem()));
    QVERIFY(primary->isEnabled());
  }
  QCOMPARE(desk.studio->session().settings().epochs, 3);
  QCOMPARE(desk.studio->session().settings().learningRate, 0.005);
  QTRY_VERIFY_WITH_TIMEOUT(
      desk.studio->session().estimate() && desk.studio->session().estimate()->steps == 3 * 40, patience);
  QCOMPARE(desk.studio->session().estimate()->parameters, 9802);
}

// The set-up page was shown before the edit: it must not train, nor write, the network that it saw then.
// An epoch that ends soon after a checkpoint saves none: the best weights so far may be in no file yet.
void TestTrainPage::checkpointsAreDescribedAsTheyAreSaved() {
  QTemporaryDir folder;
  Desk desk(newProject(folder.filePath("p.loom")));
  desk.window().show(to::Train{to::Train::setup});
  auto* every = desk.page<TrainPage>(PageId::train).findChild<NotedField*>("setup_checkpointEvery");
  QVERIFY(every != nullptr);
  QTRY_COMPARE(every->text(), QString("0"));
  const QString seconds = QString("%1 s").arg(checkpointsApart.count());
  QVERIFY2(every->note().contains(seconds), qPrintable(every->note()));
  const auto& help = trainSetting("checkpoint_every").field.help;
  QVERIFY(QString::fromUtf8(help.data(), qsizetype(help.size())).contains(seconds));
  typeInto(every, "50");
  QVERIFY2(every->note().startsWith("steps"), qPrintable(every->note()));

  RunView view;
  view.row.state = RunState::running;
  view.row.stepsPerEpoch = 50;
  QCOMPARE(bestCheckpointText(view), QString("No checkpoint yet"));
  view.row.checkpoint = 150;
  MetricSummary loss;
  loss.key = "val/loss";
  loss.count = 3;
  loss.minimumStep = 150;
  view.row.metrics = {loss};
  QCOMPARE(bestCheckpointText(view), QString("Best checkpoint: epoch 3, step 150"));
  view.row.metrics[0].minimumStep = 350;
  QVERIFY2(bestCheckpointText(view).contains("epoch 7"), qPrintable(bestCheckpointText(view)));
  view.row.state = RunState::killed; // what was not saved is lost
  QCOMPARE(bestCheckpointText(view), QString("Best checkpoint: epoch 3, step 150"));
}

void TestTrainPage::theDrawnNetworkIsTheOneThatIsTrained() {
  for (const bool saved : {true, false}) {
    QTemporaryDir folder;
    const QString path = newProject(folder.filePath("p.loom"), "iris");
    Desk desk(path);
    desk.window().show(to::Train{to::Train::setup});
    auto& page = desk.page<TrainPage>(PageId::train);
    auto& design = desk.page<DesignPage>(PageId::design);
    desk.window().show(to::Design{});
    const auto widthIn = [](const Network& network) {
      return network.nodeNamed("linear_1")->params.getInt("out_features");
    };
    auto& document = design.document();
    const auto* node = document.network().nodeNamed("linear_1");
    QVERIFY(node != nullptr && widthIn(document.network()) == 16);
    QVERIFY(document.perform(setParam(document.network(), node->id, "out_features", std::int64_t{5})));
    auto project = openProject(path.toStdString());
    QVERIFY(bool(project));
    const std::string name = document.network().name;
    if (saved) {
      QTest::keyClick(&desk.window(), Qt::Key_S, Qt::ControlModifier);
      QTRY_VERIFY_WITH_TIMEOUT(!document.modified(), patience);
      QCOMPARE(widthIn(*loadNetwork(*project, name)), std::int64_t{5});
    }
    desk.window().show(to::Train{});
    const QString run = start(desk, page);
    QVERIFY(!run.isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(stepOf(desk, run) > 0, patience);
    const auto config = readRunConfig(runFolder(path.toStdString(), run.toStdString()));
    QVERIFY(bool(config));
    QCOMPARE(widthIn(config->network), std::int64_t{5});
    QCOMPARE(widthIn(*loadNetwork(*project, name)), std::int64_t{5});
    QTRY_VERIFY_WITH_TIMEOUT(!document.modified(), patience);
    QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().liveRun() == nullptr, patience);
  }
}

void TestTrainPage::aRefusedRateIsKeptAndSaysTheRange() {
  QTemporaryDir folder;
  Desk desk(newProject(folder.filePath("p.loom")));
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  auto* rate = page.findChild<QLineEdit*>("setup_learningRate");
  setEpochs(page, "7");
  typeInto(rate, "100000");
  QVERIFY(markOf(rate) == FieldMark::wrong);
  QVERIFY(!page.findChild<QPushButton*>("runStart")->isEnabled());
  page.findChild<QLineEdit*>("setup_epochs")->setFocus();
  desk.window().show(to::Design{});
  desk.window().show(to::Train{});
  QCOMPARE(rate->text(), QString("100000"));
  QVERIFY(markOf(rate) == FieldMark::wrong);
  QCOMPARE(page.findChild<QLineEdit*>("setup_epochs")->text(), QString("7"));
}

void TestTrainPage::aRunFromF5ToItsEnd() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  setEpochs(page, "3000");
  typeInto(page.findChild<QLineEdit*>("setup_name"), "the long one");
  QElapsedTimer clock;
  clock.start();
  const QString run = start(desk, page);
  QVERIFY(!run.isEmpty());
  auto* loss = page.board().chart("loss");
  const QString id = run + "|train/loss";
  QTRY_VERIFY_WITH_TIMEOUT(loss->curve(id) != nullptr && loss->curve(id)->buckets().size() > 3, patience);
  qInfo("first points %lld ms after F5", static_cast<long long>(clock.elapsed()));
  QTRY_COMPARE_WITH_TIMEOUT(stateOfRun(desk, run), RunState::running, patience);
  QCOMPARE(text(desk.studio->session().run(run)->row.name), QString("the long one"));
  QTRY_VERIFY(desk.window().context().strip().run.has_value());
  QVERIFY(desk.window().context().hasDot(PageId::train));

  QTest::keyClick(&desk.window(), Qt::Key_F6);
  QTRY_COMPARE_WITH_TIMEOUT(stateOfRun(desk, run), RunState::paused, patience);
  const auto states = journalOf(project, run.toStdString(), "state");
  QVERIFY(!states.empty() && states.back()["state"] == "paused");
  const qint64 held = states.back()["step"].get<qint64>();
  QTRY_COMPARE_WITH_TIMEOUT(stepOf(desk, run), held, patience);
  QCOMPARE(page.findChild<QPushButton*>("runPause")->text(), QString("Resume"));
  QTest::keyClick(&desk.window(), Qt::Key_F6);
  QTRY_VERIFY_WITH_TIMEOUT(stepOf(desk, run) > held, patience);
  QVERIFY(stepsWhilePaused(project, run).isEmpty());

  auto* rate = page.findChild<QLineEdit*>("liveRate");
  QTest::mouseClick(rate, Qt::LeftButton);
  QTest::keyClick(rate, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(rate, "0.0125");
  QTest::keyClick(rate, Qt::Key_Return);
  QTRY_VERIFY_WITH_TIMEOUT(!journalOf(project, run.toStdString(), "rate").empty(), patience);
  const auto changed = journalOf(project, run.toStdString(), "rate").front();
  QVERIFY(std::abs(changed["rate"].get<double>() - 0.0125) < 1e-9);

  QTest::keyClick(&desk.window(), Qt::Key_F7);
  const auto saved = [&] {
    for (const auto& control : journalOf(project, run.toStdString(), "control"))
      if (control["verb"].get<std::string>() == "checkpoint") return control["applied"].get<bool>();
    return false;
  };
  QTRY_VERIFY_WITH_TIMEOUT(saved(), patience);

  stop(desk, page);
  QTRY_VERIFY(page.findChild<QPushButton*>("runResume")->isVisible());
  QVERIFY(!page.findChild<QPushButton*>("runPause")->isVisible());
  // The chart shows what the terminal prints, each step once.
  const auto points = seriesOf(project, run.toStdString(), "train/loss");
  QVERIFY(points.size() > 10);
  const auto counted = [&] {
    qint64 count = 0;
    for (const auto& bucket : loss->curve(id)->buckets()) count += bucket.count;
    return count;
  };
  QTRY_COMPARE_WITH_TIMEOUT(counted(), qint64(points.size()), patience);
  const auto& buckets = loss->curve(id)->buckets();
  std::size_t at = 0;
  for (const auto& bucket : buckets) {
    double low = 1e300, high = -1e300;
    for (std::int64_t taken = 0; taken < bucket.count; ++taken, ++at) {
      low = std::min(low, points[at].second);
      high = std::max(high, points[at].second);
    }
    QCOMPARE(bucket.minimum, low);
    QCOMPARE(bucket.maximum, high);
    QCOMPARE(bucket.lastStep, points[at - 1].first);
  }
  // Resume by the button, then stop again.
  QTest::mouseClick(page.findChild<QPushButton*>("runResume"), Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(stateOfRun(desk, run), RunState::running, patience);
  QTRY_VERIFY_WITH_TIMEOUT(!journalOf(project, run.toStdString(), "resumed").empty(), patience);
  QTRY_VERIFY_WITH_TIMEOUT(stepOf(desk, run) > qint64(points.size()), patience);
  stop(desk, page);
}

void TestTrainPage::aSecondRunWaitsForCores() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  HandRun old;
  old.name = "an old one";
  handRun(*openProject(project.toStdString()), old);
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  setEpochs(page, "3000");
  const QString first = start(desk, page);
  QTRY_COMPARE_WITH_TIMEOUT(stateOfRun(desk, first), RunState::running, patience);
  QTest::mouseClick(page.findChild<QPushButton*>("runNew"), Qt::LeftButton);
  const QString second = start(desk, page);
  QVERIFY(second != first);
  QTRY_VERIFY_WITH_TIMEOUT(
      desk.studio->session().run(second) != nullptr && desk.studio->session().run(second)->waiting, patience);
  QVERIFY(desk.studio->session().run(second)->waitsFor.contains("cores"));
  QVERIFY(page.findChild<QWidget*>("runWaiting")->isVisible());
  // Named are those that hold the cores: no run that has ended.
  const QString by = page.findChild<QWidget*>("runWaiting")->accessibleName();
  QVERIFY2(by.contains(", by ") && !by.contains("an old one"), qPrintable(by));
  QVERIFY(page.findChild<QWidget*>("runList")->isVisible());
  QVERIFY(desk.window().context().strip().waiting.contains("waiting"));
  // Taken back, it is nowhere any more; the other one goes on.
  QTest::mouseClick(page.findChild<QPushButton*>("runStop"), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(second) == nullptr, patience);
  QCOMPARE(stateOfRun(desk, first), RunState::running);
  desk.window().show(to::Train{.run = first});
  stop(desk, page);
}

void TestTrainPage::aTrainerThatCannotBeginSaysWhy() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QFile::remove(project + "/data/digits.csv");
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  auto* message = page.findChild<QWidget*>("trainMessage");
  QTRY_VERIFY_WITH_TIMEOUT(message->isVisible(), patience);
  QVERIFY2(message->accessibleName().contains("digits.csv"), qPrintable(message->accessibleName()));
}

void TestTrainPage::aFailedRunShowsItsErrorAndIsResumed() {
  QTemporaryDir folder;
  const QString path = newProject(folder.filePath("p.loom"));
  auto project = openProject(path.toStdString());
  QVERIFY(bool(project));
  HandRun hand;
  hand.status = "diverged";
  hand.doneSteps = 90;
  hand.error = "The loss is NaN";
  hand.loss = [](std::int64_t step) { return step > 80 ? std::nan("") : 1.0; };
  const QString run = QString::fromStdString(handRun(*project, hand));
  HandRun good;
  good.name = "good · 7";
  const QString other = QString::fromStdString(handRun(*project, good));
  Desk desk(path);
  desk.window().show(to::Train{.run = run});
  auto& page = desk.page<TrainPage>(PageId::train);
  auto* message = page.findChild<QWidget*>("runMessage");
  QTRY_VERIFY_WITH_TIMEOUT(message->isVisible(), patience);
  QVERIFY2(message->accessibleName().contains("NaN") && message->accessibleName().contains("90"),
           qPrintable(message->accessibleName()));
  // An earlier run laid over this one.
  QTRY_VERIFY_WITH_TIMEOUT(page.findChild<QCheckBox*>("over_" + other) != nullptr, patience);
  QTest::mouseClick(page.findChild<QCheckBox*>("over_" + other), Qt::LeftButton, {}, QPoint(6, 8));
  auto* accuracy = page.board().chart("accuracy");
  QTRY_VERIFY_WITH_TIMEOUT(accuracy->curve(other + "|val/accuracy") != nullptr &&
                               !accuracy->curve(other + "|val/accuracy")->empty(),
                           patience);
}

// The curves are smoothed, and drawn from one value per pixel.
void TestTrainPage::nowIsTheLastStoredPoint() {
  QTemporaryDir folder;
  const QString path = newProject(folder.filePath("p.loom"));
  HandRun hand;
  hand.epochs = 40;
  hand.rateAt = 1900; // of 2000 steps
  hand.loss = [](std::int64_t step) { return step == 2000 ? 0.125 : 3.0 + double(step % 7); };
  const QString run = QString::fromStdString(handRun(*openProject(path.toStdString()), hand));
  Desk desk(path);
  desk.window().show(to::Train{.run = run});
  auto& page = desk.page<TrainPage>(PageId::train);
  const auto now = [&](const QString& label) {
    for (const auto* line : page.live().side().findChildren<QWidget*>("value")) {
      const auto texts = line->findChildren<Text*>(QString(), Qt::FindDirectChildrenOnly);
      if (texts.size() == 2 && texts[0]->text() == label) return texts[1]->text();
    }
    return QString();
  };
  for (const int width : {1440, 1030}) {
    desk.window().resize(width, 900);
    QTRY_COMPARE_WITH_TIMEOUT(now("train loss"), text(formatLoss(0.125)), patience);
    const double rate = seriesOf(path, run.toStdString(), "train/lr").back().second;
    QTRY_COMPARE_WITH_TIMEOUT(now("learning rate"), formatValue(rate, ValueFormat::rate), patience);
    const auto* loss = page.board().chart("loss");
    QTRY_VERIFY_WITH_TIMEOUT(
        loss->curve(run + "|train/loss") != nullptr && !loss->curve(run + "|train/loss")->empty(), patience);
    QCOMPARE(now("train loss"), text(formatLoss(0.125))); // also with the curve
    QCOMPARE(page.findChild<Text*>("lossFigure")->text(), text(formatLoss(0.125)));
  }
}

void TestTrainPage::aDeletedRunIsLeft() {
  QTemporaryDir folder;
  const QString path = newProject(folder.filePath("p.loom"));
  const auto project = openProject(path.toStdString());
  const auto [older, newer] = twoRuns(*project);
  Desk desk(path);
  auto& page = desk.page<TrainPage>(PageId::train);
  const auto bin = [&](const QString& run) {
    desk.studio->bridge().ask(LabelRun{.run = run, .archived = true}, &desk.window(),
                              [](Result<Done> done) { QVERIFY(done.ok()); });
  };
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(older) != nullptr, patience);
  desk.window().show(to::Train{.run = newer});
  QCOMPARE(page.run(), newer);
  bin(newer);
  QTRY_COMPARE_WITH_TIMEOUT(page.run(), older, patience);
  bin(older);
  QTRY_VERIFY_WITH_TIMEOUT(page.setup().isVisible(), patience);
  QVERIFY(page.run().isEmpty());
  // Opened from the bin it is shown.
  desk.window().show(to::Train{.run = newer});
  QCOMPARE(page.run(), newer);
  QVERIFY(page.live().isVisible());
}

void TestTrainPage::runsToLayOverAreOfThisProject() {
  QTemporaryDir folder;
  const QString first = newProject(folder.filePath("first.loom")),
                second = newProject(folder.filePath("second.loom"));
  const auto ofFirst = openProject(first.toStdString()), ofSecond = openProject(second.toStdString());
  const auto [older, newer] = twoRuns(*ofFirst);
  HandRun hand;
  hand.name = "alone";
  const QString alone = QString::fromStdString(handRun(*ofSecond, hand, 1'700'000'200'000'000));
  Desk desk(first);
  auto& page = desk.page<TrainPage>(PageId::train);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(older) != nullptr, patience);
  desk.window().show(to::Train{.run = newer});
  QTRY_VERIFY_WITH_TIMEOUT(page.findChild<QCheckBox*>("over_" + older) != nullptr, patience);
  desk.studio->open(second);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(alone) != nullptr, patience);
  desk.window().show(to::Train{.run = alone});
  QCOMPARE(page.run(), alone);
  QTRY_VERIFY_WITH_TIMEOUT(page.findChild<QCheckBox*>("over_" + older) == nullptr, patience);
}

QTEST_MAIN(TestTrainPage)
#include "tst_train_page.moc"
