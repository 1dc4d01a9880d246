// SPDX-License-Identifier: Apache-2.0
// The reference backend: it learns a small problem, its two precisions agree, reads and writes keep what they
// were given, the ring keeps the last 1,024 rows, and the registry never chooses it on its own.
#include "core/backend/check.h"
#include "core/backend/reference/reference_backend.h"
#include "core/base/random.h"
#include <QtTest>
#include <set>

using namespace loom;

namespace {

constexpr std::int64_t batch = 8, in = 3;

// y = linear(x), mean squared error, gradients by hand-written steps, SGD.
struct Regression {
  std::shared_ptr<Plan> plan = std::make_shared<Plan>();
  TensorId x, y, weights, bias, out, loss;

  Regression() {
    const auto add = [&](const char* name, std::vector<std::int64_t> dims, TensorKind kind,
                         TensorId owner = noTensor) {
      Tensor tensor;
      tensor.name = name;
      tensor.dims = std::move(dims);
      tensor.kind = kind;
      tensor.owner = owner;
      if (std::string_view(name) == "step") tensor.dtype = DType::i32;
      plan->tensors.push_back(std::move(tensor));
      return static_cast<TensorId>(plan->tensors.size() - 1);
    };
    x = add("x", {batch, in}, TensorKind::input);
    y = add("y", {batch, 1}, TensorKind::input);
    weights = add("weight", {1, in}, TensorKind::parameter);
    bias = add("bias", {1}, TensorKind::parameter);
    const TensorId diffWeights = add("", {1, in}, TensorKind::gradient, weights);
    const TensorId diffBias = add("", {1}, TensorKind::gradient, bias);
    out = add("", {batch, 1}, TensorKind::temporary);
    const TensorId diff = add("", {batch, 1}, TensorKind::temporary);
    loss = add("loss", {1}, TensorKind::metric);
    plan->learningRate = add("lr", {1}, TensorKind::scalar);
    plan->step = add("step", {1}, TensorKind::scalar);
    plan->parameters = {weights, bias};
    Program train;
    train.batch = batch;
    train.steps = {
        {findOp("linear"), {x, weights, bias}, {out}, {}, 1},
        {findOp("mse_loss"), {out, y}, {loss}, {}, 2},
        {findOp("mse_loss_backward"), {out, y}, {diff}, {}, 2},
        {findOp("linear_backward_weights"), {x, diff}, {diffWeights, diffBias}, {}, 1},
        {findOp("sgd"), {plan->learningRate, plan->step, diffWeights, diffBias}, {weights, bias}, {}, 0}};
    train.inputs = {{"x", x}};
    train.targets = {{"y", y}};
    train.outputs = {{"y", out}};
    train.metrics = {{"loss", loss}};
    Program evaluate = train;
    evaluate.kind = ProgramKind::evaluate;
    evaluate.steps.resize(2);
    plan->programs = {train, evaluate};
  }
};

template<class T> void put(Executable& executable, TensorId tensor, const std::vector<T>& values) {
  executable.write(tensor, std::as_bytes(std::span(values)));
}
template<class T> std::vector<T> get(const Executable& executable, TensorId tensor, std::size_t count) {
  std::vector<T> values(count);
  executable.read(tensor, std::as_writable_bytes(std::span(values)));
  return values;
}

std::unique_ptr<Executable> prepared(const Backend& backend, const Regression& regression) {
  auto executable = backend.prepare(regression.plan, {});
  if (!executable) qFatal("%s", executable.error().message().c_str());
  std::vector<float> x, y;
  for (std::uint32_t i = 0; i < batch; ++i) {
    float sum = 0.5f;
    for (std::uint32_t k = 0; k < in; ++k) {
      x.push_back(static_cast<float>(randomNormal({3, 1, 0}, i, k)));
      sum += static_cast<float>(int(k) - 1) * x.back();
    }
    y.push_back(sum);
  }
  put(**executable, regression.x, x);
  put(**executable, regression.y, y);
  put<float>(**executable, regression.plan->learningRate, {0.2f});
  put<std::int32_t>(**executable, regression.plan->step, {1});
  return std::move(*executable);
}

} // namespace

class TestReference : public QObject {
  Q_OBJECT

 private slots:
  void learns_data();
  void learns();
  void precisionsAgree();
  void readsWhatWasWritten();
  void ringKeepsTheNewest();
  void refusesAWrongPlan();
  void registry();
  void choosesDevices();
};

void TestReference::learns_data() {
  QTest::addColumn<QString>("backend");
  QTest::newRow("float") << "reference";
  QTest::newRow("double") << "reference64";
}

