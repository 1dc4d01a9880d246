// SPDX-License-Identifier: Apache-2.0
// Networks become plans: what is in them, and that the gradients of whole networks are the slopes of their
// losses.
#include "core/backend/backend.h"
#include "core/base/random.h"
#include "core/compile/compile.h"
#include "core/network/templates.h"
#include "core/plan/memory.h"
#include <QtTest>
#include <cmath>
#include <cstring>

using namespace loom;

namespace {

using Ints = std::vector<std::int64_t>;

// A network written down: nodes name what they read.
class Sketch {
 public:
  Sketch& add(const char* name, std::string_view type, const Params& params = {},
              std::vector<const char*> from = {}) {
    if (!apply(network, addNode(network, type, {}, params, name).value()).ok()) qFatal("cannot add %s", name);
    const NodeId id = network.nodeNamed(name)->id;
    if (from.empty() && last_ && !findLayer(type)->inputs.empty()) join(last_, id);
    for (const char* source : from) join(network.nodeNamed(source)->id, id);
    last_ = id;
    return *this;
  }
  Node& node(const char* name) { return network.nodes[network.nodeNamed(name)->id]; }

  Network network;

 private:
  void join(NodeId from, NodeId to) {
    if (!apply(network, loom::connect(network, from, to).value()).ok()) qFatal("cannot connect");
  }
  NodeId last_ = 0;
};

Params out(std::int64_t count) { return {{"out_features", count}}; }
Params conv(std::int64_t channels, std::int64_t kernel = 3, std::int64_t padding = 1,
            std::int64_t stride = 1) {
  return {{"out_channels", channels},
          {"kernel_size", Ints{kernel, kernel}},
          {"padding", Ints{padding, padding}},
          {"stride", Ints{stride, stride}}};
}

Sketch lenetLike() {
  Sketch s;
  s.add("input", "Input", {{"shape", Ints{2, 8, 8}}})
      .add("conv_1", "Conv2d", conv(3))
      .add("act_1", "Tanh")
      .add("pool_1", "AvgPool2d");
  s.add("conv_2", "Conv2d", conv(4, 3, 0))
      .add("act_2", "GELU")
      .add("pool_2", "AdaptiveAvgPool2d", {{"output_size", Ints{2, 1}}});
  s.add("flat", "Flatten")
      .add("drop", "Dropout", {{"p", 0.3}})
      .add("fc_1", "Linear", out(6))
      .add("act_3", "Sigmoid");
  return s.add("fc_2", "Linear", out(3)).add("output", "Output", {{"label_smoothing", 0.1}});
}
Sketch residual() {
  Sketch s;
  s.add("input", "Input", {{"shape", Ints{1, 6, 6}}})
      .add("stem", "Conv2d", conv(3))
      .add("bn", "BatchNorm2d")
      .add("act_1", "GELU");
  s.add("conv_1", "Conv2d", conv(4, 3, 1, 2)).add("bn_1", "BatchNorm2d").add("act_2", "Tanh");
  s.add("conv_2", "Conv2d", conv(4)).add("around", "Conv2d", conv(4, 1, 0, 2), {"act_1"});
  s.add("sum", "Add", {}, {"conv_2", "around"})
      .add("twice", "Add", {}, {"sum", "conv_2", "around"})
      .add("pool", "AdaptiveAvgPool2d")
      .add("flat", "Flatten");
  return s.add("fc", "Linear", out(2)).add("output", "Output", {{"loss", std::string("BCEWithLogitsLoss")}});
}
Sketch joined() {
  Sketch s;
  s.add("input", "Input", {{"shape", Ints{5}}}).add("fc_1", "Linear", out(4)).add("act", "Tanh");
  s.add("fc_2", "Linear", out(3), {"input"})
      .add("norm", "BatchNorm1d")
      .add("cat", "Concat", {}, {"act", "norm", "input"})
      .add("share", "Softmax");
  s.node("fc_2").lrScale = 0.25;
  return s.add("fc_3", "Linear", out(2)).add("output", "Output", {{"loss", std::string("MSELoss")}});
}
Sketch shared() {
  Sketch s;
  s.add("input", "Input", {{"shape", Ints{4}}})
      .add("fc_1", "Linear", out(4))
      .add("act_1", "Tanh")
      .add("fc_2", "Linear", out(4))
      .add("act_2", "Tanh");
  s.add("fc_3", "Linear", out(4)).add("head", "Linear", out(3)).add("output", "Output");
  s.node("fc_2").shares = s.node("fc_1").id;
  s.node("fc_3").shares = s.node("fc_1").id;
  return s;
}
Sketch twoEnds() {
  Sketch s;
  s.add("left", "Input", {{"shape", Ints{3}}})
      .add("right", "Input", {{"shape", Ints{2}}})
      .add("cat", "Concat", {}, {"left", "right"});
  s.add("trunk", "Linear", out(4)).add("act", "GELU").add("fc_1", "Linear", out(3)).add("classes", "Output");
  return s.add("fc_2", "Linear", out(2), {"act"}).add("values", "Output", {{"loss", std::string("MSELoss")}});
}

class Machine {
 public:
  Machine(Compiled made, const char* backend, std::uint64_t seed) : compiled_(std::move(made)) {
    plan_ = std::make_shared<const Plan>(compiled_.plan);
    auto executable = findBackend(backend)->prepare(plan_, {1});
    if (!executable) qFatal("%s", executable.error().message().c_str());
    executable_ = std::move(executable.value());
    for (const InitialValue& value : compiled_.initial)
      if (plan_->tensor(value.tensor).dtype == DType::f32)
        write(value.tensor, initialValues(value, plan_->tensor(value.tensor).elements(), seed));
    std::vector<std::int32_t> key{7, 0, 1, 0}, one{1};
    if (plan_->random != noTensor) raw(plan_->random, key);
    if (plan_->step != noTensor) raw(plan_->step, one);
    for (const Program& program : plan_->programs) feed(program);
  }
  const Plan& plan() const { return *plan_; }
  Executable& executable() { return *executable_; }
  std::vector<float> run(int program) {
    const auto status = executable_->run(program);
    if (!status) qFatal("%s", status.error().message().c_str());
    std::vector<MetricRow> rows;
    executable_->drain(rows);
    return rows.empty() ? std::vector<float>{}
                        : std::vector<float>(rows.back().values.begin(), rows.back().values.end());
  }
  std::vector<float> read(TensorId id) const {
    std::vector<float> values(static_cast<std::size_t>(plan_->tensor(id).elements()));
    executable_->read(id, std::as_writable_bytes(std::span(values)));
    return values;
  }
  void write(TensorId id, const std::vector<float>& values) {
    executable_->write(id, std::as_bytes(std::span(values)));
  }

