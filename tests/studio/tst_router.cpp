// SPDX-License-Identifier: GPL-3.0-or-later
// Wires between cards that were placed by hand keep clear of the others, as long as there is room.
#include "app/studio/canvas/scene.h"
#include "core/network/templates.h"
#include <QTest>

using namespace loom;

class TestRouter : public QObject {
  Q_OBJECT
 private slots:
  void wiresKeepClearOfCards_data();
  void wiresKeepClearOfCards();
};

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
  Network network;
  for (const auto& row : networkTemplates())
    if (row.id == "mlp") network = row.make();
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

QTEST_MAIN(TestRouter)
#include "tst_router.moc"
