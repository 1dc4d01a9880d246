// SPDX-License-Identifier: Apache-2.0
// The fast CPU backend against the reference: every case of every op, at one and at two threads.
#include "core/backend/check.h"
#include "core/backend/onednn/onednn_backend.h"
#include <QtTest>

using namespace loom;

namespace {

// The same backend held to a thread count.
class WithThreads : public Backend {
 public:
  explicit WithThreads(int threads) : threads_(threads) {}
  std::string name() const override { return onednnBackend().name(); }
  std::vector<Device> devices() const override { return onednnBackend().devices(); }
  Status supports(const Plan& plan, const Step& step) const override {
    return onednnBackend().supports(plan, step);
  }
  Result<std::int64_t> workspace(const Plan& plan) const override { return onednnBackend().workspace(plan); }
  Result<std::unique_ptr<Executable>> prepare(std::shared_ptr<const Plan> plan,
                                              const PrepareOptions&) const override {
    return onednnBackend().prepare(std::move(plan), {threads_});
  }

 private:
  int threads_;
};

} // namespace

class TestOnednn : public QObject {
  Q_OBJECT
 private slots:
  void isTheDeviceCpu() {
    const auto device = chooseDevice("cpu");
    QVERIFY(device.ok());
    QCOMPARE(device->backend, "onednn");
    QVERIFY(device->memoryBytes > 0);
    QVERIFY(!device->note.empty());
    QVERIFY(chooseDevice("auto").ok());
  }

  void ops_data() {
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("op");
    for (const int threads : {1, 2})
      for (std::size_t i = 0; i < opTable().size(); ++i)
        QTest::addRow("%s, %d", std::string(opTable()[i]->name).c_str(), threads)
            << threads << static_cast<int>(i);
  }
  void ops() {
    QFETCH(int, threads);
    QFETCH(int, op);
    const OpSpec& spec = *opTable()[static_cast<std::size_t>(op)];
    const WithThreads backend(threads);
    for (const OpCase& test : spec.cases()) {
      const OpCheck check = compareBackend(backend, spec, test);
      QVERIFY2(check.passed, qPrintable(QString::fromStdString(check.name + ": " + check.detail.text())));
    }
  }
};

QTEST_GUILESS_MAIN(TestOnednn)
#include "tst_onednn.moc"
