// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page: what a project learns from, and the way from a person's own file to a project.
#include "app/studio/pages/data/class_bars.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/data/data_table.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "core/data/table_options.h"
#include "core/network/validate.h"
#include "tests/studio/studio_fixture.h"
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QSignalSpy>
#include <tuple>

using namespace loom;
using namespace loom::test;

namespace {

QString write(const QString& name, const QByteArray& text) {
  const QString path = home().path() + "/" + name;
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(path));
  file.write(text);
  return path;
}

// 60 rows: two measures, a colour, a price that follows from them, and a running number.
QByteArray houses(int rows = 60) {
  QByteArray text = "id,area,rooms,colour,price\n";
  for (int row = 0; row < rows; ++row)
    text += QByteArray::number(row + 1) + "," +
            (row == 7 ? QByteArray() : QByteArray::number(40 + row * 3 % 97)) + "," +
            QByteArray::number(1 + row % 5) + "," +
            (row % 3 == 0   ? "red"
             : row % 3 == 1 ? "blue"
                            : "white") +
            "," + QByteArray::number(1000.5 + 17.25 * row) + "\n";
  return text;
}

// A drop as a file manager makes it.
void drop(QWidget* target, const QString& path) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(path)});
  const QPoint at = target->rect().center();
  QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(target, &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent event(QPointF(at), Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(target, &event);
}

struct Sheet {
  explicit Sheet(const QString& project = {})
      : desk(project), page((desk.window().show(to::Data{}), desk.page<DataPage>(PageId::data))),
        shown(&page, &DataPage::shown) {}
  bool waitForData(int before) {
    return QTest::qWaitFor([&] { return shown.size() > before; }, patience);
  }
  template<class W> W* field(const char* name) { return page.findChild<W*>(name); }
  QPushButton* primary() { return field<QPushButton>("dataPrimary"); }
  QString words() { // all that stands on the page
    QStringList all;
    for (auto* text : page.findChildren<Text*>())
      if (text->isVisible()) all << text->text();
    return all.join("\n");
  }
  // Types without Enter and without leaving the field.
  void type(const char* name, const QString& text) {
    auto* line = field<QLineEdit>(name);
    QTest::mouseClick(line, Qt::LeftButton);
    QTest::keyClick(line, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(line, text);
  }
  Desk desk;
  DataPage& page;
  QSignalSpy shown;
};

} // namespace

class TestDataPage : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void saysWhatToDoWhenEmpty();
  void dialogsFollowTheFormats();
  void tableBecomesAProject();
  void proposalCanBeChanged();
  void imageFolderBecomesAProject();
  void whatIsWrongIsSaidAtThePlace_data();
  void whatIsWrongIsSaidAtThePlace();
  void splitOfAProjectIsKept();
  void picturesByPartAndClass();
  void cancelGoesBack();
  void typedValuesAreTakenBeforeAnAction();
  void wrongValuesKeepAnActionFromRunning_data();
  void wrongValuesKeepAnActionFromRunning();
  void tabFollowsTheReadingOrder();
};

void TestDataPage::saysWhatToDoWhenEmpty() {
  Sheet it;
  QVERIFY(it.words().contains("No data yet. Drop a file or a folder."));
  QVERIFY(it.field<QPushButton>("chooseFile")->isVisible());
  QVERIFY(it.field<QPushButton>("chooseFolder")->isVisible());
  QVERIFY(!it.primary()->isVisible());
}

