// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that wait for cores, as the window shows them: closing it loses none, a second window and the terminal
// see the same, and after a restart of the computer the person is asked first.
#include "app/studio/bridge/queued_runs.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/model/run_words.h"
#include "app/studio/model/state_mark.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/history/run_table.h"
#include "app/studio/pages/train/run_list.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/widgets/message_bar.h"
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
QString startWaiting(Desk& desk, const char* epochs = "2") {
  desk.window().activateWindow(); // keys go to the active one of several windows
  if (!QTest::qWaitForWindowActive(&desk.window())) return {};
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  typeInto(page.findChild<QLineEdit*>("setup_epochs"), epochs);
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  const auto waits = [&] {
    const auto* view = desk.studio->session().run(page.run());
    return view != nullptr && view->waiting && view->place > 0 && !view->waitsFor.isEmpty();
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

void changeEntries(const char* member, const char* value) {
  for (const QueuedRun& one : waitingRuns()) {
    const fs::path file = queueFolder() / (one.entry.id + ".json");
    auto json = readJsonFile(file);
    (*json)[member] = value;
    if (auto written = writeFileAtomically(file, canonicalJson(*json)); !written)
      qFatal("%s", written.error().message().c_str());
  }
}

// As if they had been queued before the computer was restarted.
void restartComputer() { changeEntries("boot", "00000000-0000-0000-0000-000000000000"); }

const RunView* viewOf(Desk& desk, const QString& run) { return desk.studio->session().run(run); }

QStringList namesUnderWay(Desk& desk) {
  QStringList names;
  for (const auto* view : desk.studio->session().underWay()) names << text(view->row.name);
  return names;
}

// A run that waited in a window when the computer was restarted; empty when it could not be queued.
QString waitsSinceBefore(const QString& project) {
  const auto busy = allCores();
  Desk desk(project);
  const QString run = startWaiting(desk);
  restartComputer();
  return run;
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
  void aDecisionInATerminalWithdrawsTheQuestion_data();
  void aDecisionInATerminalWithdrawsTheQuestion();
  void aRunThatCannotStartSaysWhy();
  void aRunWaitsForItsProject();
  void waitingRunsHaveAPlaceAndKeepTheirNames();
  void aWaitingRunShowsItsSettings();
  void theSameTrainingIsAskedAbout();
  void trainingsOfOtherProjectsAreAhead();
  void trainingsOfOtherProjectsAreInTheStrip();
  void runsAreNumberedOnce();
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
  const QString run = waitsSinceBefore(project);
  QVERIFY(!run.isEmpty());
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

void TestWaitingRuns::aDecisionInATerminalWithdrawsTheQuestion_data() {
  QTest::addColumn<bool>("start");
  QTest::addColumn<bool>("another");
  QTest::newRow("start") << true << false;
  QTest::newRow("remove") << false << false;
  QTest::newRow("another message is shown") << false << true;
}

void TestWaitingRuns::aDecisionInATerminalWithdrawsTheQuestion() {
  QFETCH(bool, start);
  QFETCH(bool, another);
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  const QString run = waitsSinceBefore(project);
  QVERIFY(!run.isEmpty());
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(bar(desk) != nullptr, patience);
  const QString words = "Another message";
  if (another) desk.window().tell(MessageKind::info, words);
  auto queue = Queue::ofThisComputer();
  if (start) {
    QVERIFY(queue.release({}).ok());
    QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) == nullptr || !viewOf(desk, run)->held, patience);
  } else {
    QVERIFY(queue.remove(waitingRuns().front().entry.id).ok());
    QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) == nullptr, patience);
  }
  if (another)
    QVERIFY(bar(desk) != nullptr && bar(desk)->accessibleName().contains(words));
  else
    QTRY_VERIFY_WITH_TIMEOUT(bar(desk) == nullptr, patience);
  if (!start) return;
  // Released, it is started by whoever looks next.
  QVERIFY(queue.ensureRunner(LOOM_PROGRAM).ok());
  QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, run), patience);
}

