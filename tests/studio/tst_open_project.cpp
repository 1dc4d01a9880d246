// SPDX-License-Identifier: GPL-3.0-or-later
// Projects of different tasks are opened one after the other, each left with questions under way and with
// something typed on every page: nothing of the earlier one is shown, asked or written in the next. The same
// for a deleted run, a moved project and answers that come late.
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/pages/data/picture_panel.h"
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/evaluate/try_view.h"
#include "app/studio/pages/evaluate/value_view.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QAbstractItemView>
#include <QComboBox>
#include <QDir>
#include <QDirIterator>
#include <QLineEdit>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;
namespace fs = std::filesystem;

namespace {

const PageTarget pages[] = {to::Data{}, to::Design{}, to::Train{}, to::Evaluate{}, to::History{}};

// A project, a file that its network can be tried on, and words that stand on its pages and on no other's.
struct Sample {
  QString folder, run, tryFile;
  QStringList words;
};

void write(const QString& path, const QByteArray& text) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("%s", qPrintable(path));
}

void must(const std::vector<std::string>& arguments) {
  const auto done = loomProgram(arguments);
  if (done.exitCode != 0) qFatal("%s: %s", arguments.front().c_str(), done.errors.c_str());
}

Sample trained(const QString& folder, const QString& name, const QString& tryFile, const QStringList& words) {
  must({"train", folder.toStdString(), "--epochs", "2", "--name", name.toStdString()});
  must({"evaluate", folder.toStdString(), "last", "--split", "test"});
  const auto run = findRun(folder.toStdString(), "last");
  if (!run) qFatal("no run");
  return {folder, QString::fromStdString(*run), tryFile, words + QStringList{name}};
}

// Pictures in two classes.
Sample shapes(const QString& base) {
  for (const char* name : {"darkling", "lightling"})
    for (int number = 0; number < 20; ++number) {
      QDir().mkpath(base + "/shapes/" + name);
      QImage image(12, 10, QImage::Format_RGB32);
      image.fill(name[0] == 'd' ? qRgb(10 + number, 20, 30) : qRgb(200, 210, 220 + number));
      if (!image.save(QString("%1/shapes/%2/%3.png").arg(base, name).arg(number))) qFatal("no picture");
    }
  const QString folder = base + "/pictured.loom";
  must({"new", folder.toStdString(), "--data", (base + "/shapes").toStdString()});
  return trained(folder, "runofshapes", base + "/shapes/darkling/0.png",
                 {"darkling", "lightling", "pictured", "0.png"});
}

// A number from two measures.
Sample houses(const QString& base) {
  QByteArray text = "zarea,zrooms,zprice\n";
  for (int row = 0; row < 120; ++row)
    text += QByteArray::number(40 + row * 3 % 97) + "," + QByteArray::number(1 + row % 5) + "," +
            QByteArray::number(1000.5 + 17.25 * row) + "\n";
  write(base + "/houses.csv", text);
  write(base + "/onehouse.csv", "zarea,zrooms,zprice\n50,3,0\n");
  const QString folder = base + "/priced.loom";
  must({"new", folder.toStdString(), "--data", (base + "/houses.csv").toStdString(), "--target", "zprice"});
  return trained(folder, "runofhouses", base + "/onehouse.csv",
                 {"zarea", "zrooms", "zprice", "priced", "onehouse"});
}

// Another table, in three classes.
Sample flowers(const QString& base) {
  const QString folder = base + "/flowered.loom";
  must({"new", folder.toStdString(), "--template", "iris"});
  QFile table(folder + "/data/iris.csv");
  if (!table.open(QIODevice::ReadOnly)) qFatal("no iris");
  const QByteArray head = table.readLine();
  write(base + "/oneflower.csv", head + table.readLine());
  return trained(folder, "runofflowers", base + "/oneflower.csv",
                 {"setosa", "versicolor", "petal", "flowered", "oneflower"});
}

// What a person can read or hear on a page, hidden lists and tables included.
QStringList wordsOf(QWidget& page) {
  QStringList all;
  for (auto* widget : page.findChildren<QWidget*>()) {
    if (auto* view = qobject_cast<QAbstractItemView*>(widget); view != nullptr && view->model() != nullptr) {
      const auto* model = view->model();
      for (int row = 0; row < model->rowCount(); ++row)
        for (int column = 0; column < model->columnCount(); ++column)
          all << model->index(row, column).data().toString();
      for (int column = 0; column < model->columnCount(); ++column)
        all << model->headerData(column, Qt::Horizontal).toString();
    }
    if (auto* box = qobject_cast<QComboBox*>(widget))
      for (int index = 0; index < box->count(); ++index) all << box->itemText(index);
    if (auto* line = qobject_cast<QLineEdit*>(widget)) all << line->text() << line->placeholderText();
    if (!widget->isVisible()) continue;
    if (auto* text = dynamic_cast<Text*>(widget)) all << text->text();
    all << widget->accessibleName();
  }
  all.removeAll(QString());
  return all;
}

} // namespace

