// SPDX-License-Identifier: GPL-3.0-or-later
// What a person loses sight of while the window is open: a run's folder, the project's folder, a trainer.
// Each is noticed, said with what can be done, and nothing is made anew where something was.
#include "app/studio/model/run_words.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/pages/train/train_page.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QLineEdit>
#include <csignal>

using namespace loom;
using namespace loom::test;
namespace fs = std::filesystem;

class TestGone : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void aDeletedRunIsSaidAndNotMadeAnew();
  void aMovedProjectIsNeverWritten();
  void aDeletedProjectKeepsWhatWasDrawn();
  void unmountedRunsAreReportedUntilTheyAreBack();
  void aKilledTrainerIsSaidOnEveryPage();
  void aFailedStartIsAheadOfNobody();

 private:
  static QString start(Desk& desk) {
    desk.window().show(to::Train{to::Train::setup});
    auto& page = desk.page<TrainPage>(PageId::train);
    typeInto(page.findChild<QLineEdit*>("setup_epochs"), "3000");
    QTest::keyClick(&desk.window(), Qt::Key_F5);
    const auto trains = [&] {
      const auto* view = desk.studio->session().run(page.run());
      return view != nullptr && view->row.state == RunState::running && view->row.step > 0;
    };
    return QTest::qWaitFor(trains, patience) ? page.run() : QString();
  }
  static QString said(Desk& desk) {
    const auto* bar = desk.window().findChild<QWidget*>("windowMessage");
    return bar->isVisible() ? bar->accessibleName() : QString();
  }
  static void press(Desk& desk, const char* words) {
    auto* button = buttonWith(desk.window().findChild<QWidget*>("windowMessage"), words);
    QVERIFY2(button != nullptr, words);
    QTest::mouseClick(button, Qt::LeftButton);
  }
  // Another width of the first Linear, unsaved.
  static std::string drawUnsaved(Desk& desk) {
    desk.window().show(to::Design{});
    auto& document = desk.page<DesignPage>(PageId::design).document();
    for (const auto& [id, node] : document.network().nodes)
      if (node.type == "Linear") {
        document.perform(setParam(document.network(), id, "out_features", std::int64_t{29}));
        return node.name;
      }
    return {};
  }
  static std::int64_t widthOf(Desk& desk, const std::string& name) {
    const auto* node = desk.page<DesignPage>(PageId::design).document().network().nodeNamed(name);
    return node != nullptr ? node->params.getInt("out_features") : -1;
  }
};

void TestGone::aDeletedRunIsSaidAndNotMadeAnew() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  Desk desk(project);
  const QString run = start(desk);
  QVERIFY(!run.isEmpty());
  const fs::path place = runFolder(project.toStdString(), run.toStdString());
  std::error_code
      busy; // the trainer may write a file while its folder is taken away: again, as a person would
  while (fs::exists(place)) fs::remove_all(place, busy);
  QTRY_VERIFY_WITH_TIMEOUT(said(desk).contains("was deleted while it trained"), patience);
  QVERIFY2(said(desk).contains("Its trainer has ended"), qPrintable(said(desk)));
  QTRY_VERIFY(desk.studio->session().run(run) == nullptr);
  QVERIFY(!desk.window().context().strip().run.has_value());
  QTRY_VERIFY(desk.page<TrainPage>(PageId::train).setup().isVisible());
  int refused = 0;
  for (const auto verb : {RunControl::Verb::pause, RunControl::Verb::stop})
    desk.studio->bridge().ask(ControlRun{run, verb}, &desk.window(),
                              [&](const Result<Done>& sent) { refused += sent ? 0 : 1; });
  QTRY_COMPARE_WITH_TIMEOUT(refused, 2, patience);
  QVERIFY(!fs::exists(place));
  press(desk, "New run");
  QVERIFY(said(desk).isEmpty());
}

