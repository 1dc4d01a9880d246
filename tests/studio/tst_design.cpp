// SPDX-License-Identifier: GPL-3.0-or-later
// Design as a person uses it: draws, wires, changes, breaks and mends a network, undoes and redoes all of it,
// saves, comes back.
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

class TestDesign : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void drawsLenetBreaksItMendsItAndComesBack();
  void everyLayerCanBeDraggedAndUndone_data();
  void everyLayerCanBeDraggedAndUndone();
  void doubleClickOpensTheSearch();
  void illegalPortsSayWhy();
  void wrongValuesSayWhatIsWanted();
  void clipboardAndHealing();
  void edgesCanBeChosenAndPulledOff();
  void layersFallIntoEdges();
  void keyboardAloneDrawsANetwork();
  void problemsLeadToTheNodeAndMendIt();
  void whatDoesNotFitTheDataIsSaidAndMended();
  void cleanupTestCase() { layers_.reset(); }

 private:
  std::unique_ptr<Drawing> layers_;
};

void TestDesign::drawsLenetBreaksItMendsItAndComesBack() {
  const QString project = newProject("lenet", {});
  std::string drawn;
  QImage picture;
  {
    Drawing it(project);
    std::vector<std::string> steps{it.json()};
    const auto remember = [&] {
      if (steps.back() != it.json()) steps.push_back(it.json());
    };
    // The first two by the palette and a wire, the rest by Tab.
    const NodeId in = it.dragLayer("Input", {100, 80});
    QVERIFY(in != 0);
    remember();
    it.setField(in, "shape", "1, 28, 28");
    remember();
    QCOMPARE(toTextWithoutBatch(*it.info(in).output), std::string("1×28×28"));
    const NodeId conv = it.dragLayer("Conv2d", {300, 80});
    QVERIFY(conv != 0);
    remember();
    QVERIFY(!it.document.analysis().nodes.at(conv).output);
    it.wire(in, conv);
    remember();
    QCOMPARE(it.document.network().edges.size(), std::size_t(1));
    it.setField(conv, "out_channels", "6");
    remember();
    it.setField(conv, "kernel_size", "5");
    remember();
    it.setField(conv, "padding", "2");
    remember();
    QCOMPARE(it.info(conv).parameterCount, std::int64_t(156));
    QCOMPARE(toTextWithoutBatch(*it.info(conv).output), std::string("6×28×28"));
    struct Step {
      const char *words, *field, *value;
    };
    NodeId flatten = 0, last = conv;
    for (const Step& step : std::initializer_list<Step>{{"relu", nullptr, nullptr},
                                                        {"maxpool", nullptr, nullptr},
                                                        {"conv2d", "out_channels", "16"},
                                                        {"relu", nullptr, nullptr},
                                                        {"maxpool", nullptr, nullptr},
                                                        {"flatten", nullptr, nullptr},
                                                        {"linear", "out_features", "120"},
                                                        {"relu", nullptr, nullptr},
                                                        {"linear", "out_features", "84"},
                                                        {"relu", nullptr, nullptr},
                                                        {"linear", "out_features", "10"},
                                                        {"output", nullptr, nullptr}}) {
      it.click(last);
      const NodeId added = it.searchLayer(step.words);
      QVERIFY2(added != 0, step.words);
      remember();
      QCOMPARE(it.document.network().into(added).size(), std::size_t(1));
      if (step.field != nullptr) {
        it.setField(added, step.field, step.value);
        remember();
      }
      if (qstrcmp(step.value == nullptr ? "" : step.value, "16") == 0) {
        it.setField(added, "kernel_size", "5");
        remember();
      }
      if (qstrcmp(step.words, "flatten") == 0) flatten = added;
      last = added;
    }
    QCOMPARE(it.document.analysis().parameters, std::int64_t(61'706));
    QVERIFY(it.document.analysis().runnable());
    it.key(Qt::Key_L, Qt::ControlModifier);
    remember();

    // Without its Flatten, the Linear behind says what it wants, and mends itself by its button.
    it.click(flatten);
    it.key(Qt::Key_Delete);
    remember();
    QVERIFY(!it.document.analysis().runnable());
    const auto& problem = it.document.analysis().diagnostics.front();
    QVERIFY(it.canvas.bubble()->isVisible());
    QCOMPARE(it.canvas.bubble()->button()->text(), QString::fromStdString(problem.fix.label.text()));
    QVERIFY2(QString::fromStdString(problem.fix.label.text()).contains("Flatten"),
             problem.fix.label.text().c_str());
    QVERIFY(!it.page.findChild<QPushButton*>("designRun")->isEnabled());
    QTest::mouseClick(it.canvas.bubble()->button(), Qt::LeftButton);
    remember();
    QVERIFY(it.document.analysis().runnable());
    QVERIFY(!it.canvas.bubble()->isVisible());
    QCOMPARE(it.document.analysis().parameters, std::int64_t(61'706));

    // Undo to the start and redo to the end: each gesture was one step, each step gives its exact text back.
    for (std::size_t at = steps.size() - 1; at > 0; --at) {
      it.key(Qt::Key_Z, Qt::ControlModifier);
      QVERIFY2(it.json() == steps[at - 1], qPrintable(QString("step %1 of %2").arg(at).arg(steps.size())));
    }
    QVERIFY(!it.document.canUndo());
    QVERIFY(!it.document.modified());
    for (std::size_t at = 1; at < steps.size(); ++at) {
      it.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
      QCOMPARE(it.json(), steps[at]);
    }
    QVERIFY(!it.document.canRedo());

    QVERIFY(it.desk.window().context().documentName().endsWith("*"));
    QSignalSpy saved(&it.desk.studio->session(), &Session::networkSaved);
    it.key(Qt::Key_S, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(saved.size(), 1, patience);
    QVERIFY(!it.document.modified());
    QVERIFY(!it.desk.window().context().documentName().endsWith("*"));
    drawn = it.json();
    it.key(Qt::Key_Escape);
    it.key(Qt::Key_Z);
    QTest::mouseMove(&it.canvas, {2, 2});
    QCoreApplication::processEvents();
    picture = it.canvas.grab().toImage();
    it.desk.window().close();
  }
  Drawing again(project);
  QCOMPARE(again.json(), drawn);
  QTRY_COMPARE(again.canvas.grab().toImage(), picture);
}

void TestDesign::everyLayerCanBeDraggedAndUndone_data() {
  QTest::addColumn<QString>("type");
  for (const auto* layer : layerTable())
    QTest::newRow(std::string(layer->type).c_str())
        << QString::fromUtf8(layer->type.data(), qsizetype(layer->type.size()));
}

void TestDesign::everyLayerCanBeDraggedAndUndone() {
  QFETCH(QString, type);
  if (!layers_) layers_ = std::make_unique<Drawing>(newProject("layers", {}));
  Drawing& it = *layers_;
  const std::string before = it.json();
  const NodeId added = it.dragLayer(type, {200, 100});
  QVERIFY(added != 0);
  QCOMPARE(QString::fromStdString(it.document.network().node(added)->type), type);
  QVERIFY(it.document.selection().contains(added));
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
}

void TestDesign::doubleClickOpensTheSearch() {
  Drawing it(newProject("double", {}));
  QTest::mouseDClick(&it.canvas, Qt::LeftButton, {}, QPoint(300, 200));
  QVERIFY(it.canvas.search()->isVisible());
  QTest::keyClicks(it.canvas.search()->field(), "drop");
  QCOMPARE(it.canvas.search()->list()->currentItem()->text(), QString("Dropout"));
  QTest::keyClick(it.canvas.search()->field(), Qt::Key_Escape);
  QVERIFY(!it.canvas.search()->isVisible());
  QVERIFY(it.document.network().nodes.empty());
  QTest::mouseDClick(&it.canvas, Qt::LeftButton, {}, QPoint(300, 200));
  QTest::keyClicks(it.canvas.search()->field(), "gelu");
  QTest::keyClick(it.canvas.search()->field(), Qt::Key_Return);
  QCOMPARE(it.document.network().nodes.size(), std::size_t(1));
}

void TestDesign::illegalPortsSayWhy() {
  Drawing it(newProject("illegal", templateNetwork("mlp")));
  const auto& network = it.document.network();
  const auto& order = it.document.analysis().order;
  const std::string before = it.json();
  // A wire back would close a circle.
  const NodeId early = order[2], late = order[4];
  QTest::mousePress(&it.canvas, Qt::LeftButton, {}, it.output(late));
  dragTo(&it.canvas, it.input(early) + QPoint(20, 20));
  dragTo(&it.canvas, it.input(early));
  QVERIFY(!QToolTip::text().isEmpty());
  QTest::mouseRelease(&it.canvas, Qt::LeftButton, {}, it.input(early));
  QCOMPARE(it.json(), before);
  auto* message = it.page.findChild<MessageBar*>();
  QVERIFY(message->isVisible());
  QVERIFY2(message->accessibleName().size() > 10, qPrintable(message->accessibleName()));
  // Esc drops a wire that is under way.
  QTest::mousePress(&it.canvas, Qt::LeftButton, {}, it.output(order[1]));
  dragTo(&it.canvas, it.middle(order[5]));
  it.key(Qt::Key_Escape);
  QTest::mouseRelease(&it.canvas, Qt::LeftButton, {}, it.middle(order[5]));
  QCOMPARE(it.json(), before);
  QVERIFY(network.nodes.size() > 4);
}

void TestDesign::wrongValuesSayWhatIsWanted() {
  Drawing it(newProject("values", templateNetwork("cnn")));
  const NodeId conv = it.document.network().nodeNamed("conv_1")->id;
  const std::string before = it.json();
  for (const char* wrong : {"many", "", "-3", "2.5"}) {
    it.setField(conv, "out_channels", wrong);
    QCOMPARE(it.json(), before);
    auto* field = it.page.inspector().fieldOf("out_channels");
    QCOMPARE(markOf(field), FieldMark::wrong);
  }
  it.setField(conv, "out_channels", "12");
  QVERIFY(it.json() != before);
  QCOMPARE(markOf(it.page.inspector().fieldOf("out_channels")), FieldMark::plain);
  // A flag is one click, one step.
  auto* bias = qobject_cast<QCheckBox*>(it.page.inspector().fieldOf("bias"));
  QVERIFY(bias != nullptr && bias->isChecked());
  const std::string with = it.json();
  QTest::mouseClick(bias, Qt::LeftButton, {}, QPoint(8, bias->height() / 2));
  QCoreApplication::processEvents();
  QVERIFY(it.json() != with);
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), with);
}

void TestDesign::clipboardAndHealing() {
  Drawing it(newProject("clipboard", templateNetwork("cnn")));
  const auto& network = it.document.network();
  const std::size_t nodes = network.nodes.size(), edges = network.edges.size();
  const auto& order = it.document.analysis().order;
  const NodeId a = order[1], b = order[2];
  const std::string before = it.json();
  it.click(a);
  it.click(b, Qt::ShiftModifier);
  QCOMPARE(it.document.selection().size(), std::size_t(2));
  it.key(Qt::Key_D, Qt::ControlModifier);
  QCOMPARE(network.nodes.size(), nodes + 2);
  QCOMPARE(network.edges.size(), edges + 1);
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
  it.click(a);
  it.click(b, Qt::ShiftModifier);
  it.key(Qt::Key_C, Qt::ControlModifier);
  QVERIFY(!QApplication::clipboard()->text().isEmpty());
  it.key(Qt::Key_V, Qt::ControlModifier);
  QCOMPARE(network.nodes.size(), nodes + 2);
  it.key(Qt::Key_Z, Qt::ControlModifier);
  it.click(b);
  it.key(Qt::Key_X, Qt::ControlModifier);
  QCOMPARE(network.nodes.size(), nodes - 1);
  QCOMPARE(network.edges.size(), edges - 1); // joined again
  QVERIFY(it.document.analysis().runnable());
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
  // Strange clipboards say so and change nothing.
  QApplication::clipboard()->setText("{\"nodes\": [{\"id\": \"x\"}]}");
  it.key(Qt::Key_V, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
  it.key(Qt::Key_A, Qt::ControlModifier);
  QCOMPARE(it.document.selection().size(), nodes);
  it.key(Qt::Key_Delete);
  QVERIFY(network.nodes.empty());
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
  // Alt drag leaves a copy behind.
  it.canvas.fit();
  const QPoint from = it.middle(a);
  drag(&it.canvas, from, from + QPoint(0, 48), Qt::AltModifier);
  QCOMPARE(network.nodes.size(), nodes + 1);
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
}

void TestDesign::edgesCanBeChosenAndPulledOff() {
  Drawing it(newProject("edges", templateNetwork("mlp")));
  const auto& network = it.document.network();
  const std::size_t edges = network.edges.size();
  const auto& order = it.document.analysis().order;
  const QPoint between = (it.output(order[1]) + it.input(order[2])) / 2;
  QTest::mouseClick(&it.canvas, Qt::LeftButton, {}, between);
  QVERIFY(it.canvas.chosenEdge() != 0);
  it.key(Qt::Key_Delete);
  QCOMPARE(network.edges.size(), edges - 1);
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(network.edges.size(), edges);
  // Pulled off its port and let go over nothing.
  drag(&it.canvas, it.input(order[2]), it.input(order[2]) + QPoint(-20, 60));
  QCOMPARE(network.edges.size(), edges - 1);
  it.wire(order[1], order[2]);
  QCOMPARE(network.edges.size(), edges);
}

void TestDesign::layersFallIntoEdges() {
  Drawing it(newProject("insert", templateNetwork("mlp")));
  const auto& network = it.document.network();
  const std::size_t nodes = network.nodes.size(), edges = network.edges.size();
  const auto order = it.document.analysis().order;
  const QPointF between =
      (*it.canvas.scene().node(order[3])->output + it.canvas.scene().node(order[4])->inputs[0]) / 2;
  const NodeId added = it.dragLayer("Dropout", between);
  QVERIFY(added != 0);
  QCOMPARE(network.nodes.size(), nodes + 1);
  QCOMPARE(network.edges.size(), edges + 1);
  QCOMPARE(network.into(added).size(), std::size_t(1));
  QCOMPARE(network.outOf(added).size(), std::size_t(1));
  QVERIFY(it.document.analysis().runnable());
}

void TestDesign::keyboardAloneDrawsANetwork() {
  Drawing it(newProject("keyboard", {}));
  it.canvas.setFocus();
  const NodeId in = it.searchLayer("input");
  it.key(Qt::Key_Return); // to its parameters
  QWidget* field = QApplication::focusWidget();
  QCOMPARE(field, it.page.inspector().fieldOf("shape"));
  QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(field, "4");
  QTest::keyClick(field, Qt::Key_Return);
  QCoreApplication::processEvents();
  it.canvas.setFocus();
  const NodeId linear = it.searchLayer("linear");
  it.key(Qt::Key_Escape);
  const NodeId out = it.searchLayer("output");
  QVERIFY(in != 0 && linear != 0 && out != 0);
  QVERIFY(it.document.network().into(out).empty()); // nothing was chosen: it stands alone
  it.document.select({linear}, linear);
  it.key(Qt::Key_C);
  it.document.select({out}, out);
  it.key(Qt::Key_Return);
  QCOMPARE(it.document.network().into(out).size(), std::size_t(1));
  it.key(Qt::Key_Home);
  QCOMPARE(it.document.current(), in);
  it.key(Qt::Key_Right);
  QCOMPARE(it.document.current(), linear);
  const Point before = it.document.network().node(linear)->position;
  it.key(Qt::Key_Down, Qt::ControlModifier);
  QCOMPARE(it.document.network().node(linear)->position.y, before.y + 8);
}

void TestDesign::problemsLeadToTheNodeAndMendIt() {
  Network network = templateNetwork("cnn");
  for (const auto& [id, node] : network.nodes)
    if (node.type == "Flatten") {
      auto edit = removeNodes(network, {id}, {}, true);
      QVERIFY(edit && apply(network, *edit));
      break;
    }
  Drawing it(newProject("problems", network));
  QVERIFY(!it.document.analysis().runnable());
  it.key(Qt::Key_F8);
  QCoreApplication::processEvents();
  QCOMPARE(it.document.current(), it.document.analysis().diagnostics.front().node);
  auto* fix = buttonWith(&it.page.problems(),
                         QString::fromStdString(it.document.analysis().diagnostics.front().fix.label.text()));
  QVERIFY(fix != nullptr);
  const std::string before = it.json();
  QTest::mouseClick(fix, Qt::LeftButton);
  QCoreApplication::processEvents();
  QVERIFY(it.document.analysis().runnable());
  it.key(Qt::Key_Z, Qt::ControlModifier);
  QCOMPARE(it.json(), before);
  it.key(Qt::Key_Return, Qt::AltModifier);
  QVERIFY(it.document.analysis().runnable());
}

void TestDesign::whatDoesNotFitTheDataIsSaidAndMended() {
  Network network = templateNetwork("mlp");
  NodeId last = 0;
  for (const auto& [id, node] : network.nodes)
    if (node.type == "Linear") last = id;
  network.nodes[last].params.set("out_features", std::int64_t{7});
  for (auto& [id, node] : network.nodes)
    if (node.type == "Input") node.params.set("shape", std::vector<std::int64_t>{1, 28, 27});
  Drawing it(newProject("fit", network));
  const auto* run = it.page.findChild<QPushButton*>("designRun");
  QTRY_COMPARE_WITH_TIMEOUT(it.document.analysis().diagnostics.size(), std::size_t(2), patience);
  QVERIFY(!run->isEnabled());
  const Diagnostic input = it.document.analysis().diagnostics[0];
  QCOMPARE(QString::fromStdString(input.fix.label.text()), QString("Set its shape to 1×28×28"));
  QVERIFY(it.document.applyFix(input));
  const Diagnostic* wrong = it.document.diagnosticOf(last);
  QVERIFY(wrong != nullptr);
  QCOMPARE(QString::fromStdString(wrong->cause.text()),
           QString("The network gives 7 values per sample, but the data has 10 classes."));
  QVERIFY(!run->isEnabled());
  it.click(last);
  auto* fix = it.canvas.findChild<FixBubble*>("fixBubble")->button();
  QCOMPARE(fix->text(), QString("Set out_features to 10"));
  QTest::mouseClick(fix, Qt::LeftButton);
  QVERIFY(it.document.analysis().runnable());
  QVERIFY(run->isEnabled());
}

QTEST_MAIN(TestDesign)
#include "tst_design.moc"
