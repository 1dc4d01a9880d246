// SPDX-License-Identifier: GPL-3.0-or-later
// The studio is killed in the middle of a run: the trainer lives on, a new window finds it, and the chart has
// no hole.
#include "app/studio/model/run_words.h"
#include "app/studio/pages/train/train_page.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QDir>
#include <QLineEdit>
#include <QProcess>
#include <csignal>

using namespace loom;
using namespace loom::test;

class TestReattach : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aKilledStudioIsReplaced();
};

// The studio that is going to be killed: this program again, a person's F5, then the event loop.
int studioWith(const QString& project) {
  Desk desk(project);
  desk.window().show(to::Train{to::Train::setup});
  auto& page = desk.page<TrainPage>(PageId::train);
  typeInto(page.findChild<QLineEdit*>("setup_epochs"), "3000");
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  return QApplication::exec();
}

void TestReattach::aKilledStudioIsReplaced() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QProcess studio;
  studio.start(QCoreApplication::applicationFilePath(), {"--studio", project});
  QVERIFY(studio.waitForStarted());
  QString found;
  QTRY_VERIFY_WITH_TIMEOUT(
      !(found = QDir(project + "/runs").entryList(QDir::Dirs | QDir::NoDotAndDotDot).value(0)).isEmpty(),
      patience);
  const std::string run = found.toStdString();
  const auto source = journalsIn(project.toStdString());
  const auto written = [&] {
    auto size = source->size(run, 1);
    return size ? *size : 0;
  };
  QTRY_VERIFY_WITH_TIMEOUT(written() > 50'000, patience);
  QTRY_VERIFY_WITH_TIMEOUT(!seriesOf(project, run, "train/loss").empty(), patience); // it is in the history
  ::kill(pid_t(studio.processId()), SIGKILL);
  studio.waitForFinished();
  QVERIFY(RunLock::held(runFolder(project.toStdString(), run)));
  const auto then = written();
  QTRY_VERIFY_WITH_TIMEOUT(written() > then, patience);

  // Started without a project, the window says what trains, and opens it on Train.
  // The killed window had a home of its own; this one knows the project from before.
  Settings(Settings::userFile()).remember({"p", project, 1'700'000'000});
  Desk desk;
  auto* strip = desk.window().findChild<Strip*>();
  QTRY_COMPARE_WITH_TIMEOUT(desk.window().context().strip().link, project, patience);
  QVERIFY(desk.window().context().strip().message.contains("is training"));
  strip->grab(); // the link is where it was painted
  QTest::mouseClick(strip, Qt::LeftButton, {}, QPoint(60, strip->height() / 2));
  QTRY_COMPARE_WITH_TIMEOUT(desk.window().currentPage(), PageId::train, patience);
  auto& page = desk.page<TrainPage>(PageId::train);
  QTRY_COMPARE_WITH_TIMEOUT(page.run(), QString::fromStdString(run), patience);
  auto& session = desk.studio->session();
  QTRY_VERIFY_WITH_TIMEOUT(session.run(page.run()) != nullptr && living(*session.run(page.run())), patience);
  QTRY_VERIFY_WITH_TIMEOUT(page.board().chart("loss")->curve(page.run() + "|train/loss") != nullptr,
                           patience);
  QTest::keyClick(&desk.window(), Qt::Key_F5, Qt::ShiftModifier);
  QTRY_COMPARE_WITH_TIMEOUT(session.run(page.run())->row.state, RunState::stopped, patience);
  const auto points = seriesOf(project, run, "train/loss");
  for (std::size_t at = 0; at < points.size(); ++at) QCOMPARE(points[at].first, std::int64_t(at) + 1);
  // The journal says the same, value for value.
  std::size_t at = 0;
  for (const auto& record : journalOf(project, run, "points")) {
    if (record["key"].get<std::string>() != "train/loss") continue;
    for (const auto& value : record["values"]) {
      QVERIFY(at < points.size());
      QCOMPARE(points[at++].second, value.get<double>());
    }
  }
  QCOMPARE(at, points.size());
  auto* curve = page.board().chart("loss")->curve(page.run() + "|train/loss");
  const auto counted = [&] {
    qint64 count = 0;
    for (const auto& bucket : curve->buckets()) count += bucket.count;
    return count;
  };
  QTRY_COMPARE_WITH_TIMEOUT(counted(), qint64(points.size()), patience);
}

int main(int argc, char** argv) {
  useOwnHome();
  QApplication application(argc, argv);
  const QStringList words = QCoreApplication::arguments();
  if (words.value(1) == "--studio") return studioWith(words.value(2));
  TestReattach test;
  return QTest::qExec(&test, argc, argv);
}
#include "tst_reattach.moc"