void TestReference::learns() {
  QFETCH(QString, backend);
  const Regression regression;
  const auto executable = prepared(*findBackend(backend.toStdString()), regression);
  QCOMPARE(get<float>(*executable, regression.weights, in), std::vector<float>(in, 0.f)); // starts from zero
  for (int step = 0; step < 200; ++step) QVERIFY(executable->run(0).ok());
  std::vector<MetricRow> rows;
  executable->drain(rows);
  QCOMPARE(rows.size(), std::size_t(200));
  QVERIFY(rows.front().values[0] > 0.5f);
  QVERIFY(rows.back().values[0] < 1e-6f);
  const auto weights = get<float>(*executable, regression.weights, in);
  for (std::size_t i = 0; i < std::size_t(in); ++i) QVERIFY(std::abs(weights[i] - (float(i) - 1)) < 1e-3f);
  QVERIFY(std::abs(get<float>(*executable, regression.bias, 1)[0] - 0.5f) < 1e-3f);
  QCOMPARE(executable->threads(), 1);
  QCOMPARE(executable->memoryBytes(),
           findBackend(backend.toStdString())->workspace(*regression.plan).value());
}

void TestReference::precisionsAgree() {
  const Regression regression;
  const auto single = prepared(referenceBackend(), regression),
             twofold = prepared(reference64Backend(), regression);
  for (int step = 0; step < 5; ++step) QVERIFY(single->run(0).ok() && twofold->run(0).ok());
  const auto a = get<float>(*single, regression.weights, in),
             b = get<float>(*twofold, regression.weights, in);
  for (std::size_t i = 0; i < a.size(); ++i) QVERIFY(std::abs(a[i] - b[i]) < 1e-5f);
}

void TestReference::readsWhatWasWritten() {
  const Regression regression;
  for (const Backend* backend : {&referenceBackend(), &reference64Backend()}) {
    const auto executable = prepared(*backend, regression);
    const std::vector<float> weights{1.5f, -0.1f, 3e-30f};
    put(*executable, regression.weights, weights);
    QCOMPARE(get<float>(*executable, regression.weights, in), weights);
    put<std::int32_t>(*executable, regression.plan->step, {123456789});
    QCOMPARE(get<std::int32_t>(*executable, regression.plan->step, 1)[0], 123456789);
  }
  const auto executable = prepared(referenceBackend(), regression);
  const std::span<std::byte> place = executable->inPlace(regression.x);
  QCOMPARE(place.size(), std::size_t(batch * in) * sizeof(float));
  const float value = 7;
  std::memcpy(place.data() + sizeof(float), &value, sizeof value);
  QCOMPARE(get<float>(*executable, regression.x, batch * in)[1], 7.f);
  QVERIFY(prepared(reference64Backend(), regression)->inPlace(regression.x).empty());
}

void TestReference::ringKeepsTheNewest() {
  const Regression regression;
  const auto executable = prepared(referenceBackend(), regression);
  std::vector<MetricRow> rows;
  for (int i = 0; i < 3; ++i) QVERIFY(executable->run(i % 2).ok());
  executable->drain(rows);
  QCOMPARE(rows.size(), std::size_t(3));
  QCOMPARE(rows[1].program, 1);
  QCOMPARE(rows[2].run, std::uint64_t(2));
  executable->drain(rows);
  QCOMPARE(rows.size(), std::size_t(3));
  for (int i = 0; i < 1500; ++i) QVERIFY(executable->run(1).ok());
  executable->drain(rows);
  QCOMPARE(rows.size(), std::size_t(3 + 1024));
  QCOMPARE(rows[3].run, std::uint64_t(1503 - 1024));
  QCOMPARE(rows.back().run, std::uint64_t(1502));
}

void TestReference::refusesAWrongPlan() {
  Regression regression;
  regression.plan->tensors[std::size_t(regression.weights)].dims = {1, in + 1};
  const auto executable = referenceBackend().prepare(regression.plan, {});
  QVERIFY(!executable.ok());
  QVERIFY(!referenceBackend().workspace(*regression.plan).ok());
}

void TestReference::registry() {
  QCOMPARE(findBackend("reference"), &referenceBackend());
  QCOMPARE(findBackend("reference64"), &reference64Backend());
  QCOMPARE(findBackend("abacus"), nullptr);
  std::set<std::string> ids;
  for (const Device& device : allDevices()) {
    QVERIFY2(ids.insert(device.id).second, device.id.c_str());
    QVERIFY(!device.name.empty() && !device.note.empty());
    QVERIFY(!device.usable || findBackend(device.backend));
  }
  QVERIFY(ids.contains("reference") && ids.contains("reference64"));
}

void TestReference::choosesDevices() {
  QCOMPARE(chooseDevice("reference").value().backend, std::string("reference"));
  QCOMPARE(chooseDevice("reference64").value().backend, std::string("reference64"));
  const auto chosen = chooseDevice("auto");
  QVERIFY2(chosen.ok(), chosen.ok() ? "" : chosen.error().message().c_str());
  QVERIFY(!chosen->backend.starts_with("reference"));
  const auto missing = chooseDevice("tpu:7");
  QVERIFY(!missing.ok());
  QCOMPARE(int(missing.error().kind), int(ErrorKind::device));
  QVERIFY2(missing.error().message().find("tpu:7") != std::string::npos, missing.error().message().c_str());
  const std::string fix = missing.error().fix.text(); // nothing that only checks others
  QVERIFY2(fix.find("cpu") != std::string::npos && fix.find("reference") == std::string::npos, fix.c_str());
}

QTEST_GUILESS_MAIN(TestReference)
#include "tst_reference.moc"