// Whatever a format reads can be chosen: a file, a folder, or either.
void TestDataPage::dialogsFollowTheFormats() {
  Sheet it;
  const auto dialog = [&](QFileDialog::FileMode mode, PathKind kind) {
    auto* open = it.page.findChild<QFileDialog*>();
    QVERIFY(open != nullptr);
    QCOMPARE(open->fileMode(), mode);
    for (const auto& format : datasetFormats()) {
      const bool offered = open->windowTitle().contains(
          QString::fromUtf8(format.label.data(), qsizetype(format.label.size())));
      QCOMPARE(offered, format.source == kind || format.source == PathKind::either);
    }
    delete open;
  };
  QTest::mouseClick(it.field<QPushButton>("chooseFile"), Qt::LeftButton);
  dialog(QFileDialog::ExistingFile, PathKind::file);
  QTest::mouseClick(it.field<QPushButton>("chooseFolder"), Qt::LeftButton);
  dialog(QFileDialog::Directory, PathKind::folder);
  for (const auto& [at, mode, kind] : {std::tuple(0, QFileDialog::ExistingFile, PathKind::file),
                                       std::tuple(1, QFileDialog::Directory, PathKind::folder)}) {
    it.field<QPushButton>("dataNew")->click();
    auto* menu = it.field<QMenu>("dataSource");
    QVERIFY(menu != nullptr);
    QCOMPARE(menu->actions().size(), 2);
    menu->actions()[at]->trigger();
    dialog(mode, kind);
    delete menu;
  }
}