void TestGone::aMovedProjectIsNeverWritten() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom")), moved = folder.filePath("q.loom");
  Desk desk(project);
  const std::string node = drawUnsaved(desk);
  QVERIFY(!node.empty());
  fs::rename(project.toStdString(), moved.toStdString());
  QTest::keyClick(&desk.window(), Qt::Key_F5); // at once: before anything could have noticed
  QTest::keyClick(&desk.window(), Qt::Key_S, Qt::ControlModifier);
  QTRY_VERIFY_WITH_TIMEOUT(said(desk).contains("was moved to " + moved), patience);
  QVERIFY(desk.settled());
  QVERIFY(!fs::exists(project.toStdString()));
  QVERIFY(fs::is_empty((moved + "/runs").toStdString()));
  QCOMPARE(widthOf(desk, node), std::int64_t{29});
  press(desk, "Open it there");
  const auto there = [&] {
    const auto& open = desk.studio->session().project();
    return open && open->project.folder == fs::path(moved.toStdString());
  };
  QTRY_VERIFY_WITH_TIMEOUT(there(), patience);
  QVERIFY(said(desk).isEmpty());
  auto& design = desk.page<DesignPage>(PageId::design);
  QTRY_VERIFY_WITH_TIMEOUT(buttonWith(&design, "Restore") != nullptr, patience);
  QVERIFY(widthOf(desk, node) != 29);
  QTest::mouseClick(buttonWith(&design, "Restore"), Qt::LeftButton);
  QCOMPARE(widthOf(desk, node), std::int64_t{29});
  QVERIFY(!fs::exists(project.toStdString()));
}

void TestGone::aDeletedProjectKeepsWhatWasDrawn() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom")), copy = folder.filePath("copy.loom");
  std::string node;
  {
    Desk desk(project);
    node = drawUnsaved(desk);
    fs::copy(project.toStdString(), copy.toStdString(), fs::copy_options::recursive);
    fs::remove_all(project.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(said(desk).contains("is not there any more"), patience);
    auto* bar = desk.window().findChild<QWidget*>("windowMessage");
    QVERIFY(buttonWith(bar, "Find it…") != nullptr);
    press(desk, "Close project");
    QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().project().has_value(), patience);
    QVERIFY(said(desk).isEmpty());
  }
  QVERIFY(!fs::exists(project.toStdString()));
  Desk desk(copy);
  auto& design = desk.page<DesignPage>(PageId::design);
  QTRY_VERIFY_WITH_TIMEOUT(buttonWith(&design, "Restore") != nullptr, patience);
  QTest::mouseClick(buttonWith(&design, "Restore"), Qt::LeftButton);
  QCOMPARE(widthOf(desk, node), std::int64_t{29});
}

