// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that wait for cores, as the window shows them: closing it loses none, a second window and the terminal
// see the same, and after a restart of the computer the person is asked first.
#include "app/studio/pages/train/train_page.h"
#include "core/base/atomic_file.h"
#include "core/base/parallel.h"
#include "core/launch/queue.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QLineEdit>

using namespace loom;
using namespace loom::test;
namespace fs = std::filesystem;

namespace {

OwnLease allCores() {
  Lease lease;
  lease.run = "the-tests-own";
  lease.project = "/tests";
  lease.cores = usableCores();
  auto own = OwnLease::take(queueFolder(), lease);
  if (!own) qFatal("%s", own.error().message().c_str());
  return std::move(*own);
}

std::vector<QueuedRun> waitingRuns() {
  auto view = Queue::ofThisComputer().look();
  if (!view) qFatal("%s", view.error().message().c_str());
  return std::move(view->runs);
}

// Presses Run; the run's id once the window shows that it waits.
QString startWaiting(Desk& desk) {
  desk.window().activateWindow(); // keys go to the active one of several windows
  if (!QTest::qWaitForWindowActive(&desk.window())) return {};
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  typeInto(page.findChild<QLineEdit*>("setup_epochs"), "2");
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  const auto waits = [&] {
    const auto* view = desk.studio->session().run(page.run());
    return view != nullptr && view->waiting && !view->waitsFor.isEmpty();
  };
  return QTest::qWaitFor(waits, patience) ? page.run() : QString();
}

bool finishedIn(Desk& desk, const QString& run) {
  const auto* view = desk.studio->session().run(run);
  return view != nullptr && view->row.state == RunState::finished && !view->starting;
}

QWidget* bar(Desk& desk) {
  auto* message = desk.window().findChild<QWidget*>("windowMessage");
  return message->isVisible() ? message : nullptr;
}

// As if it had been queued before the computer was restarted.
void restartComputer() {
  for (const QueuedRun& one : waitingRuns()) {
    const fs::path file = queueFolder() / (one.entry.id + ".json");
    auto json = readJsonFile(file);
    (*json)["boot"] = "00000000-0000-0000-0000-000000000000";
    if (auto written = writeFileAtomically(file, canonicalJson(*json)); !written)
      qFatal("%s", written.error().message().c_str());
  }
}

} // namespace

class TestWaitingRuns : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void cleanup() {
    for (const QueuedRun& one : waitingRuns()) (void)Queue::ofThisComputer().remove(one.entry.id);
    QTRY_VERIFY_WITH_TIMEOUT(leasesNow(queueFolder()).empty() && !Queue::ofThisComputer().hasRunner(),
                             patience);
  }
  void aClosedWindowLosesNoWaitingRun();
  void twoWindowsShowTheSame();
  void aWaitingRunIsCancelled();
  void afterARestartThePersonIsAsked_data();
  void afterARestartThePersonIsAsked();
};

void TestWaitingRuns::aClosedWindowLosesNoWaitingRun() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  QString run;
  {
    Desk desk(project);
    run = startWaiting(desk);
    QVERIFY(!run.isEmpty());
  }
  QCOMPARE(waitingRuns().size(), std::size_t{1});
  {
    Desk desk(project); // opened again it is shown, with its reason
    const auto shown = [&] {
      const auto* view = desk.studio->session().run(run);
      return view != nullptr && view->waiting && !view->waitsFor.isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(shown(), patience);
  }
  busy.reset(); // no window is open
  const fs::path place = runFolder(project.toStdString(), run.toStdString());
  QTRY_VERIFY_WITH_TIMEOUT(fs::exists(place / "attempts" / "1" / "exit"), patience);
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, run), patience);
}

void TestWaitingRuns::twoWindowsShowTheSame() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk first(project), second(project);
  const QString run = startWaiting(first);
  QVERIFY(!run.isEmpty());
  const auto shown = [&] {
    const auto* view = second.studio->session().run(run);
    return view != nullptr && view->waiting;
  };
  QTRY_VERIFY_WITH_TIMEOUT(shown(), patience);
  // The second one takes it back: neither shows it any more, and neither calls it a failure.
  second.studio->bridge().ask(ControlRun{run, RunControl::Verb::stop}, this,
                              [](Result<Done> done) { QVERIFY(done.ok()); });
  for (Desk* desk : {&first, &second})
    QTRY_VERIFY_WITH_TIMEOUT(desk->studio->session().run(run) == nullptr, patience);
  QVERIFY(waitingRuns().empty());
  QVERIFY(bar(first) == nullptr && bar(second) == nullptr);
  auto* failure = first.page<TrainPage>(PageId::train).findChild<QWidget*>("trainMessage");
  QVERIFY(failure == nullptr || !failure->isVisible());
}

void TestWaitingRuns::aWaitingRunIsCancelled() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk desk(project);
  const QString run = startWaiting(desk);
  QVERIFY(!run.isEmpty());
  QTest::keyClick(&desk.window(), Qt::Key_F5, Qt::ShiftModifier);
  QTRY_VERIFY_WITH_TIMEOUT(waitingRuns().empty(), patience);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(run) == nullptr, patience);
  QVERIFY(!fs::exists(runFolder(project.toStdString(), run.toStdString())));
}

void TestWaitingRuns::afterARestartThePersonIsAsked_data() {
  QTest::addColumn<bool>("start");
  QTest::newRow("start") << true;
  QTest::newRow("remove") << false;
}

void TestWaitingRuns::afterARestartThePersonIsAsked() {
  QFETCH(bool, start);
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QString run;
  {
    const auto busy = allCores();
    Desk desk(project);
    run = startWaiting(desk);
    QVERIFY(!run.isEmpty());
    restartComputer();
  }
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(bar(desk) != nullptr, patience);
  QVERIFY2(bar(desk)->accessibleName().contains("restarted"), qPrintable(bar(desk)->accessibleName()));
  QVERIFY(desk.studio->session().run(run)->held);
  const fs::path place = runFolder(project.toStdString(), run.toStdString());
  QVERIFY(!fs::exists(place));
  auto* button = buttonWith(bar(desk), start ? "Start" : "Remove");
  QVERIFY(button != nullptr);
  QTest::mouseClick(button, Qt::LeftButton);
  if (start) {
    QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, run), patience);
  } else {
    QTRY_VERIFY_WITH_TIMEOUT(waitingRuns().empty(), patience);
    QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(run) == nullptr, patience);
    QVERIFY(!fs::exists(place));
  }
  QVERIFY(bar(desk) == nullptr);
}

QTEST_MAIN(TestWaitingRuns)
#include "tst_waiting_runs.moc"