void TestWaitingRuns::aRunThatCannotStartSaysWhy() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk desk(project);
  const QString run = startWaiting(desk);
  QVERIFY(!run.isEmpty());
  const auto strip = [&] { return desk.window().context().strip(); };
  QTRY_COMPARE_WITH_TIMEOUT(strip().waiting, QString("1 run waiting"), patience);
  changeEntries("failure", "No space is left");
  QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) != nullptr && viewOf(desk, run)->impossible, patience);
  QVERIFY(viewOf(desk, run)->failed && !viewOf(desk, run)->unreachable);
  const StateMark& mark = markOf(*viewOf(desk, run));
  QCOMPARE(QString(mark.word), QString("Cannot start"));
  QVERIFY(mark.colour == Token::error);
  QTRY_VERIFY(strip().waiting.isEmpty());
  QVERIFY2(strip().message.contains("cannot start"), qPrintable(strip().message));
  QVERIFY(desk.studio->session().liveRun() == nullptr);
  auto& page = desk.page<TrainPage>(PageId::train);
  QCOMPARE(page.run(), run);
  auto* waiting = page.findChild<QWidget*>("runWaiting");
  QVERIFY(waiting->isVisible());
  QCOMPARE(waiting->accessibleName(), QString("Cannot start, No space is left"));
  QTRY_VERIFY(buttonWith(&page, "Start again") != nullptr);
  QTest::mouseClick(buttonWith(&page, "Start again"), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) != nullptr && !viewOf(desk, run)->impossible, patience);
  QVERIFY(viewOf(desk, run)->waiting);
  QVERIFY(waitingRuns().front().entry.failure.empty());
  QTRY_VERIFY(buttonWith(&page, "Start again") == nullptr);
  QVERIFY(buttonWith(&page, "Remove from queue") != nullptr);
  QTest::mouseClick(buttonWith(&page, "Remove from queue"), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(waitingRuns().empty(), patience);
}

// It has not failed, so that nothing is to be started again.
void TestWaitingRuns::aRunWaitsForItsProject() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk desk(project);
  const QString run = startWaiting(desk);
  QVERIFY(!run.isEmpty());
  const std::string id = waitingRuns().front().entry.projectId;
  changeEntries("project_id", "another");
  QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) != nullptr && viewOf(desk, run)->unreachable, patience);
  const RunView& view = *viewOf(desk, run);
  QVERIFY(view.waiting && !view.impossible && !view.failed);
  QVERIFY2(view.waitsFor.contains("another project"), qPrintable(view.waitsFor));
  auto& page = desk.page<TrainPage>(PageId::train);
  auto* waiting = page.findChild<QWidget*>("runWaiting");
  QTRY_VERIFY2(waiting->accessibleName().startsWith("Waits for the project, "),
               qPrintable(waiting->accessibleName()));
  QVERIFY(buttonWith(&page, "Start again") == nullptr);
  changeEntries("project_id", id.c_str());
  QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) != nullptr && !viewOf(desk, run)->unreachable, patience);
  busy.reset();
  QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, run), patience);
}

