// SPDX-License-Identifier: Apache-2.0
// The Winograd convolution against the plain formulas in double: the map, and the gradients of source,
// weights and bias, for any split of the tiles.
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/kernels/winograd.h"
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

using namespace loom::onednn;

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

struct Sizes {
  WinogradShape shape;
  std::int64_t samples, lanes;
  std::size_t map(std::int64_t n, std::int64_t channel, std::int64_t y, std::int64_t x, bool result) const {
    const auto channels = result ? shape.outputs : shape.inputs;
    const auto height = result ? shape.outputHeight() : shape.height;
    const auto width = result ? shape.outputWidth() : shape.width;
    return static_cast<std::size_t>(
        (((n * (channels / lanes) + channel / lanes) * height + y) * width + x) * lanes + channel % lanes);
  }
  std::size_t weight(std::int64_t o, std::int64_t i, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(
        ((((o / lanes * (shape.inputs / lanes) + i / lanes) * 3 + y) * 3 + x) * lanes + i % lanes) * lanes +
        o % lanes);
  }
};

struct Plain {
  Doubles dst, diffSrc, diffWeights, diffBias;
};
Plain plain(const Sizes& z, const Floats& src, const Floats& weights, const Floats& bias,
            const Floats& diffDst) {
  const WinogradShape& s = z.shape;
  Plain p{Doubles(diffDst.size()), Doubles(src.size()), Doubles(weights.size()), Doubles(bias.size())};
  for (std::int64_t n = 0; n < z.samples; ++n)
    for (std::int64_t o = 0; o < s.outputs; ++o)
      for (std::int64_t y = 0; y < s.outputHeight(); ++y)
        for (std::int64_t x = 0; x < s.outputWidth(); ++x) {
          const auto at = z.map(n, o, y, x, true);
          const auto d = static_cast<double>(diffDst[at]);
          auto sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
          p.diffBias[static_cast<std::size_t>(o)] += d;
          for (std::int64_t c = 0; c < s.inputs; ++c)
            for (std::int64_t i = 0; i < 3; ++i)
              for (std::int64_t j = 0; j < 3; ++j) {
                const auto row = y + i - s.padding, column = x + j - s.padding;
                if (row < 0 || column < 0 || row >= s.height || column >= s.width) continue;
                const auto in = z.map(n, c, row, column, false), w = z.weight(o, c, i, j);
                sum += static_cast<double>(src[in]) * static_cast<double>(weights[w]);
                p.diffSrc[in] += d * static_cast<double>(weights[w]);
                p.diffWeights[w] += d * static_cast<double>(src[in]);
              }
          p.dst[at] = sum;
        }
  return p;
}

double distance(const Doubles& wanted, const Floats& values) {
  double worst = 0, scale = 1e-6;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!std::isfinite(values[i])) return INFINITY;
    worst = std::max(worst, std::abs(wanted[i] - static_cast<double>(values[i])));
    scale = std::max(scale, std::abs(wanted[i]));
  }
  return worst / scale;
}

Floats made(std::int64_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(n));
  for (auto& value : values) value = normal(engine);
  return values;
}

// The tables that this processor can run; the narrow one runs wherever the wide one does.
std::vector<const WinogradKernels*> tables() {
  const auto* chosen = chooseKernels().winograd;
  if (chosen == nullptr) return {};
  if (chosen == winogradKernelsAvx512() && winogradKernelsAvx2() != nullptr)
    return {chosen, winogradKernelsAvx2()};
  return {chosen};
}

// What no kernel may read.
Floats empty(std::int64_t n) { return Floats(static_cast<std::size_t>(n), NAN); }

void eachThread(std::int64_t all, int threads, const auto& work) {
  for (int t = 0; t < threads; ++t) work(t, all * t / threads, all * (t + 1) / threads);
}

} // namespace

