// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a drawing: unsaved edits, new networks, files that cannot be read, and small windows.
#include "app/studio/model/session.h"
#include "app/studio/pages/design/family_column.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/text.h"
#include "tests/studio/drawing.h"
#include <QComboBox>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

class TestDesignFiles : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void unsavedEditsSurviveAClose();
  void unsavedEditsStayWithTheirProject();
  void drawingGoesOnWhereNothingWasOpened();
  void newNetworksAreFilesOfTheProject();
  void damagedNetworksAreToldAndLeftAlone();
  void smallWindowsKeepTheCanvas();
  void fieldsStayWhileTheirNodeIsShown();
};

void TestDesignFiles::unsavedEditsSurviveAClose() {
  const QString project = newProject("recover", templateNetwork("mlp"));
  std::string edited, saved;
  {
    Drawing it(project);
    saved = it.json();
    it.click(it.document.analysis().order[2]);
    it.key(Qt::Key_Delete);
    edited = it.json();
    QVERIFY(edited != saved);
    it.desk.window().close(); // at once, before any timer
  }
  {
    Drawing it(project);
    QCOMPARE(it.json(), saved); // what the file says
    QTRY_VERIFY_WITH_TIMEOUT(it.page.offersRestore(), patience);
    auto* restore = buttonWith(&it.page, "Restore");
    QVERIFY(restore != nullptr);
    QTest::mouseClick(restore, Qt::LeftButton);
    QCOMPARE(it.json(), edited);
    QVERIFY(it.document.modified());
    QCOMPARE(QApplication::focusWidget(), &it.canvas); // keys go to the drawing at once
    it.key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(it.json(), saved);
    it.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QSignalSpy written(&it.desk.studio->session(), &Session::networkSaved);
    it.key(Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(written.size(), 1, patience);
    it.desk.window().close();
  }
  Drawing it(project);
  QCOMPARE(it.json(), edited);
  QVERIFY(it.desk.settled());
  QVERIFY(!it.page.offersRestore());
}

void TestDesignFiles::unsavedEditsStayWithTheirProject() {
  const QString first = newProject("first", templateNetwork("mlp")),
                second = newProject("second", templateNetwork("mlp"));
  std::string edited, untouched;
  {
    Drawing it(first);
    untouched = it.json();
    it.click(it.document.analysis().order[2]);
    it.key(Qt::Key_Delete);
    edited = it.json();
    QSignalSpy opened(&it.desk.studio->session(), &Session::projectOpened);
    it.desk.studio->open(second);
    // What is drawn or taken back from here on would be kept in no file: it is refused, with the reason.
    QSignalSpy refused(&it.document, &Document::refused);
    it.key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(refused.size(), 1);
    QCOMPARE(it.json(), edited);
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, patience);
    QCOMPARE(it.json(), untouched); // of the second, which has the same template
    QVERIFY(it.desk.settled());
    QVERIFY(!it.page.offersRestore());
    it.desk.studio->open(first);
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 2, patience);
    QTRY_VERIFY_WITH_TIMEOUT(it.page.offersRestore(), patience);
    QTest::mouseClick(buttonWith(&it.page, "Restore"), Qt::LeftButton);
    QCOMPARE(it.json(), edited);
  }
  auto reopened = openProject(second.toStdString());
  QVERIFY(bool(reopened));
  QCOMPARE(jsonOf(*loadNetwork(*reopened, {})), untouched);
}

void TestDesignFiles::drawingGoesOnWhereNothingWasOpened() {
  Drawing it(newProject("stays", templateNetwork("mlp")));
  QSignalSpy failed(&it.desk.studio->session(), &Session::openFailed);
  it.desk.studio->open(home().path() + "/nothing.loom");
  QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
  const std::string before = it.json();
  it.click(it.document.analysis().order[2]);
  it.key(Qt::Key_Delete);
  QVERIFY(it.json() != before);
}

void TestDesignFiles::newNetworksAreFilesOfTheProject() {
  const QString project = newProject("more", templateNetwork("mlp"));
  Drawing it(project);
  auto& actions = *it.desk.window().findChild<Actions*>();
  QTRY_VERIFY_WITH_TIMEOUT(it.desk.studio->session().facts().has_value(), patience);
  actions["network.new"]->trigger();
  QCOMPARE(QString::fromStdString(it.document.network().name), QString("network"));
  QCOMPARE(it.document.network().nodes.size(), std::size_t(2));
  QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(project + "/networks/network.json"), patience);
  actions["network.new"]->trigger();
  QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(project + "/networks/network-2.json"), patience);
  QCOMPARE(it.page.findChild<QComboBox*>("networkNames")->count(), 3);
}