class TestOpenProject : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void initTestCase();
  void nothingOfTheEarlierProjectSurvives_data();
  void nothingOfTheEarlierProjectSurvives();
  void closingForgetsEverything();
  void aDeletedRunIsForgotten();
  void aMovedProjectBeginsAfresh();
  void labelsGoToTheirOwnRun();

 private:
  // `loom`, but what takes seconds waits until it is let go; what is asked is written down.
  fs::path lateLoom() {
    const QString script = folder_.filePath("late");
    QFile::remove(asked());
    QFile::remove(letGo());
    write(script, QString("#!/bin/sh\necho \"$@\" >> '%1'\ncase $1 in estimate|evaluate|predict)\n"
                          "while [ ! -e '%2' ]; do sleep 0.05; done;; esac\nexec '%3' \"$@\"\n")
                      .arg(asked(), letGo(), LOOM_PROGRAM)
                      .toUtf8());
    QFile::setPermissions(script, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return script.toStdString();
  }
  QString asked() const { return folder_.filePath("asked"); }
  QString letGo() const { return folder_.filePath("go"); }
  QStringList askedLines() const {
    QFile file(asked());
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts);
  }
  static bool open(Desk& desk, const Sample& sample) {
    QSignalSpy opened(&desk.studio->session(), &Session::projectOpened);
    desk.studio->open(sample.folder);
    return QTest::qWaitFor(
        [&] { return !opened.isEmpty() && desk.studio->session().run(sample.run) != nullptr; }, patience);
  }
  // Each page with all it can show, answered by a real `loom`.
  void fillPages(Desk& desk, const Sample& sample);
  // Questions that are still under way, and what a person typed.
  void leaveOpen(Desk& desk, const Sample& sample);
  void checkPages(Desk& desk, const QStringList& foreign);
  QTemporaryDir folder_;
  QVector<Sample> samples_; // shapes, houses, flowers
};

void TestOpenProject::initTestCase() {
  samples_ = {shapes(folder_.path()), houses(folder_.path()), flowers(folder_.path())};
}

void TestOpenProject::fillPages(Desk& desk, const Sample& sample) {
  auto& window = desk.window();
  window.show(to::Data{});
  auto& data = desk.page<DataPage>(PageId::data);
  QTRY_VERIFY_WITH_TIMEOUT(!data.spec().format.empty(), patience);
  if (data.grid().isVisible()) data.grid().choose(0);
  window.show(to::Evaluate{sample.run});
  auto& evaluate = desk.page<EvaluatePage>(PageId::evaluate);
  const auto evaluated = [&] {
    return wordsOf(evaluate).join('\n').contains("Test accuracy") || evaluate.values().figures().count > 0;
  };
  QTRY_VERIFY_WITH_TIMEOUT(evaluated(), patience);
  QFile go(letGo());
  QVERIFY(go.open(QIODevice::WriteOnly));
  Q_EMIT evaluate.tryIt().filesGiven({sample.tryFile});
  QTRY_VERIFY_WITH_TIMEOUT(!evaluate.tryIt().answers().isEmpty(), patience);
  go.remove();
  window.show(to::History{});
  auto& history = desk.page<HistoryPage>(PageId::history);
  QTRY_COMPARE_WITH_TIMEOUT(history.model().rowCount(), 1, patience);
  history.table()->selectRow(0);
  window.show(to::Train{.run = sample.run});
}