void TestWaitingRuns::waitingRunsHaveAPlaceAndKeepTheirNames() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk desk(project);
  const QString first = startWaiting(desk, "2"), second = startWaiting(desk, "3");
  QVERIFY(!first.isEmpty() && !second.isEmpty() && first != second);
  const QString firstName = text(viewOf(desk, first)->row.name),
                secondName = text(viewOf(desk, second)->row.name);
  QVERIFY2(firstName != secondName, qPrintable(firstName));
  QTRY_COMPARE_WITH_TIMEOUT(namesUnderWay(desk), QStringList({firstName, secondName}), patience);
  QCOMPARE(queueText(*viewOf(desk, second)), QString("2nd in the queue"));
  QVERIFY(!waitedText(*viewOf(desk, second)).isEmpty());
  auto* list = desk.page<TrainPage>(PageId::train).findChild<RunList*>();
  QTRY_COMPARE(list->count(), 2);
  QVERIFY2(list->wordsAt(1).value(0).startsWith("2nd, waiting "), qPrintable(list->wordsAt(1).value(0)));
  // The second one is moved to the front, by a terminal.
  QString entry;
  for (const QueuedRun& one : waitingRuns())
    if (runOf(one.entry.request) == second.toStdString()) entry = QString::fromStdString(one.entry.id);
  QVERIFY(Queue::ofThisComputer().move(entry.toStdString(), 0).ok());
  QTRY_COMPARE_WITH_TIMEOUT(namesUnderWay(desk), QStringList({secondName, firstName}), patience);
  desk.window().show(to::History{});
  const auto& model = desk.page<HistoryPage>(PageId::history).model();
  QTRY_COMPARE_WITH_TIMEOUT(model.idAt(0), second, patience);
  QCOMPARE(model.idAt(1), first);
  QCOMPARE(model.data(model.index(1, RunTableModel::state), Qt::DisplayRole).toString(),
           QString("Waiting, 2nd"));
  busy.reset();
  QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, first) && finishedIn(desk, second), patience);
  QCOMPARE(text(viewOf(desk, first)->row.name), firstName);
  QCOMPARE(text(viewOf(desk, second)->row.name), secondName);
}

void TestWaitingRuns::aWaitingRunShowsItsSettings() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  QString run;
  {
    Desk desk(project);
    run = startWaiting(desk);
    QVERIFY(!run.isEmpty());
  }
  Desk desk(project); // it was not asked for in this window
  QTRY_VERIFY_WITH_TIMEOUT(viewOf(desk, run) != nullptr && viewOf(desk, run)->place > 0, patience);
  desk.window().show(to::History{});
  const auto& model = desk.page<HistoryPage>(PageId::history).model();
  QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 1, patience);
  const auto cell = [&](int column) {
    return model.data(model.index(0, column), Qt::DisplayRole).toString();
  };
  const TrainSettings settings = desk.studio->session().settings();
  QCOMPARE(cell(RunTableModel::optimizer), text(settings.optimizer));
  QCOMPARE(cell(RunTableModel::rate).toDouble(), settings.learningRate);
  QCOMPARE(cell(RunTableModel::batch), QString::number(settings.batch));
  QCOMPARE(cell(RunTableModel::epochs), QString("2"));
  QVERIFY(cell(RunTableModel::parameters) != missingText);
  // They are those that the history has when it has begun.
  const auto before = viewOf(desk, run)->row.settings;
  busy.reset();
  QTRY_VERIFY_WITH_TIMEOUT(finishedIn(desk, run), patience);
  for (const auto& [name, value] : viewOf(desk, run)->row.settings) {
    if (name == "threads" || name == "device") continue; // chosen by the trainer
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&, key = name](const auto& one) { return one.first == key; });
    QVERIFY2(known != before.end(), name.c_str());
    QCOMPARE(known->second, value);
  }
}

void TestWaitingRuns::theSameTrainingIsAskedAbout() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  std::optional<OwnLease> busy = allCores();
  Desk desk(project);
  const QString run = startWaiting(desk);
  QVERIFY(!run.isEmpty());
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  QTRY_VERIFY_WITH_TIMEOUT(bar(desk) != nullptr, patience);
  QVERIFY2(bar(desk)->accessibleName().contains("The same training waits already"),
           qPrintable(bar(desk)->accessibleName()));
  QCOMPARE(waitingRuns().size(), std::size_t{1});
  QTest::mouseClick(buttonWith(bar(desk), "Start another"), Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(waitingRuns().size(), std::size_t{2}, patience);
  QVERIFY(bar(desk) == nullptr);
  // Asked again; the message goes when nothing like it waits any more.
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  QTRY_VERIFY_WITH_TIMEOUT(bar(desk) != nullptr, patience);
  for (const QueuedRun& one : waitingRuns()) QVERIFY(Queue::ofThisComputer().remove(one.entry.id).ok());
  QTRY_VERIFY_WITH_TIMEOUT(bar(desk) == nullptr, patience);
  // Other settings are another training.
  QVERIFY(!startWaiting(desk, "3").isEmpty());
  QVERIFY(!startWaiting(desk, "4").isEmpty());
  QCOMPARE(waitingRuns().size(), std::size_t{2});
  QVERIFY(bar(desk) == nullptr);
}

