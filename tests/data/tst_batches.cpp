// SPDX-License-Identifier: Apache-2.0
// Splits, normalisation and the order of batches.
#include "core/base/parallel.h"
#include "core/data/batches.h"
#include "data_fixture.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <sched.h>
#include <set>

using namespace loom;
using namespace loom::test;

class TestBatches : public QObject {
  Q_OBJECT

  static Dataset numbers(std::int64_t samples, std::int64_t features, std::int32_t classes) {
    Dataset data;
    data.sampleShape = {features};
    data.samples = samples;
    for (std::int64_t i = 0; i < samples * features; ++i)
      data.values.push_back(static_cast<float>((i * 37) % 101) + 0.25f);
    for (std::int64_t i = 0; i < samples; ++i) data.labels.push_back(static_cast<std::int32_t>(i % classes));
    for (std::int32_t c = 0; c < classes; ++c) data.classes.push_back(std::to_string(c));
    return data;
  }
  static std::vector<std::uint32_t> all(const Split& split) {
    std::vector<std::uint32_t> list;
    for (const auto* part : {&split.train, &split.validation, &split.test})
      list.insert(list.end(), part->begin(), part->end());
    std::sort(list.begin(), list.end());
    return list;
  }
  static bool same(const Batch& a, const Batch& b) {
    return a.size == b.size && a.epoch == b.epoch && a.index == b.index && a.values == b.values &&
           a.samples == b.samples;
  }

 private slots:
  void splits() {
    const Dataset data = numbers(1003, 2, 7);
    SplitSpec spec;
    spec.train = 0.7;
    spec.validation = 0.2;
    spec.test = 0.1;
    const Split split = makeSplit(data, spec);
    std::vector<std::uint32_t> every(1003);
    std::iota(every.begin(), every.end(), 0u);
    QVERIFY(all(split) == every);
    QCOMPARE(split.test.size(), std::size_t{100});
    QCOMPARE(split.validation.size(), std::size_t{201});
    QVERIFY(makeSplit(data, spec).train == split.train);
    QVERIFY(std::is_sorted(split.train.begin(), split.train.end()));
    std::vector<int> counts(7);
    for (const std::uint32_t i : split.validation) ++counts[static_cast<std::size_t>(data.labels[i])];
    for (const int count : counts) QVERIFY(count >= 28 && count <= 29);
    spec.seed = 2;
    QVERIFY(makeSplit(data, spec).train != split.train);
    spec.stratified = false;
    QVERIFY(all(makeSplit(data, spec)) == every);
  }

  void fixedTestPart() {
    Dataset data = numbers(100, 1, 4);
    data.fixedTest = 20;
    const Split split = makeSplit(data, SplitSpec{0.6, 0.2, 0.2, 5, true});
    QCOMPARE(split.test.size(), std::size_t{20});
    QCOMPARE(split.test.front(), 80u);
    QCOMPARE(split.train.size(), std::size_t{60});
    QCOMPARE(split.validation.size(), std::size_t{20});
    QVERIFY(split.train.back() < 80 && split.validation.back() < 80);
  }

  void smallClasses() {
    Dataset data = numbers(10, 1, 10);
    const Split split = makeSplit(data, SplitSpec{0.5, 0.25, 0.25, 1, true});
    QCOMPARE(split.train.size(), std::size_t{10}); // one of each: none can be spared
  }

  void normalisationSeesTheTrainingPartOnly() {
    for (const bool bytes : {false, true}) {
      Dataset data = numbers(200, 4, 2);
      if (bytes) {
        data.sampleShape = {2, 1, 2};
        for (const float value : data.values) data.bytes.push_back(static_cast<std::uint8_t>(value));
        data.values.clear();
      }
      const Split split = makeSplit(data, SplitSpec{0.6, 0.2, 0.2, 3, true});
      const Normalisation before = fitNormalisation(data, split, "standardise");
      for (const auto* part : {&split.validation, &split.test})
        for (const std::uint32_t sample : *part)
          for (std::size_t i = 0; i < 4; ++i)
            bytes ? void(data.bytes[sample * 4 + i] = 255) : void(data.values[sample * 4 + i] = 1e6f);
      const Normalisation after = fitNormalisation(data, split, "standardise");
      QVERIFY(before.mean == after.mean && before.std == after.std);
      QCOMPARE(before.mean.size(), std::size_t(bytes ? 2 : 4));
      // What comes out has mean 0 and deviation 1 over the training part.
      std::vector<float> out(split.train.size() * 4);
      gather(data, after, split.train.data(), static_cast<std::int64_t>(split.train.size()), out.data());
      double sum = 0, squares = 0;
      for (const float value : out) sum += value, squares += double(value) * value;
      const auto n = static_cast<double>(out.size());
      QVERIFY(std::abs(sum / n) < 1e-5);
      QVERIFY(std::abs(squares / n - 1) < 1e-4);
    }
  }