void TestDataPage::tableBecomesAProject() {
  const QString file = write("houses.csv", houses());
  Sheet it;
  drop(&it.page, file);
  QVERIFY(it.page.isDraft());
  QVERIFY(it.waitForData(0));
  QCOMPARE(it.field<QComboBox>("dataTarget")->currentText(), QString("price"));
  QCOMPARE(it.page.spec().task, Task::regression);
  QVERIFY2(it.words().contains("only counts the rows"), qPrintable(it.words()));
  QVERIFY2(it.words().contains("missing"), qPrintable(it.words()));
  QCOMPARE(it.page.table().model()->rowCount(), 60);
  QCOMPARE(it.field<QLineEdit>("dataName")->text(), QString("houses"));
  QVERIFY(it.primary()->isEnabled());
  QTest::mouseClick(it.primary(), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(it.desk.studio->session().project().has_value(), patience);
  QCOMPARE(it.desk.window().currentPage(), PageId::design);
  auto project = openProject((home().path() + "/Neuroloom/houses.loom").toStdString());
  QVERIFY(bool(project));
  QCOMPARE(project->data.options.getString("target"), std::string("price"));
  QVERIFY(bool(loadNetwork(*project, {})));
  // The page now shows the project's data, with the choice fixed.
  it.desk.window().show(to::Data{});
  QVERIFY(it.waitForData(1));
  QVERIFY(!it.page.isDraft());
  QVERIFY(!it.field<QComboBox>("dataTarget")->isEnabled());
}

void TestDataPage::proposalCanBeChanged() {
  const QString file = write("change.csv", houses(80));
  Sheet it;
  it.page.begin(file);
  QVERIFY(it.waitForData(0));
  // Another target, by its head and its menu.
  it.page.table().openMenu(4);
  auto* menu = it.page.findChild<QMenu*>("columnMenu");
  QVERIFY(menu != nullptr && menu->isVisible());
  menu->actions().first()->trigger();
  menu->close();
  QVERIFY(it.waitForData(1));
  QCOMPARE(tableOptions(it.page.spec()).target, std::string("colour"));
  QCOMPARE(it.page.spec().task, Task::classification);
  QVERIFY(it.field<ClassBars>("learnBars")->isVisible());
  // Rooms as a category: five columns in place of one.
  const auto before = it.words();
  it.page.table().openMenu(3);
  for (auto* action : it.page.findChildren<QMenu*>("columnMenu").last()->actions())
    if (action->text() == "Take as category") action->trigger();
  QVERIFY(it.waitForData(2));
  QVERIFY(it.words() != before);
  QVERIFY2(it.words().contains("N×7"), qPrintable(it.words())); // area, five rooms, price
  // Leave price out.
  it.page.table().openMenu(5);
  for (auto* action : it.page.findChildren<QMenu*>("columnMenu").last()->actions())
    if (action->text() == "Leave out") action->trigger();
  QVERIFY(it.waitForData(3));
  QVERIFY2(it.words().contains("N×6"), qPrintable(it.words()));
  // Another split.
  typeInto(it.field<QLineEdit>("splitTrain"), "50");
  QVERIFY(it.waitForData(4));
  QCOMPARE(it.page.spec().split.train, 0.5);
  typeInto(it.field<QLineEdit>("splitValidation"), "80");
  QVERIFY2(it.words().contains("Validation must be a number from 0 to 50 (got 80)"), qPrintable(it.words()));
  QCOMPARE(it.page.spec().split.train, 0.5);
  typeInto(it.field<QLineEdit>("splitValidation"), "25");
  QVERIFY(it.waitForData(5));
  QCOMPARE(it.page.spec().split.test, 0.25);
  typeInto(it.field<QLineEdit>("dataName"), "a/b");
  QTest::mouseClick(it.primary(), Qt::LeftButton);
  QVERIFY(it.words().contains("must not begin with a dot"));
  typeInto(it.field<QLineEdit>("dataName"), "changed");
  QTest::mouseClick(it.primary(), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(it.desk.studio->session().project().has_value(), patience);
  auto project = openProject((home().path() + "/Neuroloom/changed.loom").toStdString());
  QVERIFY(bool(project));
  QCOMPARE(project->data.options.getString("target"), std::string("colour"));
  QCOMPARE(project->data.split.validation, 0.25);
  auto data = load(project->data, project->folder);
  QVERIFY(bool(data));
  QCOMPARE(data->sampleShape, std::vector<std::int64_t>{6});
}

void TestDataPage::imageFolderBecomesAProject() {
  const QString folder = home().path() + "/shapes";
  for (const char* name : {"dark", "light"})
    for (int number = 0; number < 12; ++number) {
      QDir().mkpath(folder + "/" + name);
      QImage image(12, 10, QImage::Format_RGB32);
      image.fill(name[0] == 'd' ? qRgb(10 + number, 20, 30) : qRgb(200, 210, 220 + number));
      QVERIFY(image.save(QString("%1/%2/%3.png").arg(folder, name).arg(number)));
    }
  Sheet it;
  it.page.begin(folder);
  QVERIFY(it.waitForData(0));
  QVERIFY(it.page.grid().isVisible());
  QCOMPARE(it.page.spec().format, std::string("images"));
  QVERIFY(it.field<ClassBars>("classBars")->isVisible());
  QTest::mouseClick(it.primary(), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(it.desk.studio->session().project().has_value(), patience);
  auto project = openProject((home().path() + "/Neuroloom/shapes.loom").toStdString());
  QVERIFY(bool(project));
  auto network = loadNetwork(*project, {});
  QVERIFY(network && analyse(*network).runnable());
}

void TestDataPage::whatIsWrongIsSaidAtThePlace_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("said");
  QTest::newRow("too many fields") << "wide.csv" << QByteArray("a,b\n1,2\n3,4,5\n") << "line 3";
  QTest::newRow("empty") << "empty.csv" << QByteArray() << "empty.csv";
  QTest::newRow("header only") << "head.csv" << QByteArray("a,b,c\n") << "no rows";
  QTest::newRow("no image") << "broken.png" << QByteArray("this is no picture") << "broken.png";
  QTest::newRow("truncated IDX") << "part-idx3-ubyte"
                                 << QByteArray("\0\0\x08\x03\0\0\0\x05\0\0\0\x1c\0\0\0\x1c", 16)
                                 << "part-idx3-ubyte";
}

void TestDataPage::whatIsWrongIsSaidAtThePlace() {
  QFETCH(QString, name);
  QFETCH(QByteArray, text);
  QFETCH(QString, said);
  Sheet it;
  it.page.begin(write(name, text));
  QTRY_VERIFY_WITH_TIMEOUT(it.field<QPushButton>("chooseFile")->isVisible(), patience);
  QVERIFY2(it.words().contains(said), qPrintable(it.words()));
  QVERIFY(!it.primary()->isEnabled());
  QVERIFY(it.field<QPushButton>("chooseFile")->isVisible()); // the way out
  // A missing file too.
  it.page.begin(home().path() + "/nowhere.csv");
  QTRY_VERIFY_WITH_TIMEOUT(it.words().contains("nowhere.csv"), patience);
}

void TestDataPage::splitOfAProjectIsKept() {
  const QString folder = home().path() + "/split.loom";
  QVERIFY(createFromTemplate(folder.toStdString(), "iris"));
  Sheet it(folder);
  it.desk.window().show(to::Data{});
  QVERIFY(it.waitForData(0));
  typeInto(it.field<QLineEdit>("splitTrain"), "60");
  QVERIFY(it.waitForData(1));
  typeInto(it.field<QLineEdit>("splitSeed"), "9");
  QVERIFY(it.waitForData(2));
  auto* box = it.field<QCheckBox>("dataStandardise");
  QTest::mouseClick(box, Qt::LeftButton, {}, QPoint(8, box->height() / 2));
  QVERIFY(it.waitForData(3));
  auto project = openProject(folder.toStdString());
  QVERIFY(bool(project));
  QCOMPARE(project->data.split.train, 0.6);
  QVERIFY(std::abs(project->data.split.test - 0.25) < 1e-9);
  QCOMPARE(project->data.split.seed, std::uint64_t(9));
  QCOMPARE(project->data.normalisation, std::string("none"));
}

void TestDataPage::picturesByPartAndClass() {
  const QString folder = home().path() + "/digits.loom";
  QVERIFY(createFromTemplate(folder.toStdString(), "digits"));
  Sheet it(folder);
  it.desk.window().show(to::Data{});
  QVERIFY(it.waitForData(0));
  ImageGrid& grid = it.page.grid();
  QVERIFY(grid.isVisible());
  grid.choose(0);
  QTest::keyClick(&grid, Qt::Key_Right);
  QCOMPARE(grid.current(), 1);
  // What lies beyond the first pictures comes from the worker.
  QTest::keyClick(&grid, Qt::Key_End);
  QCOMPARE(grid.current(), 1796);
  QTRY_VERIFY_WITH_TIMEOUT(grid.picture(1796) != nullptr && !grid.picture(1796)->isNull(), patience);
  QVERIFY(it.words().contains("Image 1797"));
  // The test part, then one class of it.
  auto* parts = it.page.findChild<Segments*>();
  QTest::mouseClick(parts, Qt::LeftButton, {}, parts->rectOf(3).center());
  QTest::keyClick(&grid, Qt::Key_End);
  const int lastOfTest = grid.current();
  QVERIFY(lastOfTest > 0);
  auto* bars = it.field<ClassBars>("classBars");
  QTest::mouseClick(bars, Qt::LeftButton, {}, QPoint(20, 10));
  QCOMPARE(bars->chosen(), 0);
  QTest::keyClick(&grid, Qt::Key_Home);
  QVERIFY(it.words().contains(QString("Image %1").arg(grid.current() + 1)));
}

void TestDataPage::cancelGoesBack() {
  const QString folder = home().path() + "/cancel.loom";
  QVERIFY(createFromTemplate(folder.toStdString(), "iris"));
  Sheet it(folder);
  it.desk.window().show(to::Data{});
  QVERIFY(it.waitForData(0));
  it.page.begin(write("other.csv", houses()));
  QVERIFY(it.waitForData(1));
  QTest::mouseClick(it.field<QPushButton>("dataBack"), Qt::LeftButton);
  QVERIFY(it.waitForData(2));
  QVERIFY(!it.page.isDraft());
  QCOMPARE(tableOptions(it.page.spec()).target, std::string("species"));
}

// A click right behind the typing: leaving the field asks for another reading, and the click counts all the
// same. What is typed while an answer comes stays.
void TestDataPage::typedValuesAreTakenBeforeAnAction() {
  Sheet it;
  it.page.begin(write("typed.csv", houses()));
  QVERIFY(it.waitForData(0));
  it.type("splitTrain", "50");
  it.type("splitValidation", "2");
  QVERIFY(it.waitForData(1)); // with the training share
  auto* validation = it.field<QLineEdit>("splitValidation");
  QCOMPARE(validation->text(), QString("2"));
  QVERIFY(validation->hasFocus());
  QTest::keyClicks(validation, "0");
  QTest::mouseClick(it.primary(), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(it.desk.studio->session().project().has_value(), patience);
  const auto project = openProject((home().path() + "/Neuroloom/typed.loom").toStdString());
  QVERIFY(bool(project));
  QCOMPARE(project->data.split.train, 0.5);
  QCOMPARE(project->data.split.validation, 0.2);
  it.page.begin(write("second.csv", houses())); // beside the open project
  QTRY_COMPARE_WITH_TIMEOUT(it.field<QLineEdit>("dataName")->text(), QString("second"), patience);
}

void TestDataPage::wrongValuesKeepAnActionFromRunning_data() {
  QTest::addColumn<QByteArray>("field");
  QTest::addColumn<QString>("typed");
  QTest::addColumn<QString>("said");
  QTest::newRow("share") << QByteArray("splitValidation") << "x"
                         << "Validation must be a number from 0 to 30 (got \"x\")";
  QTest::newRow("shares") << QByteArray("splitTrain") << "95"
                          << "Train must be a number above 0 and at most 85 (got 95)";
  QTest::newRow("seed") << QByteArray("splitSeed") << "-1"
                        << "Seed must be a whole number from 0";
  QTest::newRow("name") << QByteArray("dataName") << "a:b"
                        << "must not begin with a dot";
}

void TestDataPage::wrongValuesKeepAnActionFromRunning() {
  QFETCH(QByteArray, field);
  QFETCH(QString, typed);
  QFETCH(QString, said);
  Sheet it;
  it.page.begin(write("wrong.csv", houses()));
  QVERIFY(it.waitForData(0));
  auto* line = it.field<QLineEdit>(field.constData());
  for (const bool byMouse : {true, false}) {
    it.type(field.constData(), typed);
    if (byMouse)
      QTest::mouseClick(it.primary(), Qt::LeftButton);
    else
      it.primary()->click(); // as a shortcut does: the focus stays in the field
    QVERIFY(it.desk.settled());
    QVERIFY(!it.desk.studio->session().project().has_value());
    QVERIFY2(it.words().contains(said), qPrintable(it.words()));
    QCOMPARE(line->text(), typed);
    QCOMPARE(markOf(line), FieldMark::wrong);
    QCOMPARE(QApplication::focusWidget(), line);
  }
}

void TestDataPage::tabFollowsTheReadingOrder() {
  Sheet it;
  it.page.begin(write("order.csv", houses()));
  QVERIFY(it.waitForData(0));
  it.field<QLineEdit>("dataName")->setFocus();
  for (const char* next : {"dataFolder", "dataTarget", "dataTask", "splitTrain", "splitValidation"}) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget()->objectName(), QString(next));
  }
  QTest::keyClicks(QApplication::focusWidget(), "20"); // over the text that Tab selected
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
  QVERIFY(it.waitForData(1)); // the answer takes the focus nowhere else
  QCOMPARE(it.page.spec().split.validation, 0.2);
  QCOMPARE(QApplication::focusWidget()->objectName(), QString("splitTest"));
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
  QCOMPARE(QApplication::focusWidget()->objectName(), QString("splitSeed"));
  // All forms of the column have their fields at the same place.
  const auto left = [&](const char* name) { return it.field<QWidget>(name)->mapTo(&it.page, QPoint()).x(); };
  QCOMPARE(left("splitTrain"), left("dataName"));
  QCOMPARE(left("splitTrain"), left("dataTarget"));
}

QTEST_MAIN(TestDataPage)
#include "tst_data_page.moc"