class TestOnednnWinograd : public QObject {
  Q_OBJECT
 private slots:
  void shapes_data() {
    if (tables().empty()) QSKIP("This processor has no kernels of this kind");
    QTest::addColumn<QList<int>>("shape"); // inputs, outputs, height, width, padding, samples
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("table");
    const QList<QList<int>> shapes = {{16, 16, 32, 32, 1, 1}, {16, 48, 7, 9, 1, 5},   {48, 16, 9, 7, 1, 3},
                                      {32, 32, 16, 16, 1, 2}, {64, 64, 8, 8, 1, 5},   {16, 32, 13, 14, 0, 2},
                                      {32, 16, 6, 6, 2, 4},   {80, 112, 8, 12, 1, 3}, {16, 16, 4, 64, 1, 1}};
    for (const auto& shape : shapes)
      for (const int threads : {1, 2, 3})
        for (int table = 0; table < static_cast<int>(tables().size()); ++table) {
          QStringList name;
          for (const int n : shape) name << QString::number(n);
          QTest::addRow("%s, %d, table %d", qPrintable(name.join("x")), threads, table)
              << shape << threads << table;
        }
  }
  void shapes() {
    QFETCH(QList<int>, shape);
    QFETCH(int, threads);
    QFETCH(int, table);
    const auto* kernels = tables()[static_cast<std::size_t>(table)];
    const Sizes z{{shape[0], shape[1], shape[2], shape[3], shape[4]}, shape[5], kernels->lanes};
    const WinogradShape &s = z.shape, back = s.backward();
    QVERIFY(kernels->supports(s, z.samples));
    QCOMPARE(back.outputHeight(), s.height);
    QCOMPARE(back.outputWidth(), s.width);
    const auto src = made(z.samples * s.inputs * s.height * s.width, 1);
    const auto weights = made(9 * s.inputs * s.outputs, 2), bias = made(s.outputs, 3);
    const auto diffDst = made(z.samples * s.outputs * s.outputHeight() * s.outputWidth(), 4);
    const auto wanted = plain(z, src, weights, bias, diffDst);
    const auto sizes = kernels->sizes(s), backSizes = kernels->sizes(back);

    const auto convolved = [&](bool relu, const float* shift, const float* plus = nullptr,
                               const float* mask = nullptr) {
      auto transformed = empty(sizes.weights), dst = empty(static_cast<std::int64_t>(diffDst.size()));
      eachThread(sizes.blocks, threads, [&](int, std::int64_t first, std::int64_t last) {
        kernels->transformWeights(s, weights.data(), transformed.data(), first, last);
      });
      eachThread(z.samples * s.tiles(), threads, [&](int, std::int64_t first, std::int64_t last) {
        auto scratch = empty(sizes.convolve);
        kernels->convolve(s, src.data(), transformed.data(), {shift, relu, plus, mask}, dst.data(), first,
                          last, scratch.data());
      });
      return dst;
    };
    const auto dst = convolved(false, bias.data());
    QVERIFY2(distance(wanted.dst, dst) < 4e-6, qPrintable(QString::number(distance(wanted.dst, dst))));
    const auto withRelu = convolved(true, bias.data()), withoutBias = convolved(false, nullptr);
    for (std::size_t i = 0; i < dst.size(); ++i) QCOMPARE(withRelu[i], std::max(dst[i], 0.f));
    const auto plus = made(static_cast<std::int64_t>(dst.size()), 5),
               mask = made(static_cast<std::int64_t>(dst.size()), 6);
    const auto summed = convolved(false, bias.data(), plus.data()),
               masked = convolved(false, bias.data(), nullptr, mask.data()),
               both = convolved(false, bias.data(), plus.data(), mask.data());
    for (std::size_t i = 0; i < dst.size(); ++i) {
      QCOMPARE(summed[i], dst[i] + plus[i]);
      QCOMPARE(masked[i], mask[i] > 0 ? dst[i] : 0.f);
      QCOMPARE(both[i], mask[i] > 0 ? dst[i] + plus[i] : 0.f);
    }
    for (std::int64_t o = 0; o < s.outputs; ++o) {
      const auto at = z.map(0, o, 0, 0, true);
      QVERIFY(std::abs(withoutBias[at] + bias[static_cast<std::size_t>(o)] - dst[at]) < 1e-4f);
    }

    auto flipped = empty(backSizes.weights), diffSrc = empty(static_cast<std::int64_t>(src.size()));
    eachThread(sizes.blocks, threads, [&](int, std::int64_t first, std::int64_t last) {
      kernels->transformFlipped(s, weights.data(), flipped.data(), first, last);
    });
    eachThread(z.samples * back.tiles(), threads, [&](int, std::int64_t first, std::int64_t last) {
      auto scratch = empty(backSizes.convolve);
      kernels->convolve(back, diffDst.data(), flipped.data(), {nullptr, false, nullptr, nullptr},
                        diffSrc.data(), first, last, scratch.data());
    });
    QVERIFY2(distance(wanted.diffSrc, diffSrc) < 4e-6,
             qPrintable(QString::number(distance(wanted.diffSrc, diffSrc))));

    std::vector<Floats> scratch(static_cast<std::size_t>(threads), empty(sizes.gradient));
    std::vector<const float*> all;
    for (const auto& one : scratch) all.push_back(one.data());
    eachThread(z.samples * s.tiles(), threads, [&](int thread, std::int64_t first, std::int64_t last) {
      kernels->gradient(s, src.data(), diffDst.data(), true, first, last,
                        scratch[static_cast<std::size_t>(thread)].data());
    });
    auto diffWeights = empty(static_cast<std::int64_t>(weights.size())), diffBias = empty(s.outputs);
    eachThread(sizes.blocks, threads, [&](int, std::int64_t first, std::int64_t last) {
      kernels->collect(s, all.data(), threads, diffWeights.data(), diffBias.data(), first, last);
    });
    QVERIFY2(distance(wanted.diffWeights, diffWeights) < 4e-6,
             qPrintable(QString::number(distance(wanted.diffWeights, diffWeights))));
    QVERIFY(distance(wanted.diffBias, diffBias) < 2e-6);
  }

