// SPDX-License-Identifier: Apache-2.0
// Edits are values with inverses: whatever was done, undoing it gives the identical canonical JSON.
#include "core/network/edit.h"
#include "core/network/templates.h"
#include "core/network/validate.h"
#include "tests/soak.h"
#include <QtTest>
#include <cmath>
#include <random>

using namespace loom;

namespace {

class Gambler {
 public:
  explicit Gambler(unsigned seed) : engine_(seed) {}
  int below(int count) { return static_cast<int>(engine_() % static_cast<unsigned>(std::max(count, 1))); }
  template<class Map> auto keyOf(const Map& map) {
    auto entry = map.begin();
    std::advance(entry, below(static_cast<int>(map.size())));
    return entry->first;
  }
  Point point() { return {8.0 * below(100), 8.0 * below(60)}; }

  // One edit at random; many cannot be done here and say so.
  Result<Edit> edit(const Network& network) {
    const auto& type =
        layerTable()[static_cast<std::size_t>(below(static_cast<int>(layerTable().size())))]->type;
    if (network.nodes.empty() || below(8) == 0) return addNode(network, type, point());
    const NodeId node = keyOf(network.nodes);
    std::set<NodeId> some{node, keyOf(network.nodes)};
    switch (below(16)) {
    case 0:
      return removeNodes(network, {node}, {}, true);
    case 1:
      return removeNodes(network, some, {}, below(2));
    case 2:
    case 3:
    case 4:
      return connect(network, node, keyOf(network.nodes));
    case 5:
      return network.edges.empty() ? addNode(network, type, point())
                                   : disconnect(network, keyOf(network.edges));
    case 6:
      return moveNodes(network, {{node, point()}}, true);
    case 7: {
      const LayerSpec* layer = findLayer(network.nodes.at(node).type);
      if (layer->fields.empty()) return rename(network, node, "n" + std::to_string(below(50)));
      const Field& field =
          layer->fields[static_cast<std::size_t>(below(static_cast<int>(layer->fields.size())))];
      if (field.kind == FieldKind::flag) return setParam(network, node, field.name, below(2) == 1);
      return setParam(network, node, field.name, std::int64_t{1 + below(8)});
    }
    case 8:
      return rename(network, node, "n" + std::to_string(below(50)));
    case 9:
      return network.edges.empty() ? addNode(network, type, point())
                                   : insertOnEdge(network, keyOf(network.edges), type);
    case 10:
      return replaceLayer(network, node, type);
    case 11:
      return network.nodes.size() > 24 ? removeNodes(network, some, {}, true)
                                       : duplicate(network, some, {16, 24});
    case 12:
      return setFrozen(network, node, below(2) == 1);
    case 13:
      return addNote(network, Note{0, "note", point(), 100, 40, below(2) == 1});
    case 14:
      return network.notes.empty() ? addNote(network, {}) : removeNote(network, keyOf(network.notes));
    default:
      return network.nodes.size() > 24 ? removeNodes(network, some, {}, false)
                                       : paste(network, copyToJson(network, some), point());
    }
  }

 private:
  std::mt19937 engine_;
};

} // namespace

class TestEdit : public QObject {
  Q_OBJECT
 private slots:
  void insertedLayersLieOnNobody();
  void randomEditsComeBack();
  void historyWalks();
  void healingJoins();
  void refusals();
  void staleEditChangesNothing();
  void copiesKeepEdgesAndNames();
};