void TestWaitingRuns::trainingsOfOtherProjectsAreAhead() {
  QTemporaryDir folder;
  Desk desk(newProject(folder.filePath("p.loom")));
  desk.window().show(to::Train{to::Train::setup});
  const auto& setup = desk.page<TrainPage>(PageId::train).setup();
  const auto cores = [&] { return desk.studio->session().load().cores; };
  QTRY_VERIFY_WITH_TIMEOUT(cores() > 0 && setup.runsAhead("cpu") == 0, patience);
  std::optional<OwnLease> busy = allCores(); // of another project
  QTRY_COMPARE_WITH_TIMEOUT(setup.runsAhead("cpu"), qsizetype{1}, patience);
  busy.reset();
  QTRY_COMPARE_WITH_TIMEOUT(setup.runsAhead("cpu"), qsizetype{0}, patience);
}

void TestWaitingRuns::trainingsOfOtherProjectsAreInTheStrip() {
  QTemporaryDir folder;
  const QString own = newProject(folder.filePath("own.loom")),
                other = newProject(folder.filePath("other.loom"));
  Desk desk(own);
  const auto strip = [&] { return desk.window().context().strip(); };
  QVERIFY(strip().others.isEmpty());
  Lease lease;
  lease.run = "of-the-other";
  lease.project = other.toStdString();
  lease.cores = 1;
  auto taken = OwnLease::take(queueFolder(), lease);
  QVERIFY(taken.ok());
  QTRY_VERIFY_WITH_TIMEOUT(strip().others.contains("other") && strip().others.contains("1 training"),
                           patience);
  QCOMPARE(strip().othersLink, other);
  QVERIFY(!strip().run.has_value());
  Q_EMIT desk.window().strip()->linkClicked(other);
  const auto* question = bar(desk);
  QVERIFY(question != nullptr && question->accessibleName().contains("Open the project"));
  QCOMPARE(desk.studio->session().project()->project.folder, fs::path(own.toStdString())); // asked first
  QTest::mouseClick(buttonWith(bar(desk), "Open project"), Qt::LeftButton);
  const auto opened = [&] {
    const auto& project = desk.studio->session().project();
    return project && project->project.folder == fs::path(other.toStdString());
  };
  QTRY_VERIFY_WITH_TIMEOUT(opened(), patience);
  QTRY_VERIFY_WITH_TIMEOUT(strip().others.isEmpty(), patience); // its own now
}

void TestWaitingRuns::runsAreNumberedOnce() {
  const auto named = [](const char* id, const char* name) {
    RunView view;
    view.row.id = id;
    view.row.name = name;
    return view;
  };
  QCOMPARE(nextRunName("digits", {}), std::string("digits · 1"));
  const std::vector<RunView> stored{named("a", "digits · 1"), named("b", "mine")};
  const std::vector<RunView> queued{named("b", "mine"), named("c", "digits · 7"), named("d", "digits · x"),
                                    named("e", "other · 40")};
  QCOMPARE(nextRunName("digits", stored), std::string("digits · 3"));
  QCOMPARE(nextRunName("digits", stored, queued), std::string("digits · 8"));
  QCOMPARE(ordinalText(1) + ordinalText(2) + ordinalText(3) + ordinalText(11) + ordinalText(22),
           QString("1st2nd3rd11th22nd"));
}

QTEST_MAIN(TestWaitingRuns)
#include "tst_waiting_runs.moc"
