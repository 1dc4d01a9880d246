// SPDX-License-Identifier: Apache-2.0
// Memory planning: what lives together never overlaps, what does not shares; lifetimes and cost of a small
// plan; and verify() and describe() on the same plan.
#include "core/base/random.h"
#include "core/plan/memory.h"
#include "tests/soak.h"
#include <QtTest>

using namespace loom;

namespace {

// input x[4,3] -> linear a[4,2] -> relu b[4,2] -> reshape c[8]; loss of b against target.
struct Small {
  Plan plan;
  TensorId x, weights, bias, target, a, b, c, loss;
};

TensorId add(Plan& plan, const char* name, std::vector<std::int64_t> dims, TensorKind kind,
             DType dtype = DType::f32) {
  Tensor tensor;
  tensor.name = name;
  tensor.dims = std::move(dims);
  tensor.kind = kind;
  tensor.dtype = dtype;
  plan.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(plan.tensors.size() - 1);
}

Small small() {
  Small s;
  s.x = add(s.plan, "x", {4, 3}, TensorKind::input);
  s.weights = add(s.plan, "linear.weight", {2, 3}, TensorKind::parameter);
  s.bias = add(s.plan, "linear.bias", {2}, TensorKind::parameter);
  s.target = add(s.plan, "y", {4, 2}, TensorKind::input);
  s.a = add(s.plan, "", {4, 2}, TensorKind::temporary);
  s.b = add(s.plan, "", {4, 2}, TensorKind::temporary);
  s.c = add(s.plan, "", {8}, TensorKind::temporary);
  s.loss = add(s.plan, "loss", {1}, TensorKind::metric);
  Program program;
  program.kind = ProgramKind::evaluate;
  program.batch = 4;
  program.steps = {{findOp("linear"), {s.x, s.weights, s.bias}, {s.a}, {}, 2},
                   {findOp("relu"), {s.a}, {s.b}, {}, 3},
                   {findOp("mse_loss"), {s.b, s.target}, {s.loss}, {}, 4},
                   {findOp("reshape"), {s.b}, {s.c}, {{"shape", std::vector<std::int64_t>{8}}}, 5}};
  program.inputs = {{"x", s.x}};
  program.targets = {{"y", s.target}};
  program.outputs = {{"y", s.b}};
  program.metrics = {{"loss", s.loss}};
  s.plan.programs = {program};
  s.plan.parameters = {s.weights, s.bias};
  return s;
}

bool overlap(const Lifetime& a, const Lifetime& b) {
  return a.last >= a.first && b.last >= b.first && a.first <= b.last && b.first <= a.last;
}

} // namespace

class TestMemory : public QObject {
  Q_OBJECT

 private slots:
  void chainUsesTwoBuffers();
  void nothingOverlaps();
  void fillsGaps();
  void lifetimesOfAProgram();
  void costOfAPlan();
  void verifies();
  void findsWhatIsWrong_data();
  void findsWhatIsWrong();
  void describes();
  void finds();
};

void TestMemory::chainUsesTwoBuffers() {
  std::vector<Lifetime> chain;
  for (int i = 0; i < 50; ++i) chain.push_back({640, i, i + 1});
  const MemoryPlan plan = planMemory(chain);
  QCOMPARE(plan.bytes, 1280);
  const MemoryPlan unused = planMemory({{100, 3, 2}, {0, 0, 5}, {10, 0, 0}});
  QCOMPARE(unused.offsets, (std::vector<std::int64_t>{-1, -1, 0}));
  QCOMPARE(unused.bytes, 64);
  QCOMPARE(planMemory({}).bytes, 0);
}