  void aThreadWithoutTilesAddsNothing() {
    const auto* kernels = chooseKernels().winograd;
    if (kernels == nullptr) QSKIP("This processor has no kernels of this kind");
    const WinogradShape s{16, 16, 8, 8, 1};
    auto scratch = empty(kernels->sizes(s).gradient);
    const auto src = made(16 * 64, 1), diffDst = made(16 * 64, 2);
    kernels->gradient(s, src.data(), diffDst.data(), true, 4, 4, scratch.data());
    auto diffWeights = empty(9 * 16 * 16), diffBias = empty(16);
    const float* all = scratch.data();
    kernels->collect(s, &all, 1, diffWeights.data(), diffBias.data(), 0, kernels->sizes(s).blocks);
    for (const float value : diffWeights) QCOMPARE(value, 0.f);
    for (const float value : diffBias) QCOMPARE(value, 0.f);
  }

  void refusesWhatItCannotDo() {
    const auto* kernels = chooseKernels().winograd;
    if (kernels == nullptr) QSKIP("This processor has no kernels of this kind");
    QVERIFY(kernels->supports({16, 16, 8, 8, 1}, 8));
    QVERIFY(!kernels->supports({3, 16, 32, 32, 1}, 8));
    QVERIFY(!kernels->supports({16, 24, 32, 32, 1}, 8));
    QVERIFY(!kernels->supports({16, 16, 8, 8, 3}, 8));
    QVERIFY(!kernels->supports({16, 16, 2, 2, 0}, 64)); // no result
    QVERIFY(!kernels->supports({16, 16, 2, 2, 1}, 64)); // four elements for 36 places
    QVERIFY(!kernels->supports({16, 16, 8, 8, 1}, 1));  // weights' transforms are not earned back
  }
};

QTEST_GUILESS_MAIN(TestOnednnWinograd)
#include "tst_onednn_winograd.moc"