void TestOpenProject::leaveOpen(Desk& desk, const Sample& sample) {
  auto& window = desk.window();
  auto& evaluate = desk.page<EvaluatePage>(PageId::evaluate);
  window.show(to::Train{to::Train::setup});
  auto& train = desk.page<TrainPage>(PageId::train);
  for (const char* field : {"setup_tags", "setup_note", "setup_name"})
    typeInto(train.findChild<QLineEdit*>(field), sample.words.front() + field);
  window.show(to::History{});
  desk.page<HistoryPage>(PageId::history)
      .findChild<QLineEdit*>("historyFilter")
      ->setText(sample.words.front());
  const auto before = askedLines().size();
  window.show(to::Evaluate{sample.run});
  auto* split = evaluate.findChild<QComboBox*>("evaluateSplit");
  split->setCurrentIndex(split->findData("train"));
  Q_EMIT split->activated(split->currentIndex());
  auto* now = evaluate.findChild<QPushButton*>("evaluateNow");
  QTRY_VERIFY_WITH_TIMEOUT(now->isVisible(), patience);
  QTest::mouseClick(now, Qt::LeftButton);
  auto* mode = evaluate.findChild<Segments*>("evaluateMode");
  QTest::mouseClick(mode, Qt::LeftButton, {}, mode->rectOf(1).center());
  Q_EMIT evaluate.tryIt().filesGiven({sample.tryFile});
  QTRY_VERIFY_WITH_TIMEOUT(askedLines().size() > before,
                           patience); // what runs answers nobody yet; the rest waits behind it
  desk.studio->session().askEstimate(desk.studio->session().drawn());
  desk.studio->session().carryOut(PicturesOf{sample.run, {0, 1, 2, 3}});
  desk.studio->session().carryOut(SeriesOf{sample.run, "train/loss", 0, 0, 100});
  desk.studio->session().carryOut(ProjectData{});
}

void TestOpenProject::checkPages(Desk& desk, const QStringList& foreign) {
  for (const PageTarget& target : pages) {
    auto& page = *desk.window().page(pageOf(target));
    desk.window().show(target);
    QCoreApplication::processEvents();
    const QString all = wordsOf(page).join('\n');
    for (const auto& word : foreign)
      QVERIFY2(!all.contains(word, Qt::CaseInsensitive),
               qPrintable(QString("“%1” is on page %2:\n%3").arg(word).arg(int(pageOf(target))).arg(all)));
  }
}

void TestOpenProject::nothingOfTheEarlierProjectSurvives_data() {
  QTest::addColumn<QVector<int>>("order");
  QTest::newRow("pictures, a number, classes") << QVector<int>{0, 1, 2};
  QTest::newRow("a number, pictures, a number") << QVector<int>{1, 0, 1};
}

void TestOpenProject::nothingOfTheEarlierProjectSurvives() {
  QFETCH(QVector<int>, order);
  Desk desk({}, {1440, 900}, lateLoom());
  for (qsizetype at = 0; at < order.size(); ++at) {
    const Sample& sample = samples_[order[at]];
    QVERIFY(open(desk, sample));
    const auto begun = askedLines().size();
    if (at > 0) {
      const Sample& before = samples_[order[at - 1]];
      checkPages(desk, before.words);
      auto& evaluate = desk.page<EvaluatePage>(PageId::evaluate);
      QVERIFY(evaluate.tryIt().answers().isEmpty());
      auto& data = desk.page<DataPage>(PageId::data);
      desk.window().show(to::Data{});
      QTRY_VERIFY_WITH_TIMEOUT(!data.spec().format.empty(), patience);
      QCOMPARE(data.grid().picture(0) == nullptr, data.spec().format == "csv");
      QCOMPARE(data.grid().current(), -1);
      // Answers that come now are nobody's.
      write(letGo(), "");
      std::optional<DataView> late;
      desk.studio->bridge().ask(ProjectData{}, &desk.window(), [&](const Result<DataView>& view) {
        if (view) late = *view;
      });
      QTRY_VERIFY_WITH_TIMEOUT(late.has_value(), patience);
      checkPages(desk, before.words);
      for (const auto& line : askedLines().mid(begun))
        QVERIFY2(!line.contains(before.folder), qPrintable(line));
      QFile::remove(letGo());
      QCOMPARE(QDir(sample.folder + "/networks").entryList(QDir::Files).size(), 1);
      QCOMPARE(QDir(sample.folder + "/runs").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 1);
      QVERIFY(desk.studio->session().run(sample.run)->row.tags.empty());
      QVERIFY(!QDir(before.folder + "/runs/" + before.run + "/evaluations")
                   .entryList()
                   .join(' ')
                   .contains("-train"));
    }
    fillPages(desk, sample);
    leaveOpen(desk, sample);
  }
}

void TestOpenProject::closingForgetsEverything() {
  Desk desk({}, {1440, 900}, lateLoom());
  const Sample& sample = samples_[0];
  QVERIFY(open(desk, sample));
  fillPages(desk, sample);
  leaveOpen(desk, sample);
  desk.studio->session().closeProject();
  QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().project().has_value(), patience);
  QTRY_COMPARE_WITH_TIMEOUT(desk.studio->bridge().questions().waiting(), 0, patience);
  checkPages(desk, sample.words);
  QVERIFY(desk.studio->session().runs().isEmpty());
  QVERIFY(desk.studio->session().document().network().nodes.empty());
}

