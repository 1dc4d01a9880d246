// SPDX-License-Identifier: GPL-3.0-or-later
// Wires between cards that were placed by hand, or dropped beside rows, keep clear of the others, as long as
// there is room.
#include "app/studio/canvas/scene_maker.h"
#include "core/network/edit.h"
#include "core/network/layout.h"
#include "core/network/templates.h"
#include <QTest>

using namespace loom;

class TestRouter : public QObject {
  Q_OBJECT
 private slots:
  void wiresKeepClearOfCards_data();
  void wiresKeepClearOfCards();
  void templatesKeepClearOfCards_data();
  void templatesKeepClearOfCards();
  void aDroppedTargetIsReachedRoundTheRow_data();
  void aDroppedTargetIsReachedRoundTheRow();
};

namespace {

Network templateNamed(std::string_view id) {
  for (const auto& row : networkTemplates())
    if (row.id == id) return row.make();
  return {};
}

Scene sceneOf(const Network& network) {
  return makeScene(network, analyse(network), [](const QString&) { return 60.0; });
}

// The first card behind which the line runs; its own two count inside their borders.
QString cardBefore(const Scene& scene, const EdgeItem& edge) {
  for (const auto& node : scene.nodes) {
    const bool own = node.id == edge.from || node.id == edge.to;
    const QRectF box = own ? node.box.adjusted(3, 3, -3, -3) : node.box;
    for (qsizetype index = 1; index < edge.line.size(); ++index)
      if (QRectF(edge.line[index - 1], edge.line[index]).normalized().adjusted(-1, -1, 1, 1).intersects(box))
        return node.title;
  }
  return {};
}

// The length along which two lines lie nearer than 8 side by side.
double together(const QPolygonF& one, const QPolygonF& other) {
  double length = 0;
  for (qsizetype i = 1; i < one.size(); ++i)
    for (qsizetype j = 1; j < other.size(); ++j) {
      const QRectF a = QRectF(one[i - 1], one[i]).normalized(),
                   b = QRectF(other[j - 1], other[j]).normalized();
      if (a.height() < 0.5 && b.height() < 0.5 && std::abs(a.top() - b.top()) < 8)
        length += std::max(0.0, std::min(a.right(), b.right()) - std::max(a.left(), b.left()));
      if (a.width() < 0.5 && b.width() < 0.5 && std::abs(a.left() - b.left()) < 8)
        length += std::max(0.0, std::min(a.bottom(), b.bottom()) - std::max(a.top(), b.top()));
    }
  return length;
}

} // namespace

void TestRouter::wiresKeepClearOfCards_data() {
  QTest::addColumn<QVector<QPointF>>("places"); // of the first four nodes
  QTest::newRow("in the open") << QVector<QPointF>{{0, 0}, {200, 96}, {400, 0}, {600, 200}};
  QTest::newRow("third between first and second") << QVector<QPointF>{{0, 0}, {400, 0}, {200, 0}, {800, 200}};
  QTest::newRow("two in the way") << QVector<QPointF>{{0, 0}, {600, 8}, {200, 0}, {400, 8}};
  QTest::newRow("backwards") << QVector<QPointF>{{600, 0}, {0, 0}, {300, 8}, {300, 160}};
  QTest::newRow("below one another") << QVector<QPointF>{{0, 0}, {0, 160}, {0, 80}, {0, 240}};
}

void TestRouter::wiresKeepClearOfCards() {
  QFETCH(QVector<QPointF>, places);
  Network network = templateNamed("mlp");
  const auto order = analyse(network).order;
  QVERIFY(order.size() > 4);
  for (std::size_t index = 0; index < order.size(); ++index) {
    Node& node = network.nodes[order[index]];
    node.placed = true;
    node.position =
        index < 4 ? Point{places[int(index)].x(), places[int(index)].y()} : Point{double(index) * 200, 600};
  }
  const Scene scene = makeScene(network, analyse(network), [](const QString&) { return 60.0; });
  for (const auto& edge : scene.edges) {
    const NodeItem &from = *scene.node(edge.from), &to = *scene.node(edge.to);
    QCOMPARE(edge.line.first(), *from.output);
    QCOMPARE(edge.line.last(), to.inputs.front());
    for (const auto& node : scene.nodes) {
      if (node.id == edge.from || node.id == edge.to) continue;
      for (qsizetype index = 1; index < edge.line.size(); ++index)
        QVERIFY2(!QRectF(edge.line[index - 1], edge.line[index])
                      .normalized()
                      .adjusted(-1, -1, 1, 1)
                      .intersects(node.box),
                 qPrintable(from.title + " to " + to.title + " behind " + node.title));
    }
  }
}

