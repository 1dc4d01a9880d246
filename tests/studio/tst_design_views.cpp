// SPDX-License-Identifier: GPL-3.0-or-later
// One drawing, seen in more than one way: table, code, search, those who do not see, and every zoom.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/fix_bubble.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/design/code_view.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/design/inspector.h"
#include "app/studio/pages/design/node_table.h"
#include "app/studio/pages/design/palette.h"
#include "app/studio/pages/design/problems.h"
#include "app/studio/widgets/message_bar.h"
#include "core/network/templates.h"
#include "tests/studio/drawing.h"
#include <QAccessible>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QListWidget>
#include <QSignalSpy>
#include <QTableView>
#include <QTextBlock>
#include <QToolTip>

using namespace loom;
using namespace loom::test;

class TestDesignViews : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void codeAndTableFollowTheSelection();
  void nodesAreRenamedAndFound();
  void nodesAreToldToThoseWhoDoNotSee();
  void layoutFitAndZoom();
};

void TestDesignViews::codeAndTableFollowTheSelection() {
  Drawing it(newProject("views", templateNetwork("cnn")));
  it.key(Qt::Key_3, Qt::ControlModifier);
  CodeEdit* code = it.page.codeView().edit();
  QVERIFY(code->isVisible());
  QVERIFY(it.page.codeView().text().contains("nn.Conv2d(1, 6"));
  const NodeId conv = it.document.network().nodeNamed("conv_2")->id;
  QVERIFY(code->linesOf(conv) > 0);
  // A click on its line chooses the node.
  QTextBlock block = code->document()->begin();
  while (block.isValid() && !(block.text().contains("conv_2") && block.text().contains("Conv2d")))
    block = block.next();
  QVERIFY(block.isValid());
  QTextCursor cursor(block);
  code->setTextCursor(cursor);
  code->ensureCursorVisible();
  QTest::mouseClick(code->viewport(), Qt::LeftButton, {}, code->cursorRect(cursor).center() + QPoint(60, 0));
  QCOMPARE(it.document.current(), conv);
  // A changed parameter changes the code at once.
  it.setField(conv, "out_channels", "20");
  QVERIFY(it.page.codeView().text().contains("nn.Conv2d(6, 20"));

  QTest::keyClick(&it.desk.window(), Qt::Key_2, Qt::ControlModifier);
  auto* table = it.page.nodes().findChild<QTableView*>();
  QVERIFY(table->isVisible());
  QCOMPARE(table->model()->rowCount(), int(it.document.network().nodes.size()));
  QCOMPARE(table->currentIndex().data(NodeTableModel::nodeRole).toInt(), conv);
  const QModelIndex first = table->model()->index(0, 1);
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(first).center());
  QCOMPARE(it.document.current(), first.data(NodeTableModel::nodeRole).toInt());
  QTest::keyClick(&it.desk.window(), Qt::Key_1, Qt::ControlModifier);
  QVERIFY(it.canvas.isVisible());
}

void TestDesignViews::nodesAreRenamedAndFound() {
  Drawing it(newProject("names", templateNetwork("cnn")));
  const NodeId conv = it.document.network().nodeNamed("conv_1")->id;
  it.click(conv);
  it.key(Qt::Key_F2);
  QWidget* field = QApplication::focusWidget();
  QCOMPARE(field->objectName(), QString("field_name"));
  QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(field, "stem");
  QTest::keyClick(field, Qt::Key_Return);
  QCoreApplication::processEvents();
  QCOMPARE(it.document.network().node(conv)->name, std::string("stem"));
  it.document.select({}, 0);
  it.canvas.setFocus();
  it.key(Qt::Key_F, Qt::ControlModifier);
  auto* popup = it.desk.window().palette()->popup();
  QVERIFY(popup->isVisible());
  QTest::keyClicks(popup->line(), "stem");
  QTest::keyClick(popup->line(), Qt::Key_Return);
  QCOMPARE(it.document.current(), conv);
}

void TestDesignViews::nodesAreToldToThoseWhoDoNotSee() {
  Drawing it(newProject("accessible", templateNetwork("cnn")));
  auto* list = QAccessible::queryAccessibleInterface(&it.canvas);
  QVERIFY(list != nullptr);
  QCOMPARE(list->role(), QAccessible::List);
  QCOMPARE(list->childCount(), int(it.document.network().nodes.size()));
  for (int index = 0; index < list->childCount(); ++index) {
    auto* node = list->child(index);
    QVERIFY(node != nullptr && !node->text(QAccessible::Name).isEmpty());
    QVERIFY(!node->text(QAccessible::Description).isEmpty());
    QCOMPARE(list->indexOfChild(node), index);
    QCOMPARE(list->childAt(node->rect().center().x(), node->rect().center().y()), node);
  }
  auto* second = list->child(1);
  QVERIFY2(second->text(QAccessible::Description).contains("from input"),
           qPrintable(second->text(QAccessible::Description)));
  second->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
  QVERIFY(second->state().focused);
}

void TestDesignViews::layoutFitAndZoom() {
  Drawing it(newProject("zoom", templateNetwork("resnet")));
  const QRectF seen(it.canvas.rect());
  for (const auto& node : it.canvas.scene().nodes)
    QVERIFY(seen.contains(
        QRectF(it.canvas.toWidget(node.box.topLeft()), it.canvas.toWidget(node.box.bottomRight()))));
  it.key(Qt::Key_1);
  QCOMPARE(it.canvas.zoom(), 1.0);
  const QPointF anchor(300, 200);
  const QPointF before = it.canvas.toScene(anchor);
  QWheelEvent wheel(anchor, it.canvas.mapToGlobal(anchor), {}, {0, -360}, Qt::NoButton, Qt::NoModifier,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(&it.canvas, &wheel);
  QVERIFY(it.canvas.zoom() < 0.8);
  QVERIFY(QLineF(before, it.canvas.toScene(anchor)).length() < 1);
  for (const double zoom : {2.0, 1.0, 0.45, 0.15, 0.05}) { // every level of detail paints
    it.canvas.setZoom(zoom, anchor);
    QVERIFY(!it.canvas.grab().isNull());
  }
  // A network dragged about is put in order again, and fits.
  it.key(Qt::Key_Z);
  const NodeId moved = it.document.analysis().order[5];
  const QPoint from = it.middle(moved);
  drag(&it.canvas, from, from + QPoint(100, 60));
  QVERIFY(it.document.network().node(moved)->placed);
  it.key(Qt::Key_L, Qt::ControlModifier);
  QVERIFY(!it.document.network().node(moved)->placed);
  it.key(Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
  double top = 1e9, bottom = -1e9;
  for (const auto& [id, node] : it.document.network().nodes) {
    top = std::min(top, node.position.y);
    bottom = std::max(bottom, node.position.y);
  }
  QVERIFY(bottom - top < 250); // one row and its branches
}

QTEST_MAIN(TestDesignViews)
#include "tst_design_views.moc"