  // However many cores there are, and to the last bit; large enough that every one of them gets a piece.
  void normalisationIsTheSameOnOneCore() {
    Dataset data;
    data.sampleShape = {3, 37, 41};
    data.samples = 2000;
    std::uint32_t state = 1;
    for (std::int64_t i = 0; i < data.samples * data.sampleElements(); ++i)
      data.bytes.push_back(static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24));
    Split split;
    for (std::uint32_t i = 0; i < 2000; ++i)
      if (i % 10 != 3) split.train.push_back(i);
    const Normalisation all = fitNormalisation(data, split, "standardise");
    cpu_set_t before, one;
    QCOMPARE(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    QCOMPARE(sched_setaffinity(0, sizeof one, &one), 0);
    const std::size_t cores = coresForWork(64);
    const Normalisation alone = fitNormalisation(data, split, "standardise");
    QCOMPARE(sched_setaffinity(0, sizeof before, &before), 0);
    QCOMPARE(cores, std::size_t{1});
    QVERIFY(all.mean == alone.mean && all.std == alone.std);
    double sum = 0, squares = 0, count = 0;
    for (const std::uint32_t sample : split.train)
      for (std::size_t i = 0; i < 37 * 41; ++i, ++count) {
        const double value = data.bytes[sample * 3 * 37 * 41 + i] / 255.0;
        sum += value, squares += value * value;
      }
    QVERIFY(std::abs(all.mean[0] - sum / count) < 1e-12);
    QVERIFY(std::abs(all.std[0] - std::sqrt(squares / count - sum / count * (sum / count))) < 1e-9);
  }

