// SPDX-License-Identifier: Apache-2.0
// Two drawings side by side: every node once, both orders kept, and the pairs a person would draw.
#include "core/network/difference.h"
#include "core/network/templates.h"
#include "core/network/validate.h"
#include <QtTest>

using namespace loom;

namespace {

// "Input Linear:8 ReLU Linear:2 Output": a chain; the number is the layer's outputs.
Network chainOf(const QString& words) {
  Network network;
  NodeId last = 0;
  for (const QString& word : words.split(' ', Qt::SkipEmptyParts)) {
    const auto parts = word.split(':');
    Params params;
    if (parts.size() > 1)
      params.set(parts[0] == "Conv2d" ? "out_channels" : "out_features", std::int64_t(parts[1].toInt()));
    const auto edit = addNode(network, parts[0].toStdString(), {}, params);
    if (!edit || !apply(network, *edit).ok()) qFatal("cannot add");
    const NodeId added = network.nodes.rbegin()->first;
    if (last != 0 && !apply(network, connect(network, last, added).value()).ok()) qFatal("cannot connect");
    last = added;
  }
  return network;
}

std::vector<NodePair> pairsOf(const Network& left, const Network& right) {
  return difference(left, analyse(left).order, right, analyse(right).order);
}

QString signsOf(const std::vector<NodePair>& pairs) {
  QString signs;
  for (const auto& pair : pairs)
    signs += pair.kind == NodePair::Kind::same      ? '='
             : pair.kind == NodePair::Kind::changed ? '~'
             : pair.kind == NodePair::Kind::removed ? '-'
                                                    : '+';
  return signs;
}

// Both sides of `pairs`, without the gaps, are these orders.
bool keepsOrders(const std::vector<NodePair>& pairs, const std::vector<NodeId>& left,
                 const std::vector<NodeId>& right) {
  std::vector<NodeId> a, b;
  for (const auto& pair : pairs) {
    if (pair.left != 0) a.push_back(pair.left);
    if (pair.right != 0) b.push_back(pair.right);
    const bool both = pair.left != 0 && pair.right != 0;
    if (both != (pair.kind == NodePair::Kind::same || pair.kind == NodePair::Kind::changed)) return false;
  }
  return a == left && b == right;
}

} // namespace

class TestDifference : public QObject {
  Q_OBJECT
 private slots:
  void chains_data();
  void chains();
  void templates();
  void namesAndPlacesAreNoChange();
  void largeDrawingsArePairedByName();
};

void TestDifference::chains_data() {
  QTest::addColumn<QString>("left");
  QTest::addColumn<QString>("right");
  QTest::addColumn<QString>("signs");
  const QString plain = "Input Linear:8 ReLU Linear:2 Output";
  QTest::newRow("the same") << plain << plain << "=====";
  QTest::newRow("a parameter") << plain << "Input Linear:16 ReLU Linear:2 Output"
                               << "=~===";
  QTest::newRow("another of its family") << plain << "Input Linear:8 Tanh Linear:2 Output"
                                         << "==~==";
  QTest::newRow("one more") << plain << "Input Linear:8 ReLU Dropout Linear:2 Output"
                            << "===+==";
  QTest::newRow("one less") << plain << "Input Linear:8 Linear:2 Output"
                            << "==-==";
  QTest::newRow("a block of two more") << plain << "Input Linear:8 ReLU Linear:8 ReLU Linear:2 Output"
                                       << "===++==";
  QTest::newRow("nothing alike between") << plain << "Input Conv2d:4 Flatten Output"
                                         << "=---++=";
  QTest::newRow("from nothing") << "" << plain << "+++++";
  QTest::newRow("to nothing") << plain << ""
                              << "-----";
  QTest::newRow("both nothing") << ""
                                << ""
                                << "";
}

void TestDifference::chains() {
  QFETCH(QString, left);
  QFETCH(QString, right);
  QFETCH(QString, signs);
  const Network a = chainOf(left), b = chainOf(right);
  const auto pairs = pairsOf(a, b);
  QCOMPARE(signsOf(pairs), signs);
  QVERIFY(keepsOrders(pairs, analyse(a).order, analyse(b).order));
}

// Every template against every other; and seen from the other side, as much is the same.
void TestDifference::templates() {
  for (const auto& one : networkTemplates())
    for (const auto& other : networkTemplates()) {
      const Network a = one.make(), b = other.make();
      const auto there = pairsOf(a, b), back = pairsOf(b, a);
      QVERIFY(keepsOrders(there, analyse(a).order, analyse(b).order));
      QCOMPARE(signsOf(there).count('='), signsOf(back).count('='));
      QCOMPARE(signsOf(there).count('-'), signsOf(back).count('+'));
      if (one.id == other.id) QCOMPARE(signsOf(there).count('='), int(a.nodes.size()));
    }
}

void TestDifference::namesAndPlacesAreNoChange() {
  Network a = chainOf("Input Linear:8 Output"), b = a;
  for (auto& [id, node] : b.nodes) {
    node.name += "_renamed";
    node.position = {500, 700};
  }
  QCOMPARE(signsOf(pairsOf(a, b)), QString("==="));
  b.nodes.rbegin()->second.frozen = true;
  QCOMPARE(signsOf(pairsOf(a, b)), QString("==~"));
}

void TestDifference::largeDrawingsArePairedByName() {
  // 2,500 layers each, with another width in all of them: too many for the table.
  const auto wide = [](int width) {
    Network network;
    for (int number = 1; number <= 2500; ++number) {
      Node node;
      node.id = network.nextId++;
      node.type = "Linear";
      node.name = "linear_" + std::to_string(number);
      node.params.set("out_features", std::int64_t(width));
      network.nodes[node.id] = node;
    }
    return network;
  };
  const Network a = wide(8);
  Network b = wide(16);
  b.nodes.erase(1000);
  const auto pairs = pairsOf(a, b);
  QVERIFY(keepsOrders(pairs, analyse(a).order, analyse(b).order));
  QCOMPARE(signsOf(pairs).count('~'), 2499);
  QCOMPARE(signsOf(pairs).count('-'), 1);
  QCOMPARE(pairs[999], (NodePair{NodePair::Kind::removed, 1000, 0}));
}

QTEST_APPLESS_MAIN(TestDifference)
#include "tst_difference.moc"