void TestRouter::templatesKeepClearOfCards_data() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<double>("width");
  for (const auto& row : networkTemplates())
    for (const double width : {500.0, 800.0, 1120.0}) {
      const QString id = QString::fromUtf8(row.id.data(), int(row.id.size()));
      QTest::newRow(qPrintable(QString("%1 in %2").arg(id).arg(width))) << id << width;
    }
}

void TestRouter::templatesKeepClearOfCards() {
  QFETCH(QString, id);
  QFETCH(double, width);
  Network network = templateNamed(id.toStdString());
  LayoutOptions options;
  options.width = width;
  for (const auto& [node, place] : layout(network, options)) network.nodes[node].position = place;
  const Scene scene = sceneOf(network);
  for (const auto& edge : scene.edges) QCOMPARE(cardBefore(scene, edge), QString());
}

void TestRouter::aDroppedTargetIsReachedRoundTheRow_data() {
  QTest::addColumn<QString>("type"); // of the source, the place of which in the order follows
  QTest::addColumn<int>("nth");
  QTest::addColumn<QPointF>("drop"); // from Output
  QTest::newRow("Flatten, port line just below the row's") << "Flatten" << 0 << QPointF(208, 8);
  QTest::newRow("just above") << "Flatten" << 0 << QPointF(208, -8);
  QTest::newRow("on it") << "Flatten" << 0 << QPointF(208, 0);
  QTest::newRow("lower") << "Flatten" << 0 << QPointF(208, 24);
  QTest::newRow("close by") << "Flatten" << 0 << QPointF(176, 8);
  QTest::newRow("far right") << "Flatten" << 0 << QPointF(400, 8);
  QTest::newRow("from the first row") << "MaxPool2d" << 0 << QPointF(208, 8);
  QTest::newRow("from the row above") << "ReLU" << 3 << QPointF(208, 8);
  QTest::newRow("from amid a row") << "ReLU" << 1 << QPointF(208, 8);
  QTest::newRow("from amid a row, down through cards") << "ReLU" << 1 << QPointF(272, 8);
  QTest::newRow("from the start of a row") << "Conv2d" << 1 << QPointF(272, 8);
  QTest::newRow("beside the row above") << "MaxPool2d" << 0 << QPointF(592, -116);
}

void TestRouter::aDroppedTargetIsReachedRoundTheRow() {
  QFETCH(QString, type);
  QFETCH(int, nth);
  QFETCH(QPointF, drop);
  Network network = templateNamed("cnn");
  LayoutOptions options;
  options.width = 800; // four in a row
  for (const auto& [node, place] : layout(network, options)) network.nodes[node].position = place;
  NodeId source = 0, output = 0;
  for (const NodeId id : analyse(network).order) {
    const auto& node = network.nodes[id];
    if (node.type == type.toStdString() && nth-- == 0) source = id;
    if (node.type == "Output") output = id;
  }
  QVERIFY(source != 0 && output != 0);
  const Point at = network.nodes[output].position;
  const auto added = addNode(network, "Linear", {at.x + drop.x(), at.y + drop.y()});
  QVERIFY(added && apply(network, *added));
  const NodeId target = network.nodes.rbegin()->first;
  const auto wired = loom::connect(network, source, target, 0);
  QVERIFY(wired && apply(network, *wired));
  const Scene scene = sceneOf(network);
  const auto edge = std::find_if(scene.edges.begin(), scene.edges.end(),
                                 [&](const EdgeItem& one) { return one.to == target; });
  QVERIFY(edge != scene.edges.end());
  QCOMPARE(edge->line.first(), *scene.node(source)->output);
  QCOMPARE(edge->line.last(), scene.node(target)->inputs.front());
  for (const auto& other : scene.edges) {
    QCOMPARE(cardBefore(scene, other), QString());
    if (other.from != source)
      QVERIFY2(together(edge->line, other.line) < 1,
               qPrintable("on the wire into " + scene.node(other.to)->title));
  }
  for (qsizetype index = 1; index < edge->line.size(); ++index) {
    const QRectF piece = QRectF(edge->line[index - 1], edge->line[index]).normalized();
    if (piece.height() > 0.5 || piece.width() < 60) continue;
    for (const auto& node : scene.nodes)
      if (node.id != source && node.id != target)
        QVERIFY2(!piece.adjusted(0, -11, 0, 11).intersects(node.box), qPrintable("too near " + node.title));
  }
}

QTEST_MAIN(TestRouter)
#include "tst_router.moc"
