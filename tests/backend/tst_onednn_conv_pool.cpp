// SPDX-License-Identifier: Apache-2.0
// The fused small convolution against the plain formulas in double: values, winners, and all three gradients.
#include "core/backend/onednn/kernels/conv_pool.h"
#include "core/backend/onednn/kernels/kernels.h"
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

using namespace loom::onednn;

namespace {

struct Plain {
  std::vector<double> dst, diffSrc, diffWeights, diffBias;
};

// One sample, channels last; weights O,C,K,K.
Plain plain(const ConvPoolShape& s, const std::vector<float>& src, const std::vector<float>& weights,
            const std::vector<float>& bias, const std::vector<float>& diffDst) {
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  Plain p{std::vector<double>(diffDst.size()), std::vector<double>(src.size()),
          std::vector<double>(weights.size()), std::vector<double>(bias.size())};
  const auto each = [&](std::int64_t f, std::int64_t y, std::int64_t x, auto visit) {
    for (std::int64_t c = 0; c < s.channels; ++c)
      for (std::int64_t i = 0; i < s.kernel; ++i)
        for (std::int64_t j = 0; j < s.kernel; ++j) {
          const auto row = y + i - s.padding, column = x + j - s.padding;
          if (row < 0 || column < 0 || row >= s.height || column >= s.width) continue;
          visit(size((row * s.width + column) * s.channels + c),
                size(((f * s.channels + c) * s.kernel + i) * s.kernel + j));
        }
  };
  for (std::int64_t y = 0; y < s.pooledHeight(); ++y)
    for (std::int64_t x = 0; x < s.pooledWidth(); ++x)
      for (std::int64_t f = 0; f < s.filters; ++f) {
        double best = -1e30;
        std::int64_t bestY = 0, bestX = 0;
        for (int place = 0; place < 4; ++place) {
          double sum = static_cast<double>(bias[size(f)]);
          each(f, 2 * y + place / 2, 2 * x + place % 2, [&](std::size_t in, std::size_t w) {
            sum += static_cast<double>(src[in]) * static_cast<double>(weights[w]);
          });
          if (sum > best) best = sum, bestY = 2 * y + place / 2, bestX = 2 * x + place % 2;
        }
        const auto at = size((y * s.pooledWidth() + x) * s.filters + f);
        p.dst[at] = std::max(best, 0.0);
        if (best <= 0) continue;
        const auto d = static_cast<double>(diffDst[at]);
        p.diffBias[size(f)] += d;
        each(f, bestY, bestX, [&](std::size_t in, std::size_t w) {
          p.diffSrc[in] += d * static_cast<double>(weights[w]);
          p.diffWeights[w] += d * static_cast<double>(src[in]);
        });
      }
  return p;
}

double distance(const std::vector<double>& wanted, const std::vector<float>& values) {
  double worst = 0, scale = 1e-6;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    worst = std::max(worst, std::abs(wanted[i] - static_cast<double>(values[i])));
    scale = std::max(scale, std::abs(wanted[i]));
  }
  return worst / scale;
}

} // namespace