 private:
  void raw(TensorId id, const std::vector<std::int32_t>& values) {
    executable_->write(id, std::as_bytes(std::span(values)));
  }
  void feed(const Program& program) {
    for (const auto* list : {&program.inputs, &program.targets})
      for (const Port& port : *list) {
        const Tensor& tensor = plan_->tensor(port.tensor);
        const auto count = static_cast<std::uint32_t>(tensor.elements());
        std::vector<float> values;
        std::vector<std::int32_t> labels;
        // Values belong to the sample, so that every program's first samples are the same.
        for (std::uint32_t i = 0; i < count; ++i) {
          values.push_back(
              static_cast<float>(randomNormal({11, static_cast<std::uint32_t>(tensor.node)}, 0, i)));
          labels.push_back(static_cast<std::int32_t>(i % 3));
        }
        if (tensor.dtype == DType::i32)
          raw(port.tensor, labels);
        else
          write(port.tensor, values);
      }
    std::vector<std::int32_t> samples;
    for (std::int64_t i = 0; i < program.batch; ++i) samples.push_back(static_cast<std::int32_t>(i));
    if (program.sample != noTensor) raw(program.sample, samples);
  }
  Compiled compiled_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Executable> executable_;
};

int countOps(const Program& program, std::string_view op) {
  return static_cast<int>(std::count_if(program.steps.begin(), program.steps.end(),
                                        [&](const Step& step) { return step.op->name == op; }));
}

} // namespace

class TestCompile : public QObject {
  Q_OBJECT
 private slots:
  void templatesCompile();
  void slopes_data();
  void slopes();
  void frozenAndGroups();
  void sharedWeights();
  void severalEnds();
  void dropoutOnlyInTraining();
  void runningStatistics();
  void oneStepOnEveryBackend_data();
  void oneStepOnEveryBackend();
  void smallerBatchSharesParameters();
  void refusals();
  void samePlanTwice();
  void startValues();
};

