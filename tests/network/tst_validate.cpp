// SPDX-License-Identifier: Apache-2.0
// Diagnostics name node, cause and fix; everything before a break keeps its shapes; every fix fixes.
#include "core/network/layout.h"
#include "core/network/templates.h"
#include "core/network/validate.h"
#include <QtTest>

using namespace loom;

namespace {

using Ints = std::vector<std::int64_t>;

// "Conv2d out_channels=8" behind each other; the Input's shape is given.
class Chain {
 public:
  explicit Chain(Ints shape) { add("Input", {{"shape", std::move(shape)}}, {}); }
  NodeId add(std::string_view type, const Params& params, std::vector<NodeId> from) {
    const auto status = apply(network, addNode(network, type, {}, params).value());
    Q_ASSERT(status.ok());
    last = network.nodes.rbegin()->first;
    for (const NodeId source : from)
      if (!apply(network, connect(network, source, last).value()).ok()) qFatal("cannot connect");
    return last;
  }
  NodeId add(std::string_view type, const Params& params = {}) { return add(type, params, {last}); }

  Network network;
  NodeId last = 0;
};

const Diagnostic* of(const Analysis& analysis, NodeId node) {
  for (const Diagnostic& each : analysis.diagnostics)
    if (each.node == node) return &each;
  return nullptr;
}

} // namespace

class TestValidate : public QObject {
  Q_OBJECT
 private slots:
  void missingFlatten();
  void fixesFix_data();
  void fixesFix();
  void unfinishedDrawings();
  void sharing();
  void circlesAndUnknownTypes();
  void lossBehindSoftmax();
  void templatesAreRunnable();
  void lenetCounts();
  void proposals();
  void hugeSizes();
};

void TestValidate::missingFlatten() {
  Chain chain({1, 28, 28});
  const NodeId conv = chain.add(
      "Conv2d", {{"out_channels", std::int64_t{32}}, {"stride", Ints{2, 2}}, {"padding", Ints{1, 1}}});
  const NodeId pool = chain.add("AvgPool2d");
  const NodeId linear = chain.add("Linear");
  const NodeId output = chain.add("Output");
  const Analysis analysis = analyse(chain.network);
  QVERIFY(!analysis.runnable());
  QCOMPARE(analysis.diagnostics.size(), std::size_t{1});
  const Diagnostic& problem = analysis.diagnostics[0];
  QCOMPARE(problem.node, linear);
  QCOMPARE(problem.cause.text(), std::string("Expects 2 dimensions, gets N×32×7×7."));
  QCOMPARE(problem.remedy.text(), std::string("A Flatten before it gives N×1568."));
  QCOMPARE(problem.fix.label.text(), std::string("Insert Flatten"));
  // Valid up to the break.
  QCOMPARE(toText(*analysis.nodes.at(conv).output), std::string("N×32×14×14"));
  QCOMPARE(toText(*analysis.nodes.at(pool).output), std::string("N×32×7×7"));
  QCOMPARE(analysis.nodes.at(conv).facts, std::string("3×3, 1 → 32 /2"));
  QCOMPARE(analysis.nodes.at(linear).facts, std::string("? → 10"));
  QVERIFY(!analysis.nodes.at(linear).output);
  QVERIFY(analysis.nodes.at(output).inputs.empty());
  const auto error = firstError(chain.network, analysis);
  QVERIFY(!error.ok());
  QCOMPARE(error.error().kind, ErrorKind::input);
  QVERIFY(error.error().place.text().find("linear_1") != std::string::npos);

  QVERIFY(apply(chain.network, fixEdit(chain.network, problem).value()).ok());
  const Analysis fixed = analyse(chain.network);
  QVERIFY(fixed.runnable());
  QCOMPARE(fixed.nodes.at(linear).parameterCount, std::int64_t{15690});
}

