// SPDX-License-Identifier: Apache-2.0
// Whole networks on the fast CPU backend: twenty training steps beside the reference, the same bits in every
// run, and a resumed run equal to an uninterrupted one.
#include "core/backend/onednn/onednn_backend.h"
#include "core/backend/reference/reference_backend.h"
#include "tests/bench/bench_networks.h"
#include <QtTest>
#include <cmath>
#include <cstring>

using namespace loom;

namespace {

using Ints = std::vector<std::int64_t>;

struct Case {
  const char* name;
  Network network;
  int classes;
};

// Many kinds of layers, odd channel counts, an activation between a pool and a flattened map, dropout,
// branches.
Network mixed() {
  DrawnNetwork d;
  d.add("Input", {{"shape", Ints{3, 11, 9}}});
  const NodeId stem = d.conv(5, 3, 1, 1, true);
  d.add("Tanh");
  d.add("MaxPool2d");
  d.conv(18, 3, 1, 1, false);
  d.add("BatchNorm2d");
  const NodeId left = d.add("LeakyReLU");
  d.conv(7, 1, 0, 2, true, {stem});
  d.add("GELU");
  const NodeId right = d.add("AvgPool2d", {{"kernel_size", Ints{2, 2}}, {"stride", Ints{1, 1}}});
  d.add("Concat", {{"dim", std::int64_t{1}}}, {left, right});
  d.add("Dropout", {{"p", 0.25}});
  d.add("AdaptiveAvgPool2d", {{"output_size", Ints{3, 2}}});
  d.add("Sigmoid");
  d.add("Flatten");
  d.add("Linear",
        {{"out_features", std::int64_t{33}}, {"bias", false}}); // behind it a bias would have no gradient
  d.add("BatchNorm1d");
  d.add("ReLU");
  d.linear(5);
  d.add("Output");
  return d.network;
}

// conv -> ReLU -> pool -> Tanh, whose gradient overwrites what the fused convolution still reads if nobody
// takes care.
Network fused() {
  DrawnNetwork d;
  d.add("Input", {{"shape", Ints{3, 12, 12}}});
  d.conv(8, 3, 1, 1, true);
  d.add("ReLU");
  d.add("MaxPool2d");
  d.add("Tanh");
  d.conv(20, 3, 1, 1, false);
  d.add("ReLU");
  d.add("MaxPool2d");
  d.add("Sigmoid");
  d.add("Flatten");
  d.linear(4);
  d.add("Output");
  return d.network;
}

// 3×3 convolutions whose sources' gradients meet a ReLU, or a shortcut's gradient and then a ReLU.
Network shortcut() {
  DrawnNetwork d;
  d.add("Input", {{"shape", Ints{16, 12, 9}}});
  d.conv(16, 3, 1, 1, true);
  const NodeId start = d.add("ReLU");
  d.conv(32, 3, 1, 1, true);
  d.add("ReLU");
  const NodeId way = d.conv(16, 3, 1, 1, true);
  d.add("Add", {}, {way, start});
  d.add("ReLU");
  d.conv(16, 3, 0, 1, false);
  d.add("ReLU");
  d.add("AdaptiveAvgPool2d", {{"output_size", Ints{1, 1}}});
  d.add("Flatten");
  d.linear(4);
  d.add("Output");
  return d.network;
}

std::vector<Case> cases() {
  return {{"tabular", perceptron(20, {64, 64}, 2), 2},
          {"wide", perceptron(90, {130, 40}, 10), 10},
          {"lenet", lenet5(14), 10},
          {"residual", residual(1, 10), 10},
          {"mixed", mixed(), 5},
          {"fused", fused(), 4},
          {"shortcut", shortcut(), 4}};
}

Compiled compiled(const Case& test, const std::string& optimizer, const Params& params) {
  CompileOptions options;
  options.trainBatches = {6, 3};
  options.evaluateBatches = {5};
  options.optimizer = optimizer;
  options.optimizerParams = params;
  auto result = compile(test.network, options);
  if (!result) qFatal("%s", result.error().message().c_str());
  return std::move(*result);
}

std::unique_ptr<Executable> prepared(const Backend& backend, const Plan& plan, int threads) {
  auto result = backend.prepare(std::make_shared<const Plan>(plan), {threads});
  if (!result) qFatal("%s", result.error().message().c_str());
  return std::move(*result);
}

// Steps first … last (from 1) on their own batches, each fourth one a smaller batch.
std::vector<float> train(const Plan& plan, Executable& executable, int classes, int first, int last) {
  for (int step = first; step <= last; ++step) {
    const int program = plan.find(ProgramKind::train, step % 4 == 0 ? 3 : 6);
    feed(plan, plan.programs[static_cast<std::size_t>(program)], executable,
         static_cast<std::uint32_t>(step % 5), classes);
    setStep(plan, executable, step);
    if (!executable.run(program).ok()) qFatal("a step failed");
  }
  std::vector<MetricRow> rows;
  executable.drain(rows);
  std::vector<float> losses;
  for (const auto& row : rows) losses.push_back(row.values[0]);
  return losses;
}

// Everything a checkpoint holds.
std::vector<TensorId> lasting(const Plan& plan) {
  std::vector<TensorId> ids;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    if (const auto kind = plan.tensors[i].kind;
        kind == TensorKind::parameter || kind == TensorKind::moment || kind == TensorKind::state)
      ids.push_back(static_cast<TensorId>(i));
  return ids;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0, scale = 1e-6;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i])) return INFINITY;
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    scale = std::max(scale, std::abs(static_cast<double>(b[i])));
  }
  return worst / scale;
}

} // namespace