void TestCompile::templatesCompile() {
  for (const NetworkTemplate& each : networkTemplates()) {
    const Network network = each.make();
    for (const char* optimizer : {"sgd", "adam", "adamw"})
      for (const bool separate : {false, true}) {
        const auto made = compile(network, {{64, 32}, {256, 16}, optimizer, {}, separate});
        QVERIFY2(made.ok(), made.ok() ? "" : made.error().message().c_str());
        QVERIFY(verify(made->plan).ok());
        QCOMPARE(made->plan.programs.size(), separate ? std::size_t{5} : std::size_t{4});
        const Analysis analysis = analyse(network);
        QCOMPARE(cost(made->plan).parameters, analysis.parameters);
        QCOMPARE(cost(made->plan).multiplyAdds, analysis.multiplyAdds);
      }
  }
  // Only an Input and an Output: nothing to learn, still a plan.
  Sketch empty;
  empty.add("input", "Input", {{"shape", Ints{3}}}).add("output", "Output");
  QVERIFY(compile(empty.network, {{4}, {4}, "adamw", {}, false}).ok());
}

void TestCompile::slopes_data() {
  QTest::addColumn<Network>("network");
  QTest::newRow("LeNet-like") << lenetLike().network;
  QTest::newRow("residual") << residual().network;
  QTest::newRow("concat") << joined().network;
  QTest::newRow("shared weights") << shared().network;
  QTest::newRow("two Inputs, two Outputs") << twoEnds().network;
}

// In double: along a gradient and along a random direction, for each parameter on its own and for all at
// once.
void TestCompile::slopes() {
  QFETCH(Network, network);
  const auto made = compile(network, {{5}, {}, "sgd", {}, true});
  QVERIFY2(made.ok(), made.ok() ? "" : made.error().message().c_str());
  Machine machine(made.value(), "reference64", 3);
  const Plan& plan = machine.plan();
  const int program = plan.find(ProgramKind::gradients, 5);
  machine.run(program);
  std::map<TensorId, std::vector<float>> gradients, weights;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    if (plan.tensors[i].kind == TensorKind::gradient) {
      gradients[plan.tensors[i].owner] = machine.read(static_cast<TensorId>(i));
      weights[plan.tensors[i].owner] = machine.read(plan.tensors[i].owner);
    }
  QCOMPARE(gradients.size(), plan.parameters.size());
  for (const TensorId parameter : plan.parameters)
    for (const bool random : {false, true}) {
      std::vector<double> direction;
      double norm = 0;
      for (std::uint32_t i = 0; i < gradients[parameter].size(); ++i) {
        direction.push_back(random ? randomNormal({5, static_cast<std::uint32_t>(parameter)}, 0, i)
                                   : gradients[parameter][i]);
        norm += direction.back() * direction.back();
      }
      norm = std::sqrt(norm);
      // A bias in front of a batch norm has no slope at all.
      double expected = 0;
      for (std::size_t i = 0; i < direction.size(); ++i)
        expected += gradients[parameter][i] * direction[i] / (norm + 1e-12);
      const auto lossAt = [&](double by) {
        std::vector<float> moved = weights[parameter];
        for (std::size_t i = 0; i < moved.size(); ++i)
          moved[i] += static_cast<float>(by * direction[i] / (norm + 1e-12));
        machine.write(parameter, moved);
        return static_cast<double>(machine.run(program).at(0));
      };
      const double step = 0.01;
      const double slope =
          (8 * (lossAt(step) - lossAt(-step)) - (lossAt(2 * step) - lossAt(-2 * step))) / (12 * step);
      machine.write(parameter, weights[parameter]);
      QVERIFY2(std::fabs(slope - expected) < 1e-4 + 2e-3 * std::fabs(expected),
               qPrintable(QString("%1: slope %2, gradient %3")
                              .arg(QString::fromStdString(plan.tensor(parameter).name))
                              .arg(slope)
                              .arg(expected)));
    }
}

