// SPDX-License-Identifier: Apache-2.0
// Auto-layout: columns of 192, nothing overlaps, rows are read as text, hand-placed nodes stay.
#include "core/network/edit.h"
#include "core/network/layout.h"
#include "core/network/templates.h"
#include "tests/soak.h"
#include <QtTest>
#include <cmath>
#include <random>

using namespace loom;

namespace {

bool apart(const std::map<NodeId, Point>& positions) {
  for (const auto& [a, p] : positions)
    for (const auto& [b, q] : positions)
      if (a < b && std::fabs(p.x - q.x) < 160 && std::fabs(p.y - q.y) < 84) return false;
  return true;
}

} // namespace

class TestLayout : public QObject {
  Q_OBJECT
 private slots:
  void templatesInRows();
  void projectionLiesBelow();
  void handPlacedStays();
  void randomDrawings();
};

void TestLayout::templatesInRows() {
  for (const NetworkTemplate& each : networkTemplates()) {
    const Network network = each.make();
    for (const double width : {400.0, 1120.0, 2000.0}) {
      const auto positions = layout(network, {width, false, true});
      QCOMPARE(positions.size(), network.nodes.size());
      QVERIFY(apart(positions));
      for (const auto& [id, point] : positions) QCOMPARE(std::fmod(point.x - 32, 192), 0.0);
    }
    const auto row = layout(network, {1120, true, true});
    QVERIFY(apart(row));
    // In one row every edge runs to the right.
    for (const auto& [id, edge] : network.edges) QVERIFY(row.at(edge.from).x < row.at(edge.to).x);
  }
  // LeNet on the usual width: rows of at most five.
  const Network lenet = networkTemplates()[2].make();
  for (const auto& [id, node] : lenet.nodes) QVERIFY(node.position.x <= 32 + 4 * 192);
}

void TestLayout::projectionLiesBelow() {
  const Network network = networkTemplates()[3].make();
  const auto at = [&](const char* name) { return network.nodeNamed(name)->position; };
  // conv_4 begins the second block, conv_6 is its projection.
  QCOMPARE(at("conv_6").y, at("conv_4").y + 96);
  QCOMPARE(at("bn_6").y, at("conv_6").y);
  QCOMPARE(at("bn_6").x, at("conv_6").x + 192);
  QVERIFY(at("add_2").y == at("conv_4").y);
}

void TestLayout::handPlacedStays() {
  Network network = networkTemplates()[2].make();
  Node& node = network.nodes[network.nodeNamed("relu_2")->id];
  node.position = {40, 30};
  node.placed = true;
  const auto positions = layout(network, {});
  QCOMPARE(positions.at(node.id), (Point{40, 30}));
  QVERIFY(apart(positions));
  QVERIFY(layout(network, {1120, false, false}).at(node.id) ==
          networkTemplates()[2].make().node(node.id)->position);
}

void TestLayout::randomDrawings() {
  const auto cases = test::casesOf("laid out drawings", 200, 7, 20'000);
  std::mt19937 random(cases.seed);
  for (int round = 0; round < cases.count; ++round) {
    Network network;
    const int count = 1 + static_cast<int>(random() % 30);
    for (int i = 1; i <= count; ++i) {
      Node node;
      node.id = network.nextId++;
      node.name = "n" + std::to_string(i);
      node.type = "Add";
      network.nodes.emplace(node.id, node);
    }
    for (int i = 2; i <= count; ++i)
      for (unsigned e = random() % 4; e > 0; --e) {
        Edge edge{network.nextId++, static_cast<NodeId>(1 + random() % static_cast<unsigned>(i - 1)), i, 0,
                  static_cast<int>(e)};
        network.edges.emplace(edge.id, edge);
      }
    QVERIFY(apart(layout(network, {})));
    QVERIFY(apart(layout(network, {1120, true, true})));
    QVERIFY(layout(network, {}) == layout(network, {}));
  }
}

QTEST_GUILESS_MAIN(TestLayout)
#include "tst_layout.moc"