class TestOnednnNetworks : public QObject {
  Q_OBJECT
 private slots:
  void likeTheReference_data() { rows(); }
  void likeTheReference() {
    QFETCH(int, network);
    QFETCH(int, threads);
    const Case test = cases()[static_cast<std::size_t>(network)];
    const auto c = compiled(test, "sgd", {{"momentum", 0.9}, {"weight_decay", 1e-3}});
    const auto fast = prepared(onednnBackend(), c.plan, threads),
               slow = prepared(referenceBackend(), c.plan, 1);
    QCOMPARE(fast->threads(), threads);
    for (auto* executable : {fast.get(), slow.get()}) begin(c, *executable, 5, 0.003f);
    const auto got = train(c.plan, *fast, test.classes, 1, 20),
               wanted = train(c.plan, *slow, test.classes, 1, 20);
    QCOMPARE(got.size(), wanted.size());
    QVERIFY2(distance(got, wanted) < 5e-4, qPrintable(QString::number(distance(got, wanted))));
    for (const TensorId id : lasting(c.plan)) {
      if (c.plan.tensor(id).dtype != DType::f32) continue;
      const double off = distance(readFloats(c.plan, *fast, id), readFloats(c.plan, *slow, id));
      QVERIFY2(off < 5e-3, qPrintable(QString("%1: %2").arg(c.plan.tensor(id).name.c_str()).arg(off)));
    }
    const int evaluate = c.plan.find(ProgramKind::evaluate, 5);
    const Program& program = c.plan.programs[static_cast<std::size_t>(evaluate)];
    for (auto* executable : {fast.get(), slow.get()}) {
      feed(c.plan, program, *executable, 77, test.classes);
      QVERIFY(executable->run(evaluate).ok());
    }
    const TensorId output = program.outputs[0].tensor;
    QVERIFY(distance(readFloats(c.plan, *fast, output), readFloats(c.plan, *slow, output)) < 1e-3);
  }

  void sameBits_data() { rows(); }
  void sameBits() {
    QFETCH(int, network);
    QFETCH(int, threads);
    const Case test = cases()[static_cast<std::size_t>(network)];
    const auto c = compiled(test, "adamw", {});
    const auto whole = prepared(onednnBackend(), c.plan, threads),
               part = prepared(onednnBackend(), c.plan, threads),
               rest = prepared(onednnBackend(), c.plan, threads);
    begin(c, *whole, 5, 1e-3f);
    begin(c, *part, 5, 1e-3f);
    begin(c, *rest, 6, 1e-3f);
    const auto losses = train(c.plan, *whole, test.classes, 1, 12);
    auto resumed = train(c.plan, *part, test.classes, 1, 5);
    for (const TensorId id : lasting(c.plan)) writeFloats(*rest, id, readFloats(c.plan, *part, id));
    const auto random =
        readFloats(c.plan, *part, c.plan.random != noTensor ? c.plan.random : c.plan.learningRate);
    writeFloats(*rest, c.plan.random != noTensor ? c.plan.random : c.plan.learningRate, random);
    const auto after = train(c.plan, *rest, test.classes, 6, 12);
    resumed.insert(resumed.end(), after.begin(), after.end());
    QCOMPARE(resumed, losses);
    for (const TensorId id : lasting(c.plan)) {
      const auto a = readFloats(c.plan, *whole, id), b = readFloats(c.plan, *rest, id);
      QVERIFY2(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0,
               c.plan.tensor(id).name.c_str());
    }
  }

  // What is written is what is read, whatever the layout inside.
  void writesAndReads() {
    for (const auto& test : cases()) {
      const auto c = compiled(test, "adam", {});
      const auto executable = prepared(onednnBackend(), c.plan, 1);
      for (const TensorId id : lasting(c.plan)) {
        std::vector<float> values(static_cast<std::size_t>(c.plan.tensor(id).elements()));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000) + 0.5f;
        writeFloats(*executable, id, values);
        QCOMPARE(readFloats(c.plan, *executable, id), values);
      }
      QVERIFY(!executable->inPlace(c.plan.programs[0].inputs[0].tensor).empty());
      QVERIFY(executable->memoryBytes() > 0);
    }
  }

  // The rule, not a timing: one thread for little work, all for more; what was asked for otherwise.
  void threads() {
    const auto small = compiled(cases()[0], "sgd", {});
    QCOMPARE(prepared(onednnBackend(), small.plan, 0)->threads(), 1);
    CompileOptions options;
    options.trainBatches = {128};
    const auto large = compile(perceptron(784, {512, 256}, 10), options);
    QVERIFY(large.ok());
    QCOMPARE(prepared(onednnBackend(), large->plan, 0)->threads(), QThread::idealThreadCount());
  }

 private:
  void rows() {
    QTest::addColumn<int>("network");
    QTest::addColumn<int>("threads");
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const int threads : {1, 2})
        QTest::addRow("%s, %d", all[i].name, threads) << static_cast<int>(i) << threads;
  }
};

QTEST_GUILESS_MAIN(TestOnednnNetworks)
#include "tst_onednn_networks.moc"