void TestCompile::frozenAndGroups() {
  Sketch s = lenetLike();
  s.node("conv_2").frozen = true;
  s.node("fc_1").lrScale = 0.1;
  const auto made = compile(s.network, {{4}, {}, "adamw", {}, false});
  QVERIFY(made.ok());
  const Plan& plan = made->plan;
  std::vector<int> groups;
  for (const TensorId id : plan.parameters) groups.push_back(plan.tensor(id).group);
  QCOMPARE(groups, (std::vector<int>{0, 0, 0, 0, 1, 1, -1, -1})); // conv_1, fc_2, fc_1, conv_2
  QCOMPARE(countOps(plan.programs[0], "adamw"), 2);
  for (const Tensor& tensor : plan.tensors)
    if (tensor.kind == TensorKind::gradient || tensor.kind == TensorKind::moment)
      QVERIFY(plan.tensor(tensor.owner).group >= 0);
  QCOMPARE(countOps(plan.programs[0], "conv2d_backward_weights"), 1);
  QCOMPARE(countOps(plan.programs[0], "conv2d_backward_data"),
           1); // through the frozen one, not into the input
}

void TestCompile::sharedWeights() {
  const Network network = shared().network;
  const auto made = compile(network, {{4}, {}, "sgd", {}, false});
  QVERIFY(made.ok());
  QCOMPARE(made->plan.parameters.size(), std::size_t{4});
  QCOMPARE(made->plan.tensor(made->plan.parameters[0]).name, std::string("fc_1.weight"));
  QCOMPARE(cost(made->plan).parameters, std::int64_t{20 + 15});
  QCOMPARE(countOps(made->plan.programs[0], "add"), 2); // weight and bias from three uses each
}

void TestCompile::severalEnds() {
  const auto made = compile(twoEnds().network, {{6}, {6}, "adam", {}, false});
  QVERIFY(made.ok());
  const Program& train = made->plan.programs[0];
  QCOMPARE(train.inputs.size(), std::size_t{2});
  QCOMPARE(train.inputs[0].name, std::string("left"));
  QCOMPARE(train.targets.size(), std::size_t{2});
  std::vector<std::string> names;
  for (const Port& port : train.metrics) names.push_back(port.name);
  QCOMPARE(names, (std::vector<std::string>{"loss", "classes/loss", "values/loss", "classes/correct"}));
  Machine machine(made.value(), "reference", 1);
  const auto row = machine.run(1);
  QVERIFY(std::fabs(row[0] - row[1] - row[2]) < 1e-5);
}

void TestCompile::dropoutOnlyInTraining() {
  const auto made = compile(lenetLike().network, {{4}, {4}, "sgd", {}, false});
  QVERIFY(made.ok());
  QCOMPARE(countOps(made->plan.programs[0], "dropout"), 1);
  QCOMPARE(countOps(made->plan.programs[1], "dropout"), 0);
  QVERIFY(made->plan.programs[0].sample != noTensor);
  QCOMPARE(made->plan.programs[1].sample, noTensor);
}

void TestCompile::runningStatistics() {
  const auto made = compile(residual().network, {{4}, {4}, "sgd", {}, false});
  QVERIFY(made.ok());
  const Plan& plan = made->plan;
  QCOMPARE(plan.states.size(), std::size_t{6});
  QCOMPARE(plan.tensor(plan.states[0]).name, std::string("bn.running_mean"));
  QCOMPARE(plan.tensor(plan.states[2]).name, std::string("bn.num_batches_tracked"));
  QCOMPARE(plan.tensor(plan.states[2]).dtype, DType::i32);
  QCOMPARE(countOps(plan.programs[0], "batch_norm"), 2);
  QCOMPARE(countOps(plan.programs[1], "batch_norm_inference"), 2);
  Machine machine(made.value(), "reference", 1);
  QCOMPARE(machine.read(plan.states[1])[0], 1.0f);
  machine.run(0);
  QVERIFY(machine.read(plan.states[1])[0] != 1.0f);
}

void TestCompile::oneStepOnEveryBackend_data() { slopes_data(); }