void TestValidate::fixesFix_data() {
  QTest::addColumn<Network>("network");
  QTest::addColumn<QString>("cause");
  const auto row = [](const char* name, Chain chain, const char* cause) {
    QTest::newRow(name) << chain.network << QString(cause);
  };
  const auto ended = [](Chain chain) {
    chain.add("Flatten");
    chain.add("Linear");
    chain.add("Output");
    return chain;
  };
  {
    Chain chain({4, 8, 8});
    chain.add("Conv2d", {{"out_channels", std::int64_t{6}}, {"groups", std::int64_t{3}}});
    row("groups", ended(chain), "3 groups do not divide 4 channels in and 6 out.");
  }
  {
    Chain chain({1, 3, 3});
    chain.add("Conv2d", {{"kernel_size", Ints{5, 5}}});
    row("kernel", ended(chain), "The 5×5 kernel is larger than its input of 3×3.");
  }
  {
    Chain chain({1, 3, 1});
    chain.add("MaxPool2d");
    row("pool", ended(chain), "The 2×2 kernel is larger than its input of 3×1.");
  }
  {
    Chain chain({1, 8, 8});
    chain.add("AvgPool2d", {{"padding", Ints{2, 2}}});
    row("pool padding", ended(chain), "The padding 2×2 is more than half the kernel 2×2.");
  }
  {
    Chain chain({7});
    chain.add("BatchNorm2d");
    chain.add("Output");
    row("norm of rows", chain, "Expects 4 dimensions (N×channels×height×width), gets N×7.");
  }
  {
    Chain chain({3, 4, 4});
    chain.add("BatchNorm1d");
    row("norm of images", ended(chain), "Expects 2 or 3 dimensions, gets N×3×4×4.");
  }
  {
    Chain chain({7});
    chain.add("Conv2d");
    chain.add("Output");
    row("conv of rows", chain, "Expects 4 dimensions (N×channels×height×width), gets N×7.");
  }
  {
    Chain chain({2, 4, 4});
    chain.add("Output");
    row("loss of images", chain, "CrossEntropyLoss expects 2 dimensions (N×classes), gets N×2×4×4.");
  }
  {
    Chain chain({5});
    chain.add("Linear", {{"out_features", std::int64_t{1}}});
    chain.add("Output");
    row("one class", chain, "CrossEntropyLoss expects one value for each of two or more classes, gets N×1.");
  }
  {
    Chain chain({5});
    chain.add("Softmax", {{"dim", std::int64_t{3}}});
    chain.add("Output", {{"loss", std::string("MSELoss")}});
    row("softmax dimension", chain, "Works along dimension 3, gets N×5.");
  }
  {
    Chain chain({2, 4, 4});
    chain.add("Flatten", {{"start_dim", std::int64_t{5}}});
    chain.add("Output");
    row("flatten", chain, "Folds dimensions 5 to -1, gets N×2×4×4.");
  }
  {
    Chain chain({5});
    chain.add("Add");
    chain.add("Output");
    row("lone add", chain, "Expects two or more inputs, has one.");
  }
  {
    Chain chain({2, 4, 4});
    const NodeId input = chain.last;
    const NodeId conv = chain.add("Conv2d", {{"out_channels", std::int64_t{3}}, {"kernel_size", Ints{1, 1}}});
    chain.add("Add", {}, {input, conv});
    row("add of other channels", ended(chain), "Adds inputs of one shape, gets N×2×4×4 and N×3×4×4.");
  }
  {
    Chain chain({5});
    const NodeId relu = chain.add("ReLU");
    chain.add("Concat", {{"dim", std::int64_t{2}}}, {1, relu});
    chain.add("Output");
    row("concat dimension", chain, "Joins along dimension 2, gets N×5.");
  }
  {
    Chain chain({5});
    chain.add("ReLU");
    chain.add("Output", {}, {});
    row("open end", chain, "Has no input: no path leads from an Input to it.");
  }
  {
    Chain chain({5});
    chain.add("Softmax");
    chain.add("Output");
    row("softmax twice", chain,
        "CrossEntropyLoss contains a Softmax already; two of them make the gradient small.");
  }
}

void TestValidate::fixesFix() {
  QFETCH(Network, network);
  QFETCH(QString, cause);
  const Analysis before = analyse(network);
  QVERIFY(!before.diagnostics.empty());
  const Diagnostic problem = before.diagnostics.front();
  QCOMPARE(QString::fromStdString(problem.cause.text()), cause);
  QVERIFY(!problem.remedy.empty());
  QVERIFY(problem.fix.kind != Fix::Kind::none);
  QVERIFY(!problem.fix.label.empty());
  const auto edit = fixEdit(network, problem);
  QVERIFY2(edit.ok(), edit.ok() ? "" : edit.error().message().c_str());
  QVERIFY(apply(network, *edit).ok());
  const Analysis after = analyse(network);
  for (const Diagnostic& rest : after.diagnostics) qInfo("left: %s", rest.cause.text().c_str());
  QVERIFY(after.runnable());
  QVERIFY(after.diagnostics.empty());
}

void TestValidate::unfinishedDrawings() {
  Network empty;
  Analysis analysis = analyse(empty);
  QCOMPARE(analysis.diagnostics.size(), std::size_t{2});
  QCOMPARE(analysis.diagnostics[0].node, 0);
  Chain chain({5});
  const NodeId linear = chain.add("Linear");
  chain.add("Output");
  // A layer that is not part of the network yet does not block the run.
  const NodeId stray = chain.add("ReLU", {}, {});
  analysis = analyse(chain.network);
  QVERIFY(analysis.runnable());
  QVERIFY(of(analysis, stray));
  QCOMPARE(of(analysis, stray)->level, Diagnostic::Level::warning);
  QVERIFY(analysis.nodes.at(linear).reachesOutput);
  QVERIFY(!analysis.nodes.at(stray).reachesOutput);
  QCOMPARE(analysis.order.size(), chain.network.nodes.size());
}

