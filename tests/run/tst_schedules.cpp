// SPDX-License-Identifier: Apache-2.0
// The rates that PyTorch's schedulers give, the shape of each curve, and the table of optimizers.
#include "core/run/settings.h"
#include <QtTest>
#include <cmath>

using namespace loom;

class TestSchedules : public QObject {
  Q_OBJECT
 private slots:
  void knownValues_data();
  void knownValues();
  void everyRowIsSound();
  void warmUpIsStraight();
  void optimizersHavePyTorchsStandards();
};

void TestSchedules::knownValues_data() {
  QTest::addColumn<QString>("schedule");
  QTest::addColumn<int>("total");
  QTest::addColumn<int>("step");
  QTest::addColumn<double>("finalFactor");
  QTest::addColumn<double>("factor");
  // OneCycleLR(max_lr=1, total_steps=total), rate at step_num = step - 1.
  QTest::newRow("one-cycle first") << "one-cycle" << 100 << 1 << 0.0 << 0.04;
  QTest::newRow("one-cycle peak") << "one-cycle" << 100 << 30 << 0.0 << 1.0;
  QTest::newRow("one-cycle rising") << "one-cycle" << 100 << 26 << 0.0 << 0.955636201442059;
  QTest::newRow("one-cycle falling") << "one-cycle" << 100 << 51 << 0.0 << 0.793893450575732;
  QTest::newRow("one-cycle last") << "one-cycle" << 100 << 100 << 0.0 << 4e-6;
  QTest::newRow("one-cycle of 7 steps") << "one-cycle" << 7 << 3 << 0.0 << 0.919044376269711;
  // CosineAnnealingLR(T_max=20, eta_min=0.1)
  QTest::newRow("cosine first") << "cosine" << 20 << 1 << 0.1 << 1.0;
  QTest::newRow("cosine second") << "cosine" << 20 << 2 << 0.1 << 0.994459753267812;
  QTest::newRow("cosine half") << "cosine" << 20 << 11 << 0.1 << 0.55;
  QTest::newRow("cosine last") << "cosine" << 20 << 20 << 0.1 << 0.105540246732188;
  QTest::newRow("constant") << "constant" << 20 << 13 << 0.0 << 1.0;
}

void TestSchedules::knownValues() {
  QFETCH(QString, schedule);
  QFETCH(int, total);
  QFETCH(int, step);
  QFETCH(double, finalFactor);
  QFETCH(double, factor);
  const ScheduleRow* row = findSchedule(schedule.toStdString());
  QVERIFY(row);
  Params params = standardsFor(row->fields);
  if (finalFactor != 0) params.set("final_factor", finalFactor);
  QVERIFY2(std::abs(row->factor(step, total, params) - factor) < 1e-12,
           qPrintable(QString::number(row->factor(step, total, params), 'g', 17)));
}

void TestSchedules::everyRowIsSound() {
  for (const ScheduleRow& row : schedules()) {
    QCOMPARE(findSchedule(row.name), &row);
    for (const std::int64_t total : {1, 2, 3, 4, 5, 6, 7, 10, 20, 1000})
      for (std::int64_t step = 1; step <= total; ++step) {
        const double factor = row.factor(step, total, standardsFor(row.fields));
        QVERIFY2(std::isfinite(factor) && factor >= 0 && factor <= 1 + 1e-12,
                 qPrintable(QString("%1 step %2 of %3: %4")
                                .arg(QString::fromUtf8(row.name.data()))
                                .arg(step)
                                .arg(total)
                                .arg(factor)));
      }
  }
  QVERIFY(!findSchedule("cosinus"));
}

void TestSchedules::warmUpIsStraight() {
  const ScheduleRow* cosine = findSchedule("cosine");
  const Params params = standardsFor(cosine->fields, {{"warmup", 0.1}});
  for (int step = 1; step <= 10; ++step) QCOMPARE(cosine->factor(step, 100, params), step / 10.0);
  QCOMPARE(cosine->factor(11, 100, params), 1.0);
  QVERIFY(cosine->factor(12, 100, params) < 1.0);
}

void TestSchedules::optimizersHavePyTorchsStandards() {
  const auto standard = [](std::string_view optimizer, std::string_view name) {
    for (const Field& field : findOptimizer(optimizer)->fields)
      if (field.name == name) return toText(field.standard);
    return std::string("absent");
  };
  QCOMPARE(standard("sgd", "momentum"), toText(ParamValue{0.0}));
  QCOMPARE(standard("SGD", "nesterov"), std::string("false"));
  QCOMPARE(standard("Adam", "beta1"), toText(ParamValue{0.9}));
  QCOMPARE(standard("Adam", "beta2"), toText(ParamValue{0.999}));
  QCOMPARE(standard("Adam", "eps"), toText(ParamValue{1e-8}));
  QCOMPARE(standard("Adam", "weight_decay"), toText(ParamValue{0.0}));
  QCOMPARE(standard("adamw", "weight_decay"), toText(ParamValue{0.01}));
  QCOMPARE(std::string(findOptimizer("ADAMW")->op), std::string("adamw"));
  QVERIFY(!findOptimizer("Lion"));
}

QTEST_GUILESS_MAIN(TestSchedules)
#include "tst_schedules.moc"