  void piecesSideBySide() {
    std::vector<int> done(7);
    inParallel(done.size(), [&](std::size_t piece) { ++done[piece]; });
    QCOMPARE(done, std::vector<int>(7, 1));
    inParallel(0, [](std::size_t) {});
    std::string said;
    try {
      inParallel(3, [&](std::size_t piece) {
        if (piece > 0) throw std::runtime_error(std::to_string(piece));
        done[0] = 5;
      });
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    QCOMPARE(said, std::string("1"));
    QCOMPARE(done[0], 5);
  }

  void normalisationCorners() {
    Dataset data = numbers(8, 2, 2);
    for (std::size_t i = 0; i < 8; ++i) data.values[i * 2] = 0.1f;
    const Split split{{0, 1, 2, 3, 4, 5, 6, 7}, {}, {}};
    const Normalisation constant = fitNormalisation(data, split, "standardise");
    QCOMPARE(constant.std[0], 1.0);
    for (std::size_t i = 0; i < 8; ++i) data.values[i * 2] = std::nanf("");
    const Normalisation none = fitNormalisation(data, split, "standardise");
    QCOMPARE(none.mean[0], 0.0);
    QCOMPARE(none.std[0], 1.0);
    const auto again = normalisationFromJson(toJson(constant), "run.json");
    QCOMPARE(errorText(again), "");
    QVERIFY(again->mean == constant.mean && again->std == constant.std);
    QVERIFY(!normalisationFromJson(Json{{"mean", {1}}, {"std", {0}}}, "run.json").ok());
    QVERIFY(!normalisationFromJson(Json{{"mean", {1, 2}}, {"std", {1}}}, "run.json").ok());
  }

  void tableAndFormulaAgree() {
    Dataset data;
    data.sampleShape = {3, 16, 16}; // large enough for the table
    data.samples = 2;
    for (int i = 0; i < 2 * 768; ++i) data.bytes.push_back(static_cast<std::uint8_t>(i * 31));
    const Normalisation scale{{0.3, 0.5, 0.1}, {0.2, 0.4, 0.9}, {}, {}};
    std::vector<float> out(768);
    const std::uint32_t second = 1;
    gather(data, scale, &second, 1, out.data());
    for (std::size_t i = 0; i < 768; ++i) {
      const double wanted = (data.bytes[768 + i] / 255.0 - scale.mean[i / 256]) / scale.std[i / 256];
      QVERIFY(std::abs(out[i] - wanted) < 1e-6);
    }
  }

  void orderOfAnEpoch() {
    const std::vector<std::uint32_t> part{3, 5, 8, 13, 21, 34};
    auto order = epochOrder(part, 7, 0);
    QVERIFY(order == epochOrder(part, 7, 0));
    QVERIFY(order != epochOrder(part, 7, 1) || epochOrder(part, 7, 1) != epochOrder(part, 7, 2));
    std::sort(order.begin(), order.end());
    QVERIFY(order == part);
  }

  void workerChangesNothing_data() {
    QTest::addColumn<int>("samples");
    QTest::addColumn<int>("batch");
    QTest::newRow("a smaller last batch") << 103 << 10;
    QTest::newRow("even") << 100 << 10;
    QTest::newRow("one batch larger than all") << 7 << 64;
    QTest::newRow("one sample each") << 40 << 1;
  }
  void workerChangesNothing() {
    QFETCH(int, samples);
    QFETCH(int, batch);
    const Dataset data = numbers(samples, 5, 3);
    std::vector<std::uint32_t> part(static_cast<std::size_t>(samples));
    std::iota(part.begin(), part.end(), 0u);
    const Normalisation scale = fitNormalisation(data, Split{part, {}, {}}, "standardise");
    const auto direct = makeBatches(data, scale, part, batch, 9, 0, 0, 0);
    const auto ahead = makeBatches(data, scale, part, batch, 9, 0, 0, 1);
    std::set<std::int32_t> seen;
    std::int64_t taken = 0;
    const std::int64_t perEpoch = (samples + batch - 1) / batch;
    for (std::int64_t step = 0; step < 4 * perEpoch; ++step) {
      const Batch& wanted = direct->next();
      QVERIFY(same(wanted, ahead->next()));
      QCOMPARE(std::int64_t{wanted.epoch}, step / perEpoch);
      QCOMPARE(wanted.index, step % perEpoch);
      if (wanted.epoch == 0) {
        seen.insert(wanted.samples.begin(), wanted.samples.end());
        taken += wanted.size;
      }
    }
    QCOMPARE(taken, std::int64_t{samples});
    QCOMPARE(seen.size(), static_cast<std::size_t>(samples));
  }

  void resumeIsTheContinuousOrder() {
    const Dataset data = numbers(57, 3, 3);
    std::vector<std::uint32_t> part(57);
    std::iota(part.begin(), part.end(), 0u);
    const Normalisation scale = fitNormalisation(data, Split{part, {}, {}}, "standardise");
    for (const int workers : {0, 1})
      for (std::int64_t start = 0; start < 18; ++start) {
        const auto whole = makeBatches(data, scale, part, 10, 4, 0, 0, 0);
        for (std::int64_t i = 0; i < start; ++i) whole->next();
        // (0, 6) of 6 batches is (1, 0).
        const auto resumed =
            makeBatches(data, scale, part, 10, 4, start > 6 ? static_cast<std::uint32_t>(start / 6) : 0,
                        start > 6 ? start % 6 : start, workers);
        for (int i = 0; i < 8; ++i) QVERIFY(same(whole->next(), resumed->next()));
      }
  }

  void targetsAreFitted() {
    Dataset data = numbers(20, 2, 2);
    data.labels.clear();
    data.classes.clear();
    data.targetNames = {"y"};
    for (int i = 0; i < 20; ++i) data.targets.push_back(static_cast<float>(1000 + i));
    std::vector<std::uint32_t> part(20);
    std::iota(part.begin(), part.end(), 0u);
    const Normalisation scale = fitNormalisation(data, Split{part, {}, {}}, "standardise");
    QCOMPARE(scale.targetMean[0], 1009.5);
    QVERIFY(std::abs(scale.targetStd[0] - std::sqrt(33.25)) < 1e-9);
  }

  void endsAtAnyMoment() {
    const Dataset data = numbers(500, 8, 2);
    std::vector<std::uint32_t> part(500);
    std::iota(part.begin(), part.end(), 0u);
    const Normalisation scale = fitNormalisation(data, Split{part, {}, {}}, "none");
    for (int taken = 0; taken < 200; ++taken) {
      const auto batches = makeBatches(data, scale, part, 3, 1, 0, 0, 1);
      for (int i = 0; i < taken; ++i) batches->next();
    }
  }

  void nothingToGive() {
    const Dataset data = numbers(4, 1, 2);
    QCOMPARE(makeBatches(data, Normalisation{}, {}, 10, 1, 0, 0, 1)->next().size, 0);
  }
};

QTEST_GUILESS_MAIN(TestBatches)
#include "tst_batches.moc"