void TestValidate::sharing() {
  Chain chain({5});
  const NodeId a = chain.add("Linear", {{"out_features", std::int64_t{5}}});
  const NodeId b = chain.add("Linear", {{"out_features", std::int64_t{5}}});
  chain.add("Output");
  chain.network.nodes[b].shares = a;
  Analysis analysis = analyse(chain.network);
  QVERIFY(analysis.runnable());
  QCOMPARE(analysis.parameters, std::int64_t{30}); // counted where they live
  chain.network.nodes[b].params.set("out_features", std::int64_t{4});
  analysis = analyse(chain.network);
  QVERIFY(of(analysis, b));
  chain.network.nodes[b].shares = b;
  QVERIFY(!analyse(chain.network).runnable());
  chain.network.nodes[b].shares = 77;
  QVERIFY(!analyse(chain.network).runnable());
}

void TestValidate::circlesAndUnknownTypes() {
  Chain chain({5});
  const NodeId a = chain.add("ReLU");
  const NodeId b = chain.add("ReLU");
  chain.add("Output");
  chain.network.edges.begin()->second.from = b; // by hand: no builder makes this
  Analysis analysis = analyse(chain.network);
  QVERIFY(!analysis.runnable());
  QVERIFY(of(analysis, a) && of(analysis, b));
  QCOMPARE(layout(chain.network, {}).size(), chain.network.nodes.size());
  chain.network.nodes[a].type = "Conv9d";
  QVERIFY(!analyse(chain.network).runnable());
  QCOMPARE(layout(chain.network, {}).size(), chain.network.nodes.size());
}

void TestValidate::lossBehindSoftmax() {
  Chain chain({5});
  const NodeId sigmoid = chain.add("Sigmoid");
  chain.add("Output", {{"loss", std::string("BCEWithLogitsLoss")}});
  const Analysis analysis = analyse(chain.network);
  QVERIFY(analysis.runnable());
  QVERIFY(of(analysis, sigmoid));
  QCOMPARE(of(analysis, sigmoid)->fix.kind, Fix::Kind::remove);
}

void TestValidate::templatesAreRunnable() {
  for (const NetworkTemplate& each : networkTemplates()) {
    const Network network = each.make();
    const Analysis analysis = analyse(network);
    QVERIFY2(analysis.runnable() && analysis.diagnostics.empty(), std::string(each.id).c_str());
    qInfo("%s: %zu nodes, %lld parameters, %lld multiply-adds", std::string(each.id).c_str(),
          network.nodes.size(), static_cast<long long>(analysis.parameters),
          static_cast<long long>(analysis.multiplyAdds));
  }
}

void TestValidate::lenetCounts() {
  const Analysis analysis = analyse(networkTemplates()[2].make());
  QCOMPARE(analysis.parameters, std::int64_t{61706});
  QCOMPARE(analysis.multiplyAdds,
           std::int64_t{28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 840});
  QCOMPARE(analyse(networkTemplates()[0].make()).parameters, std::int64_t{7850});
  QCOMPARE(analyse(networkTemplates()[1].make()).parameters,
           std::int64_t{784 * 512 + 512 + 512 * 256 + 256 + 2570});
  QVERIFY(analyse(networkTemplates()[3].make()).parameters <= 100000);
}

void TestValidate::proposals() {
  const std::vector<Ints> shapes{{4},         {1},         {300},         {1, 1, 1},  {1, 8, 8},
                                 {3, 32, 32}, {1, 28, 28}, {3, 224, 200}, {3, 5, 40}, {6, 7}};
  for (const Ints& shape : shapes)
    for (const std::int64_t classes : {0, 1, 2, 10}) {
      const Analysis analysis = analyse(proposeNetwork(shape, classes, 2));
      QVERIFY2(analysis.runnable(),
               analysis.diagnostics.empty() ? "" : analysis.diagnostics[0].cause.text().c_str());
    }
}

void TestValidate::hugeSizes() {
  Chain chain({1048576, 1048576, 1048576});
  chain.add("Conv2d", {{"out_channels", std::int64_t{65536}}});
  chain.add("Flatten");
  chain.add("Linear", {{"out_features", std::int64_t{1048576}}});
  chain.add("Output");
  const Analysis analysis = analyse(chain.network);
  QVERIFY(!analysis.runnable());
  QVERIFY(analysis.parameters >= 0 && analysis.activationElements >= 0);
}

QTEST_GUILESS_MAIN(TestValidate)
#include "tst_validate.moc"