// Edits in sequences of 20; each sequence is undone, redone and undone again.
void TestEdit::randomEditsComeBack() {
  const auto cases = test::casesOf("edits", 100'000, 20260101, 2'000'000);
  Gambler gambler(cases.seed);
  int made = 0, refused = 0;
  Network network = networkTemplates()[0].make();
  while (made < cases.count) {
    History history(network);
    const std::string before = canonicalJson(toJson(network));
    for (int i = 0; i < 20; ++i) {
      auto edit = gambler.edit(history.network());
      if (!edit) {
        ++refused;
        QVERIFY(!edit.error().cause.empty());
        continue;
      }
      const auto status = history.perform(std::move(*edit));
      QVERIFY2(status.ok(), status.ok() ? "" : status.error().message().c_str());
      ++made;
    }
    const Network after = history.network();
    while (history.canUndo()) QVERIFY(history.undo().ok());
    QVERIFY(history.network() == network);
    const bool spell = gambler.below(25) == 0;
    if (spell) QCOMPARE(canonicalJson(toJson(history.network())), before);
    while (history.canRedo()) QVERIFY(history.redo().ok());
    QVERIFY(history.network() == after);
    if (spell) {
      // What edits made is what a file may hold.
      const auto read = networkFromJson(toJson(after), "memory");
      QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
      QVERIFY(*read == after);
    }
    const int keep = gambler.below(20);
    while (gambler.below(3) != 0 && history.canUndo()) QVERIFY(history.undo().ok());
    network =
        keep == 0 ? networkTemplates()[static_cast<std::size_t>(gambler.below(6))].make() : history.network();
    if (network.nodes.size() > 40) network = networkTemplates()[1].make();
  }
  qInfo("%d edits made, %d refused", made, refused);
}

void TestEdit::historyWalks() {
  History history(networkTemplates()[2].make());
  QVERIFY(history.clean());
  const NodeId conv = history.network().nodeNamed("conv_1")->id;
  Touched touched;
  QVERIFY(
      history.perform(setParam(history.network(), conv, "out_channels", std::int64_t{8}).value(), &touched)
          .ok());
  QCOMPARE(touched.nodes, std::set<NodeId>{conv});
  QCOMPARE(history.undoText().text(), std::string("Set Out channels of conv_1"));
  QVERIFY(!history.clean());
  QVERIFY(history.undo().ok());
  QVERIFY(history.clean());
  QVERIFY(history.redo().ok());
  history.markClean();
  QVERIFY(history.undo().ok());
  QVERIFY(history.perform(rename(history.network(), conv, "first").value()).ok());
  QVERIFY(!history.clean()); // the saved state can be reached no more
  QVERIFY(history.undo().ok());
  QVERIFY(!history.clean());
  QVERIFY(!history.undo().ok());
  // A parameter set to its standard is not stored.
  QVERIFY(history.perform(setParam(history.network(), conv, "out_channels", std::int64_t{16}).value()).ok());
  QVERIFY(!history.network().node(conv)->params.has("out_channels"));
}

void TestEdit::healingJoins() {
  Network network = networkTemplates()[1].make();
  const auto idOf = [&](const char* name) { return network.nodeNamed(name)->id; };
  const NodeId first = idOf("linear_1"), third = idOf("linear_2");
  QVERIFY(apply(network, removeNodes(network, {idOf("relu_1")}, {}, true).value()).ok());
  QCOMPARE(network.into(third).at(0)->from, first);
  QVERIFY(analyse(network).runnable());
  // Two neighbours at once.
  QVERIFY(apply(network, removeNodes(network, {third, idOf("relu_2")}, {}, true).value()).ok());
  QCOMPARE(network.into(idOf("linear_3")).at(0)->from, first);
  QVERIFY(apply(network, removeNodes(network, {first}, {}, false).value()).ok());
  QVERIFY(network.into(idOf("linear_3")).empty());
}

void TestEdit::refusals() {
  const Network network = networkTemplates()[3].make();
  const auto id = [&](const char* name) { return network.nodeNamed(name)->id; };
  QVERIFY(!loom::connect(network, id("relu_2"), id("conv_1")).ok()); // a circle
  QVERIFY(!loom::connect(network, id("conv_1"), id("conv_1")).ok());
  QVERIFY(!loom::connect(network, id("output"), id("conv_1")).ok()); // no output
  QVERIFY(!loom::connect(network, id("conv_1"), id("input")).ok());  // no input
  QVERIFY(!loom::connect(network, id("conv_1"), id("bn_1")).ok());   // there already
  QVERIFY(!loom::connect(network, 999, id("bn_1")).ok());
  QVERIFY(!addNode(network, "Conv9d", {}).ok());
  QVERIFY(!addNode(network, "ReLU", {std::nan(""), 0}).ok());
  QVERIFY(!rename(network, id("conv_1"), "conv_2").ok());
  QVERIFY(!rename(network, id("conv_1"), "2nd").ok());
  QVERIFY(!rename(network, id("conv_1"), "forward").ok());
  QVERIFY(!setParam(network, id("conv_1"), "out_channels", std::int64_t{0}).ok());
  QVERIFY(!setParam(network, id("conv_1"), "in_channels", std::int64_t{3}).ok());
  QVERIFY(!setParam(network, id("conv_1"), "colour", std::string("blue")).ok());
  QVERIFY(!insertOnEdge(network, network.edges.begin()->first, "Output").ok());
  // An occupied single port gives its edge up.
  const auto edit = loom::connect(network, id("conv_1"), id("conv_2"));
  QVERIFY(edit.ok());
  Network changed = network;
  QVERIFY(apply(changed, *edit).ok());
  QCOMPARE(changed.into(id("conv_2")).size(), std::size_t{1});
  QCOMPARE(changed.into(id("conv_2")).at(0)->from, id("conv_1"));
}

void TestEdit::staleEditChangesNothing() {
  Network network = networkTemplates()[0].make();
  const NodeId linear = network.nodeNamed("linear_1")->id;
  const Edit edit = removeNodes(network, {linear}, {}, true).value();
  QVERIFY(apply(network, rename(network, linear, "head").value()).ok());
  const Network before = network;
  QVERIFY(!apply(network, edit).ok());
  QVERIFY(network == before);
}

void TestEdit::copiesKeepEdgesAndNames() {
  Network network = networkTemplates()[2].make();
  const auto id = [&](const char* name) { return network.nodeNamed(name)->id; };
  const std::set<NodeId> chosen{id("conv_2"), id("relu_2"), id("maxpool_2")};
  const std::size_t nodes = network.nodes.size(), edges = network.edges.size();
  QVERIFY(apply(network, paste(network, copyToJson(network, chosen), {500, 500}).value()).ok());
  QCOMPARE(network.nodes.size(), nodes + 3);
  QCOMPARE(network.edges.size(), edges + 2);
  const Node* copy = network.nodeNamed("conv_3");
  QVERIFY(copy);
  QCOMPARE(copy->params, network.nodeNamed("conv_2")->params);
  QVERIFY(!paste(network, Json{{"schema", 1}, {"nodes", 3}}, {}).ok());
}

void TestEdit::insertedLayersLieOnNobody() {
  for (const NetworkTemplate& row : networkTemplates()) {
    const Network network = row.make();
    for (const auto& [id, edge] : network.edges) {
      const auto edit = insertOnEdge(network, id, "Dropout");
      QVERIFY(edit.ok());
      Network now = network;
      QVERIFY(apply(now, *edit).ok());
      const Node& added = now.nodes.at(network.nextId);
      for (const auto& [key, node] : now.nodes) // the widest card is 160 by 84
        QVERIFY2(key == added.id || std::fabs(node.position.x - added.position.x) >= 160 ||
                     std::fabs(node.position.y - added.position.y) >= 84,
                 (std::string(row.id) + ": " + node.name).c_str());
      QVERIFY(apply(now, inverse(*edit)).ok());
      QVERIFY(now.nodes == network.nodes && now.edges == network.edges); // one step back
    }
  }
}

QTEST_GUILESS_MAIN(TestEdit)
#include "tst_edit.moc"