// A file that cannot be read is told, with what to do; nothing can be drawn where it could not be kept, and
// what was kept from before becomes a network of its own.
void TestDesignFiles::damagedNetworksAreToldAndLeftAlone() {
  const QString project = newProject("torn", templateNetwork("mlp"));
  std::string edited;
  {
    Drawing it(project);
    it.click(it.document.analysis().order[2]);
    it.key(Qt::Key_Delete);
    edited = it.json();
    it.desk.window().close();
  }
  const QStringList files = QDir(project + "/networks").entryList({"*.json"});
  QCOMPARE(files.size(), 1);
  const QString path = project + "/networks/" + files.front();
  const QByteArray torn = "{\"nodes\": [{";
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write(torn) == torn.size());
  file.close();
  const auto content = [&] {
    QFile again(path);
    return again.open(QIODevice::ReadOnly) ? again.readAll() : QByteArray();
  };

  Drawing it(project);
  auto* told = it.page.findChild<EmptyState*>("damagedNetwork");
  QVERIFY(told != nullptr && told->isVisible());
  QVERIFY(!it.canvas.isVisible());
  bool place = false;
  for (const auto* words : told->findChildren<Text*>())
    place = place || words->text().contains(files.front());
  QVERIFY(place);
  const auto node = addNode(it.document.network(), "ReLU", {0, 0});
  QVERIFY(bool(node));
  QVERIFY(!it.document.perform(node));
  it.page.save();
  QTRY_VERIFY_WITH_TIMEOUT(it.page.offersRestore(), patience);
  QTest::mouseClick(buttonWith(&it.page, "Restore"), Qt::LeftButton);
  QTRY_COMPARE_WITH_TIMEOUT(QDir(project + "/networks").entryList({"*.json"}).size(), 2, patience);
  QVERIFY(it.canvas.isVisible());
  Network kept = it.document.network();
  kept.name = files.front().chopped(5).toStdString();
  QCOMPARE(jsonOf(kept), edited);
  (*it.desk.window().findChild<Actions*>())["network.new"]->trigger();
  QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(project + "/networks/network.json"), patience);
  QCOMPARE(content(), torn);
}

// In the smallest window the palette is a column of families that opens over the canvas, and the inspector
// folds what holds its default.
void TestDesignFiles::smallWindowsKeepTheCanvas() {
  Drawing it(newProject("small", templateNetwork("cnn")));
  it.desk.window().resize(1024, 640);
  QTRY_VERIFY(it.canvas.width() > 640);
  auto* families = it.page.findChild<FamilyColumn*>();
  QVERIFY(families != nullptr && families->isVisible() && families->width() <= 41);
  QVERIFY(!it.page.palette().isVisible());
  auto* pool = it.page.findChild<QAbstractButton*>(QString("family_%1").arg(int(Family::pool)));
  QVERIFY(pool != nullptr);
  QTest::mouseClick(pool, Qt::LeftButton);
  QVERIFY(it.page.palette().isVisible());
  QCOMPARE(it.page.palette().list()->currentItem()->text(), QString("MaxPool2d"));
  QVERIFY(it.dragLayer("AvgPool2d", it.canvas.toScene(QPointF(420, 380))) != 0);
  QVERIFY(!it.page.palette().isVisible());
  NodeId conv = 0;
  for (const auto& [id, node] : it.document.network().nodes)
    if (node.type == "Conv2d") conv = id;
  it.click(conv);
  QVERIFY(it.page.inspector().fieldOf("out_channels") != nullptr);
  QTRY_VERIFY(it.page.inspector().fieldOf("out_channels")->isVisible());
  QVERIFY(!it.page.inspector().fieldOf("dilation")->isVisible());
  auto* folded = it.page.inspector().findChild<QAbstractButton*>("foldedFields");
  QVERIFY(folded != nullptr);
  QTest::mouseClick(folded, Qt::LeftButton);
  QTRY_VERIFY(it.page.inspector().fieldOf("dilation")->isVisible());
  it.desk.window().resize(1440, 900);
  QTRY_VERIFY(it.page.palette().isVisible());
  QVERIFY(!families->isVisible());
}

// A value that becomes its default folds away with the next choice of its node, not under the person's hands.
void TestDesignFiles::fieldsStayWhileTheirNodeIsShown() {
  Drawing it(newProject("folds", templateNetwork("cnn")));
  it.desk.window().resize(1024, 640);
  QTRY_VERIFY(it.canvas.width() > 640);
  const NodeId conv = it.document.network().nodeNamed("conv_1")->id;
  const auto set = [&](const char* field, ParamValue value) {
    return it.document.perform(setParam(it.document.network(), conv, field, value));
  };
  QVERIFY(set("dilation", std::vector<std::int64_t>{2, 2}));
  Inspector& inspector = it.page.inspector();
  it.click(conv);
  QVERIFY(inspector.fieldOf("dilation") != nullptr);
  QTRY_VERIFY(inspector.fieldOf("dilation")->isVisible());
  QVERIFY(!inspector.fieldOf("groups")->isVisible());
  typeInto(inspector.fieldOf("dilation"), "1");
  QCOMPARE(qobject_cast<QLineEdit*>(inspector.fieldOf("dilation"))->text(), QString("1"));
  QTRY_VERIFY(inspector.fieldOf("dilation")->isVisible());
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab); // the focus elsewhere, then another change
  QVERIFY(set("out_channels", std::int64_t(12)));
  QCoreApplication::processEvents();
  QTRY_VERIFY(inspector.fieldOf("dilation")->isVisible());
  it.click(it.document.analysis().order.back());
  it.click(conv);
  QVERIFY(!inspector.fieldOf("dilation")->isVisible());
}

QTEST_MAIN(TestDesignFiles)
#include "tst_design_files.moc"
