// SPDX-License-Identifier: Apache-2.0
// Nothing is allocated in a training step: every malloc of the process is counted while 1,000 real steps run,
// with what the trainer does around each (learning rate, step, run, drain). oneDNN's own call wrapper keeps a
// map of its arguments, which is its affair: what happens inside of it is counted apart, and networks of our
// own kernels never call it.
#include "core/backend/onednn/onednn_backend.h"
#include "tests/bench/bench_networks.h"
#include <QtTest>
#include <atomic>
#include <dlfcn.h>

namespace {

std::atomic<bool> counting{false};
std::atomic<long> ours{0}, theirs{0};
std::atomic<bool> insideLibrary{false}; // its workers work only while a call runs

void count() {
  if (counting.load(std::memory_order_relaxed)) ++(insideLibrary ? theirs : ours);
}

} // namespace

// glibc's own entry points, under the names that every library of the process calls.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
// Stands before oneDNN's function of this name.
int dnnl_primitive_execute(const void* primitive, void* stream, int arguments, const void* list) {
  using Execute = int (*)(const void*, void*, int, const void*);
  static const auto real = reinterpret_cast<Execute>(dlsym(RTLD_NEXT, "dnnl_primitive_execute"));
  insideLibrary = true;
  const int status = real(primitive, stream, arguments, list);
  insideLibrary = false;
  return status;
}
}

using namespace loom;

class TestNoAlloc : public QObject {
  Q_OBJECT
 private slots:
  void counterCounts() {
    ours = 0;
    counting = true;
    delete new std::vector<int>(100);
    counting = false;
    QVERIFY(ours.load() >= 2);
  }

  void trainingSteps_data() {
    QTest::addColumn<int>("net");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("steps");
    QTest::addColumn<bool>("allOurs"); // no step of it is oneDNN's
    for (const int threads : {1, 2}) {
      const auto row = [&](int net, const char* name, int batch, int steps, bool allOurs) {
        QTest::addRow("%s, %d threads", name, threads) << net << batch << threads << steps << allOurs;
      };
      row(0, "tabular MLP", 32, 1000, true);
      row(1, "wide MLP", 32, 1000, false);
      row(2, "LeNet-5", 32, 1000, true);
      row(3, "ResNet-20", 1, 200, false);
    }
  }
  void trainingSteps() {
    QFETCH(int, net);
    QFETCH(int, batch);
    QFETCH(int, threads);
    QFETCH(int, steps);
    QFETCH(bool, allOurs);
    const auto network = std::move(benchNetworks()[static_cast<std::size_t>(net)]);
    CompileOptions options;
    options.trainBatches = {batch};
    options.optimizer = network.optimizer;
    options.optimizerParams = network.optimizerParams;
    const auto compiled = compile(network.network, options);
    QVERIFY(compiled);
    const Plan& plan = compiled->plan;
    const auto made = onednnBackend().prepare(std::make_shared<const Plan>(plan), {threads});
    QVERIFY(made);
    Executable& executable = **made;
    begin(*compiled, executable, 1, 1e-3f);
    feed(plan, plan.programs[0], executable, 1, network.classes);
    std::vector<MetricRow> rows;
    const auto step = [&](std::int32_t number) {
      const float rate = 1e-3f / static_cast<float>(number);
      executable.write(plan.learningRate, std::as_bytes(std::span(&rate, 1)));
      executable.write(plan.step, std::as_bytes(std::span(&number, 1)));
      const bool ran = bool(executable.run(0));
      rows.clear();
      executable.drain(rows);
      return ran && rows.size() == 1;
    };
    QVERIFY(step(1)); // the team of threads and the room for a row come with the first
    ours = theirs = 0;
    bool ran = true;
    counting = true;
    for (int i = 0; i < steps; ++i) ran = ran && step(i + 2);
    counting = false;
    QVERIFY(ran);
    qInfo("%d steps: %ld of ours, %ld inside oneDNN", steps, ours.load(), theirs.load());
    QCOMPARE(ours.load(), 0);
    const bool wide = onednnBackend().devices()[0].note.text() == "AVX-512";
    if (allOurs && wide) QCOMPARE(theirs.load(), 0);
  }
};

QTEST_GUILESS_MAIN(TestNoAlloc)
#include "tst_no_alloc.moc"