// A few training steps and an evaluation: every backend that is there against the reference.
void TestCompile::oneStepOnEveryBackend() {
  QFETCH(Network, network);
  const auto made = compile(network, {{6}, {6}, "sgd", {}, false});
  QVERIFY(made.ok());
  std::map<std::string, std::vector<float>> rows;
  for (const char* backend : {"reference64", "reference", "onednn"}) {
    if (!findBackend(backend)) continue;
    Machine machine(made.value(), backend, 9);
    const std::vector<float> rate{0.05f};
    machine.write(machine.plan().learningRate, rate);
    const float before = machine.run(1)[0];
    for (int i = 0; i < 5; ++i) machine.run(0);
    const auto after = machine.run(1);
    QVERIFY2(std::isfinite(after[0]), backend);
    QVERIFY(after[0] < before);
    rows[backend] = after;
  }
  for (const auto& [backend, row] : rows)
    QVERIFY2(std::fabs(row[0] - rows.at("reference64")[0]) < 1e-3, backend.c_str());
}

void TestCompile::smallerBatchSharesParameters() {
  const auto made = compile(lenetLike().network, {{6, 2}, {6, 2}, "adam", {}, false});
  QVERIFY(made.ok());
  const Plan& plan = made->plan;
  QVERIFY(plan.find(ProgramKind::train, 2) >= 0);
  QVERIFY(plan.find(ProgramKind::evaluate, 2) >= 0);
  int moments = 0;
  for (const Tensor& tensor : plan.tensors) moments += tensor.kind == TensorKind::moment;
  QCOMPARE(static_cast<std::size_t>(moments), 2 * plan.parameters.size());
  Machine machine(made.value(), "reference", 1);
  QVERIFY(std::isfinite(machine.run(plan.find(ProgramKind::train, 2))[0]));
}

void TestCompile::refusals() {
  // One sample leaves one value per channel behind the pooling.
  Sketch s;
  s.add("input", "Input", {{"shape", Ints{3}}})
      .add("fc", "Linear", out(4))
      .add("norm", "BatchNorm1d")
      .add("head", "Linear", out(2))
      .add("output", "Output");
  auto made = compile(s.network, {{8, 1}, {8, 1}, "sgd", {}, false});
  QVERIFY(!made.ok());
  QVERIFY(made.error().place.text().find("norm") != std::string::npos);
  QVERIFY(made.error().cause.text().find("one value per channel") != std::string::npos);
  QCOMPARE(made.error().kind, ErrorKind::input);
  QVERIFY(compile(s.network, {{8}, {8, 1}, "sgd", {}, false}).ok()); // evaluation of one sample is fine
  QVERIFY(!compile(s.network, {{0}, {}, "sgd", {}, false}).ok());
  QVERIFY(!compile(s.network, {{8}, {}, "lion", {}, false}).ok());
  QVERIFY(!compile(s.network, {{8}, {}, "relu", {}, false}).ok());
  s.network.edges.erase(s.network.edges.begin());
  made = compile(s.network, {{8}, {}, "sgd", {}, false});
  QVERIFY(!made.ok());
  QCOMPARE(made.error().kind, ErrorKind::input);
  QVERIFY(made.error().place.text().find("fc") != std::string::npos);
}

void TestCompile::samePlanTwice() {
  const CompileOptions options{{8, 3}, {16}, "adamw", {}, false};
  const auto a = compile(residual().network, options), b = compile(residual().network, options);
  QCOMPARE(describe(a->plan), describe(b->plan));
  QCOMPARE(a->plan.tensors.size(), b->plan.tensors.size());
}

void TestCompile::startValues() {
  const InitialValue value{0, LayerParameter::Init::uniformFanIn, 25, 4, 1};
  const auto values = initialValues(value, 10001, 42);
  double sum = 0, squares = 0;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    QVERIFY(values[i] >= -0.2f && values[i] < 0.2f);
    const float expected =
        static_cast<float>((2.0 * static_cast<double>(randomUniform({42, 4, 0}, 1, i)) - 1) * 0.2);
    QCOMPARE(values[i], expected);
    sum += values[i];
    squares += values[i] * values[i];
  }
  QVERIFY(std::fabs(sum / 10001) < 0.005);
  QVERIFY(std::fabs(std::sqrt(squares / 10001) - 0.2 / std::sqrt(3.0)) < 0.002);
  QVERIFY(initialValues(value, 100, 42) != initialValues(value, 100, 43));
  QCOMPARE(initialValues({0, LayerParameter::Init::ones, 0, 4, 0}, 2, 1), (std::vector<float>{1, 1}));
}

QTEST_GUILESS_MAIN(TestCompile)
#include "tst_compile.moc"