class TestOnednnConvPool : public QObject {
  Q_OBJECT
 private slots:
  void shapes_data() {
    QTest::addColumn<QList<int>>("shape"); // channels, filters, kernel, padding, height, width
    const QList<QList<int>> shapes = {{1, 6, 5, 2, 28, 28},  {6, 16, 5, 0, 14, 14}, {1, 8, 3, 1, 8, 8},
                                      {1, 1, 3, 0, 5, 7},    {1, 3, 5, 2, 9, 75},   {1, 7, 3, 1, 40, 40},
                                      {1, 32, 3, 1, 28, 28}, {3, 16, 3, 1, 32, 32}, {3, 20, 5, 2, 13, 11},
                                      {16, 16, 5, 1, 9, 10}, {16, 33, 3, 1, 10, 8}, {8, 12, 3, 2, 7, 6},
                                      {12, 5, 5, 2, 12, 12}, {2, 2, 3, 1, 4, 4},    {5, 17, 5, 4, 6, 6}};
    for (const auto& shape : shapes) {
      QStringList name;
      for (const int n : shape) name << QString::number(n);
      QTest::newRow(qPrintable(name.join("x"))) << shape;
    }
  }
  void shapes() {
    const auto* kernels = chooseKernels().convPool;
    if (kernels == nullptr) QSKIP("This processor has no AVX-512");
    QFETCH(QList<int>, shape);
    const ConvPoolShape s{shape[0], shape[1], shape[2], shape[3], shape[4], shape[5]};
    QVERIFY(kernels->supports(s));
    const auto sizes = kernels->sizes(s);
    constexpr int samples = 3, threads = 2;
    std::mt19937 engine(11);
    std::normal_distribution<float> normal;
    const auto make = [&](std::int64_t n) {
      std::vector<float> values(static_cast<std::size_t>(n));
      for (auto& value : values) value = normal(engine);
      return values;
    };
    const auto weights = make(s.filters * s.channels * s.kernel * s.kernel), bias = make(s.filters);
    std::vector<float> forward(static_cast<std::size_t>(sizes.forwardWeights)),
        backward(static_cast<std::size_t>(sizes.backwardWeights));
    kernels->packForward(s, weights.data(), forward.data());
    kernels->packBackward(s, weights.data(), backward.data());
    std::vector<std::vector<float>> scratch(threads, make(sizes.scratch)); // must not matter what is in it
    std::vector<const float*> all;
    for (auto& one : scratch) {
      kernels->clear(s, one.data());
      all.push_back(one.data());
    }
    std::vector<double> diffWeights(weights.size()), diffBias(bias.size());
    for (int n = 0; n < samples; ++n) {
      const auto src = make(s.channels * s.height * s.width);
      const auto diffDst = make(s.pooledHeight() * s.pooledWidth() * s.filters);
      std::vector<float> dst(diffDst.size()), diffSrc(src.size());
      std::vector<std::uint8_t> codes(static_cast<std::size_t>(sizes.codeBytes));
      auto& own = scratch[static_cast<std::size_t>(n % threads)];
      kernels->forward(s, src.data(), forward.data(), bias.data(), dst.data(), codes.data(), own.data());
      kernels->backward(s, src.data(), dst.data(), diffDst.data(), codes.data(), backward.data(),
                        diffSrc.data(), own.data());
      const auto wanted = plain(s, src, weights, bias, diffDst);
      QVERIFY(distance(wanted.dst, dst) < 2e-6);
      QVERIFY(distance(wanted.diffSrc, diffSrc) < 2e-6);
      for (std::size_t i = 0; i < diffWeights.size(); ++i) diffWeights[i] += wanted.diffWeights[i];
      for (std::size_t i = 0; i < diffBias.size(); ++i) diffBias[i] += wanted.diffBias[i];
    }
    std::vector<float> gotWeights(weights.size()), gotBias(bias.size());
    kernels->collect(s, all.data(), threads, gotWeights.data(), gotBias.data());
    QVERIFY(distance(diffWeights, gotWeights) < 2e-6);
    QVERIFY(distance(diffBias, gotBias) < 2e-6);
  }

  void refusesWhatItCannotDo() {
    const auto* kernels = chooseKernels().convPool;
    if (kernels == nullptr) QSKIP("This processor has no AVX-512");
    QVERIFY(!kernels->supports({17, 16, 3, 1, 8, 8}));
    QVERIFY(!kernels->supports({8, 16, 7, 3, 8, 8}));
    QVERIFY(!kernels->supports({8, 16, 3, 0, 3, 3}));
  }
};

QTEST_GUILESS_MAIN(TestOnednnConvPool)
#include "tst_onednn_conv_pool.moc"