void TestGone::unmountedRunsAreReportedUntilTheyAreBack() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  const fs::path runs = fs::path(project.toStdString()) / "runs",
                 aside = folder.filePath("disk").toStdString();
  auto opened = openProject(project.toStdString());
  QVERIFY(bool(opened));
  const QString run = QString::fromStdString(handRun(*opened, HandRun{}));
  {
    Desk first(project); // the history learns of the run
    QTRY_VERIFY_WITH_TIMEOUT(first.studio->session().run(run) != nullptr, patience);
  }
  fs::rename(runs, aside);
  Desk desk(project);
  const auto shown = [&](const PageTarget& target) {
    desk.window().show(target);
    const auto* bar = desk.window().page(pageOf(target))->findChild<QWidget*>("runsOutOfReach");
    return bar->isVisible() ? bar->accessibleName() : QString();
  };
  QTRY_VERIFY_WITH_TIMEOUT(shown(to::History{}).contains("The folder of the runs is missing"), patience);
  QVERIFY2(shown(to::History{}).contains("Mount the disk"), qPrintable(shown(to::History{})));
  QVERIFY2(said(desk).isEmpty(), qPrintable(said(desk))); // once is enough
  QVERIFY(!shown(to::Train{to::Train::setup}).isEmpty());
  QVERIFY(!shown(to::Evaluate{run}).isEmpty());
  for (auto* button : desk.window().page(PageId::evaluate)->findChildren<QPushButton*>())
    QVERIFY2(!button->isVisible() || !button->text().startsWith("Evaluate on"), qPrintable(button->text()));
  QVERIFY(!shown(to::Train{to::Train::setup}).isEmpty());
  QTest::keyClick(&desk.window(), Qt::Key_F5); // refused: nothing is written next to a lost disk
  QVERIFY(desk.settled());
  QVERIFY(!fs::exists(runs));
  QVERIFY(desk.page<TrainPage>(PageId::train).setup().isVisible());
  QVERIFY(!desk.window().findChild<QWidget*>("trainMessage")->isVisible());
  fs::rename(aside, runs);
  QTRY_VERIFY_WITH_TIMEOUT(shown(to::Train{to::Train::setup}).isEmpty(), patience);
  QVERIFY(shown(to::History{}).isEmpty());
  fs::rename(runs, aside); // while the project is open
  QTRY_VERIFY_WITH_TIMEOUT(!shown(to::History{}).isEmpty(), patience);
  fs::rename(aside, runs);
  QTRY_VERIFY_WITH_TIMEOUT(shown(to::History{}).isEmpty(), patience);
}

void TestGone::aKilledTrainerIsSaidOnEveryPage() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QString run;
  {
    Desk desk(project);
    run = start(desk);
    QVERIFY(!run.isEmpty());
    // What is under way is not deleted; the reason is said, with the way out.
    desk.window().show(to::History{});
    auto& history = desk.page<HistoryPage>(PageId::history);
    QTRY_VERIFY(history.model().rowCount() == 1);
    history.table()->selectRow(0);
    QTest::mouseClick(history.findChild<QPushButton*>("historyBin"), Qt::LeftButton);
    auto* bar = history.findChild<QWidget*>("binMessage");
    QVERIFY(bar->isVisible() && bar->accessibleName().contains("Stop it first"));
    QVERIFY(buttonWith(bar, "Stop") != nullptr);

    const auto holder = RunLock::holder(runFolder(project.toStdString(), run.toStdString()));
    QVERIFY(holder && holder->process > 1);
    ::kill(holder->process, SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(said(desk).contains("ended unexpectedly"), patience);
    QCOMPARE(desk.window().currentPage(), PageId::history);
    QCOMPARE(desk.window().context().strip().endedRun, run);
    press(desk, "Show it on Train");
    QCOMPARE(desk.window().currentPage(), PageId::train);
    QVERIFY(desk.page<TrainPage>(PageId::train).findChild<QPushButton*>("runResume")->isVisible());
  }
  // Opened again it is still there to be resumed, until the person asks for something else.
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().brokenOff() != nullptr, patience);
  desk.window().show(to::Train{});
  auto& page = desk.page<TrainPage>(PageId::train);
  QCOMPARE(page.run(), run);
  QVERIFY(page.findChild<QPushButton*>("runResume")->isVisible());
  QTest::mouseClick(page.findChild<QPushButton*>("runNew"), Qt::LeftButton);
  desk.window().show(to::History{});
  desk.window().show(to::Train{});
  QVERIFY(page.setup().isVisible());
}

void TestGone::aFailedStartIsAheadOfNobody() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QFile::remove(project + "/data/digits.csv");
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  for (int time = 0; time < 2; ++time) {
    QTest::keyClick(&desk.window(), Qt::Key_F5);
    auto* message = page.findChild<QWidget*>("trainMessage");
    QTRY_VERIFY_WITH_TIMEOUT(message->isVisible(), patience);
    QTRY_VERIFY(desk.studio->session().underWay().isEmpty());
    QTRY_VERIFY(page.setup().isVisible());
  }
}

QTEST_MAIN(TestGone)
#include "tst_gone.moc"