// Of a run whose folder was deleted nothing is shown, and a prediction that comes late is nobody's.
void TestOpenProject::aDeletedRunIsForgotten() {
  const QString copy = folder_.filePath("copy.loom");
  fs::copy(samples_[2].folder.toStdString(), copy.toStdString(), fs::copy_options::recursive);
  Sample sample = samples_[2];
  sample.folder = copy;
  Desk desk({}, {1440, 900}, lateLoom());
  QVERIFY(open(desk, sample));
  fillPages(desk, sample);
  desk.window().show(to::Evaluate{sample.run});
  auto& evaluate = desk.page<EvaluatePage>(PageId::evaluate);
  Q_EMIT evaluate.tryIt().filesGiven({sample.tryFile});
  QTRY_VERIFY_WITH_TIMEOUT(askedLines().join('\n').count("predict") >= 2, patience);
  fs::remove_all(runFolder(copy.toStdString(), sample.run.toStdString()));
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().run(sample.run) == nullptr, patience);
  write(letGo(), "");
  checkPages(desk, {"runofflowers", "oneflower"});
  QTRY_COMPARE_WITH_TIMEOUT(desk.studio->bridge().questions().waiting(), 0, patience);
  checkPages(desk, {"runofflowers", "oneflower"});
  QVERIFY(evaluate.tryIt().answers().isEmpty());
}

// The same project at its new place is another one to the window: what was asked before is not answered.
void TestOpenProject::aMovedProjectBeginsAfresh() {
  const QString first = folder_.filePath("first.loom"), moved = folder_.filePath("moved.loom");
  fs::copy(samples_[1].folder.toStdString(), first.toStdString(), fs::copy_options::recursive);
  Sample sample = samples_[1];
  sample.folder = first;
  Desk desk({}, {1440, 900}, lateLoom());
  QVERIFY(open(desk, sample));
  fillPages(desk, sample);
  leaveOpen(desk, sample);
  fs::rename(first.toStdString(), moved.toStdString());
  sample.folder = moved;
  QVERIFY(open(desk, sample));
  write(letGo(), "");
  QTRY_COMPARE_WITH_TIMEOUT(desk.studio->bridge().questions().waiting(), 0, patience);
  desk.window().show(to::Evaluate{});
  auto& evaluate = desk.page<EvaluatePage>(PageId::evaluate);
  QVERIFY(evaluate.tryIt().answers().isEmpty());
  desk.window().show(to::Train{to::Train::setup});
  QCOMPARE(desk.page<TrainPage>(PageId::train).findChild<QLineEdit*>("setup_note")->text(), QString());
  QVERIFY(!fs::exists(first.toStdString()));
}

// A resume that is not answered yet does not take what was written for the run that is started after it.
void TestOpenProject::labelsGoToTheirOwnRun() {
  const QString project = newProject(folder_.filePath("labels.loom"));
  auto opened = openProject(project.toStdString());
  QVERIFY(bool(opened));
  HandRun earlier;
  earlier.name = "earlier";
  const QString resumed = QString::fromStdString(handRun(*opened, earlier));
  Desk desk(project);
  auto& session = desk.studio->session();
  QTRY_VERIFY_WITH_TIMEOUT(session.run(resumed) != nullptr, patience);
  TrainSettings settings = session.settings();
  settings.epochs = 1;
  settings.threads = 1;
  session.setSettings(settings);
  QStringList started;
  connect(&session, &Session::runStarted, this, [&](const QString& run) { started << run; });
  session.resumeRun(resumed);
  session.startRun(session.drawn(), {"labelled", {"mine"}, "my note"});
  QTRY_COMPARE_WITH_TIMEOUT(started.size(), 2, patience);
  QCOMPARE(started.front(), resumed);
  const auto labelled = [&] {
    const auto* view = session.run(started.back());
    return view != nullptr && view->row.tags == std::vector<std::string>{"mine"} &&
           view->row.note == "my note";
  };
  QTRY_VERIFY_WITH_TIMEOUT(labelled(), patience);
  QVERIFY(session.run(resumed)->row.tags.empty());
  QCOMPARE(session.run(resumed)->row.note, std::string());
}

QTEST_MAIN(TestOpenProject)
#include "tst_open_project.moc"