void TestMemory::nothingOverlaps() {
  const auto cases = test::casesOf("memory plans", 200, 99, 20'000);
  for (std::uint32_t round = 0; round < static_cast<std::uint32_t>(cases.count); ++round) {
    std::vector<Lifetime> lives;
    const RandomKey key{cases.seed, 1, round};
    std::int64_t together = 0; // the most bytes alive at one step: no plan can need less
    for (std::uint32_t i = 0; i < 40; ++i) {
      const int first = static_cast<int>(randomBits(key, i, 0) % 30),
                length = static_cast<int>(randomBits(key, i, 1) % 12);
      lives.push_back({static_cast<std::int64_t>(randomBits(key, i, 2) % 5000), first, first + length - 1});
    }
    const MemoryPlan plan = planMemory(lives, 64);
    for (int step = 0; step < 45; ++step) {
      std::int64_t alive = 0;
      for (const Lifetime& life : lives)
        if (life.first <= step && step <= life.last) alive += life.bytes;
      together = std::max(together, alive);
    }
    QVERIFY(plan.bytes >= together);
    for (std::size_t a = 0; a < lives.size(); ++a) {
      if (plan.offsets[a] < 0) continue;
      QCOMPARE(plan.offsets[a] % 64, 0);
      QVERIFY(plan.offsets[a] + lives[a].bytes <= plan.bytes);
      for (std::size_t b = 0; b < a; ++b)
        if (plan.offsets[b] >= 0 && overlap(lives[a], lives[b]))
          QVERIFY(plan.offsets[a] + lives[a].bytes <= plan.offsets[b] ||
                  plan.offsets[b] + lives[b].bytes <= plan.offsets[a]);
    }
    QCOMPARE(planMemory(lives, 64).offsets, plan.offsets);
  }
}

void TestMemory::fillsGaps() {
  // 0 and 2 are alive together with the small one; 1 has gone: its place between them is taken.
  const MemoryPlan plan = planMemory({{640, 0, 9}, {512, 0, 3}, {448, 0, 9}, {128, 5, 9}});
  QCOMPARE(plan.offsets, (std::vector<std::int64_t>{0, 640, 1152, 640}));
  QCOMPARE(plan.bytes, 1600);
}

void TestMemory::lifetimesOfAProgram() {
  const Small s = small();
  const auto lives = lifetimes(s.plan, s.plan.programs[0], false);
  const auto is = [&](TensorId id, std::int64_t bytes, int first, int last) {
    const Lifetime& life = lives[static_cast<std::size_t>(id)];
    QCOMPARE(life.bytes, bytes);
    QCOMPARE(life.first, first);
    QCOMPARE(life.last, last);
  };
  is(s.a, 32, 0, 1);
  is(s.b, 32, 1, 3); // an output: to the end
  is(s.c, 32, 3, 3);
  is(s.loss, 4, 2, 3);
  is(s.x, 0, 0, -1);
  is(s.weights, 0, 0, -1);
  const auto all = lifetimes(s.plan, s.plan.programs[0], true);
  for (const TensorId id : {s.x, s.target}) {
    QCOMPARE(all[static_cast<std::size_t>(id)].first, 0);
    QCOMPARE(all[static_cast<std::size_t>(id)].last, 3);
  }
}

void TestMemory::costOfAPlan() {
  const PlanCost result = cost(small().plan);
  QCOMPARE(result.parameters, 8);
  QCOMPARE(result.parameterBytes, 32);
  QCOMPARE(result.multiplyAdds, 6); // of one sample
  QCOMPARE(result.activationBytes, 192);
}

void TestMemory::verifies() {
  const Status status = verify(small().plan);
  QVERIFY2(status.ok(), status.ok() ? "" : status.error().message().c_str());
}

void TestMemory::findsWhatIsWrong_data() {
  QTest::addColumn<int>("what");
  QTest::addColumn<QString>("words");
  const char* words[] = {"step 0 (linear) of node 2: weights must be out×in",
                         "step 1 (relu) of node 3: reads tensor 4 before a step writes it",
                         "step 0 (linear) of node 2: dst is 4×7, but the op gives 4×2",
                         "has no op",
                         "reads tensor 99, which there is not",
                         "step 1 (relu) of node 3: dst is missing",
                         "no step writes loss",
                         "is more than fits in memory",
                         "belongs to no parameter",
                         "step 1 (relu) of node 3: src is missing",
                         "port y names no tensor",
                         "has too many dsts"};
  for (int i = 0; i < int(std::size(words)); ++i) QTest::newRow(words[i]) << i << words[i];
}

void TestMemory::findsWhatIsWrong() {
  QFETCH(int, what);
  QFETCH(QString, words);
  Small s = small();
  Program& program = s.plan.programs[0];
  const auto tensor = [&](TensorId id) -> Tensor& { return s.plan.tensors[static_cast<std::size_t>(id)]; };
  switch (what) {
  case 0:
    tensor(s.weights).dims = {6};
    break;
  case 1:
    program.steps.erase(program.steps.begin()), program.steps.insert(program.steps.begin(), program.steps[1]),
        program.steps[0] = {findOp("mse_loss"), {s.target, s.target}, {s.loss}, {}, 4};
    break;
  case 2:
    tensor(s.a).dims = {4, 7};
    break;
  case 3:
    program.steps[2].op = nullptr;
    break;
  case 4:
    program.steps[1].src[0] = 99;
    break;
  case 5:
    program.steps[1].dst[0] = noTensor;
    break;
  case 6:
    program.steps.erase(program.steps.begin() + 2);
    break;
  case 7:
    tensor(s.x).dims = {std::int64_t(1) << 40, std::int64_t(1) << 40};
    break;
  case 8:
    tensor(s.b).kind = TensorKind::gradient;
    break;
  case 9:
    program.steps[1].src[0] = noTensor;
    break;
  case 10:
    program.outputs[0].tensor = noTensor;
    break;
  case 11:
    program.steps[1].dst.push_back(s.c);
    break;
  }
  const Status status = verify(s.plan);
  QVERIFY(!status.ok());
  const QString message = QString::fromStdString(status.error().message());
  QVERIFY2(message.contains(words), qPrintable(message));
}

void TestMemory::describes() {
  QCOMPARE(QString::fromStdString(describe(small().plan)),
           QString("evaluate batch 4\n"
                   "  0 linear x[4×3], linear.weight[2×3], linear.bias[2] -> %4[4×2]  (node 2)\n"
                   "  1 relu %4[4×2] -> %5[4×2]  (node 3)\n"
                   "  2 mse_loss %5[4×2], y[4×2] -> loss[1]  (node 4)\n"
                   "  3 reshape %5[4×2] -> %6[8]; shape 8  (node 5)\n"));
}

void TestMemory::finds() {
  const Plan plan = small().plan;
  QCOMPARE(plan.find(ProgramKind::evaluate, 4), 0);
  QCOMPARE(plan.find(ProgramKind::evaluate, 3), -1);
  QCOMPARE(plan.find(ProgramKind::train, 4), -1);
}

QTEST_GUILESS_MAIN(TestMemory)
#include "tst_memory.moc"
