// SPDX-License-Identifier: Apache-2.0
// Every vector kernel of every instruction set that this machine has, against the same formula in double.
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/kernels/product.h"
#include <QtTest>
#include <cmath>
#include <random>

using namespace loom::onednn;

namespace {

using Floats = std::vector<float>;

Floats randomFloats(std::size_t n, unsigned seed, float scale = 3.f) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.f, scale);
  Floats values(n);
  for (auto& value : values) value = normal(engine);
  return values;
}

std::vector<KernelSet> kernelSets() {
  std::vector<KernelSet> sets = {
      {"plain", vectorKernelsPlain(), optimKernelsPlain(), nullptr, nullptr, nullptr}};
#if defined(__x86_64__)
  if (vectorKernelsAvx2() != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    sets.push_back({"AVX2", vectorKernelsAvx2(), optimKernelsAvx2(), nullptr, productKernelsAvx2(), nullptr});
#endif
  if (std::string_view(chooseKernels().name) == "AVX-512") sets.push_back(chooseKernels());
  return sets;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double gauss(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double share(double x) { return 0.5 * (1 + std::erf(x / std::sqrt(2.0))); }
double inner(double x) { return std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }

double forwardOf(Eltwise function, double x) {
  switch (function) {
  case Eltwise::relu:
    return std::max(x, 0.0);
  case Eltwise::leakyRelu:
    return x > 0 ? x : 0.1 * x;
  case Eltwise::gelu:
    return x * share(x);
  case Eltwise::geluTanh:
    return 0.5 * x * (1 + std::tanh(inner(x)));
  case Eltwise::sigmoid:
    return logistic(x);
  case Eltwise::tanh:
    return std::tanh(x);
  }
  return 0;
}

// Derivative at x, whatever the kernel is given to look at.
double slopeOf(Eltwise function, double x) {
  switch (function) {
  case Eltwise::relu:
    return x > 0 ? 1 : 0;
  case Eltwise::leakyRelu:
    return x > 0 ? 1 : 0.1;
  case Eltwise::gelu:
    return share(x) + x * gauss(x);
  case Eltwise::geluTanh: {
    const double t = std::tanh(inner(x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
  }
  case Eltwise::sigmoid:
    return logistic(x) * (1 - logistic(x));
  case Eltwise::tanh:
    return 1 - std::tanh(x) * std::tanh(x);
  }
  return 0;
}

bool looksAtDst(Eltwise function) {
  return function == Eltwise::relu || function == Eltwise::sigmoid || function == Eltwise::tanh;
}

bool close(double value, double wanted, double scale) {
  return std::abs(value - wanted) <= 2e-6 * std::max(scale, std::abs(wanted));
}

} // namespace

class TestOnednnKernels : public QObject {
  Q_OBJECT
 private slots:
  void eltwise_data() { sets(); }
  void eltwise() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].vector;
    for (int f = 0; f < eltwiseCount; ++f)
      for (const std::size_t n : {1u, 7u, 16u, 17u, 100u, 1003u}) {
        const auto function = static_cast<Eltwise>(f);
        const auto x = randomFloats(n, 7), d = randomFloats(n, 8, 1.f);
        Floats y(n), g(n);
        kernels->forward[f](x.data(), y.data(), static_cast<int64_t>(n), 0.1f);
        kernels->backward[f]((looksAtDst(function) ? y : x).data(), d.data(), g.data(),
                             static_cast<int64_t>(n), 0.1f);
        for (std::size_t i = 0; i < n; ++i) {
          const auto at = static_cast<double>(x[i]);
          QVERIFY2(close(y[i], forwardOf(function, at), 1), qPrintable(QString("%1 of %2").arg(f).arg(at)));
          QVERIFY2(close(g[i], d[i] * slopeOf(function, at), 2),
                   qPrintable(QString("slope %1 of %2").arg(f).arg(at)));
        }
      }
  }

  void extremes_data() { sets(); }
  void extremes() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].vector;
    const Floats x = {-1e30f, -200.f, -88.f, -0.f, 1e-20f, 88.f, 200.f, 1e30f, NAN};
    Floats y(x.size());
    for (int f = 0; f < eltwiseCount; ++f) {
      kernels->forward[f](x.data(), y.data(), static_cast<int64_t>(x.size()), 0.1f);
      for (std::size_t i = 0; i + 1 < x.size(); ++i)
        QVERIFY2(std::isfinite(y[i]), qPrintable(QString("%1 of %2").arg(f).arg(static_cast<double>(x[i]))));
      QVERIFY2(std::isnan(y.back()), qPrintable(QString("%1 hides NaN").arg(f)));
    }
  }

  void sums_data() { sets(); }
  void sums() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].vector;
    for (const std::size_t n : {3u, 32u, 1001u}) {
      const auto a = randomFloats(n, 1), b = randomFloats(n, 2);
      Floats sum(n), relu(n);
      const auto count = static_cast<int64_t>(n);
      kernels->add(a.data(), b.data(), sum.data(), count);
      kernels->addRelu(a.data(), b.data(), relu.data(), count);
      double squares = 0;
      for (std::size_t i = 0; i < n; ++i) {
        QCOMPARE(sum[i], a[i] + b[i]);
        QCOMPARE(relu[i], std::max(a[i] + b[i], 0.f));
        squares += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
      }
      QVERIFY(close(kernels->squaredDistance(a.data(), b.data(), count), squares, squares));
    }
  }

  void softmaxAndLoss_data() { sets(); }
  void softmaxAndLoss() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].vector;
    for (const std::size_t columns : {1u, 2u, 10u, 16u, 100u})
      for (const double smoothing : {0.0, 0.1}) {
        constexpr std::size_t rows = 5;
        const auto x = randomFloats(rows * columns, 3), d = randomFloats(rows * columns, 4, 1.f);
        std::vector<int32_t> label(rows);
        for (std::size_t r = 0; r < rows; ++r) label[r] = static_cast<int32_t>((r * 7) % columns);
        Floats y(x.size()), z(x.size()), g(x.size()), back(x.size()), loss(rows), correct(rows);
        const auto n = static_cast<int64_t>(columns);
        kernels->softmax(x.data(), y.data(), rows, n);
        kernels->softmaxBackward(y.data(), d.data(), back.data(), rows, n);
        kernels->crossEntropy(x.data(), label.data(), static_cast<float>(smoothing), z.data(), loss.data(),
                              correct.data(), rows, n);
        kernels->crossEntropyBackward(z.data(), label.data(), static_cast<float>(smoothing), 0.2f, g.data(),
                                      rows, n);
        for (std::size_t r = 0; r < rows; ++r) {
          const float* row = x.data() + r * columns;
          double total = 0, dot = 0, wanted = 0;
          for (std::size_t c = 0; c < columns; ++c) total += std::exp(static_cast<double>(row[c]));
          const auto p = [&](std::size_t c) { return std::exp(static_cast<double>(row[c])) / total; };
          const auto target = [&](std::size_t c) {
            return smoothing / static_cast<double>(columns) +
                   (static_cast<int32_t>(c) == label[r] ? 1 - smoothing : 0);
          };
          for (std::size_t c = 0; c < columns; ++c) {
            dot += p(c) * static_cast<double>(d[r * columns + c]);
            wanted -= target(c) * std::log(p(c));
          }
          for (std::size_t c = 0; c < columns; ++c) {
            const std::size_t i = r * columns + c;
            QVERIFY(close(y[i], p(c), 1));
            QCOMPARE(z[i], y[i]);
            QVERIFY(close(g[i], 0.2 * (p(c) - target(c)), 1));
            QVERIFY(close(back[i], p(c) * (static_cast<double>(d[i]) - dot), 1));
          }
          QVERIFY(close(loss[r], wanted, 4));
          const auto first = std::max_element(row, row + columns) - row;
          QCOMPARE(correct[r], first == label[r] ? 1.f : 0.f);
        }
      }
  }

  void firstOfEqualsWins() {
    for (const auto& set : kernelSets()) {
      const Floats x = {1.f, 2.f, 2.f, 2.f, 1.f, 2.f};
      const std::vector<int32_t> label = {1, 2};
      Floats y(6), loss(2), correct(2);
      set.vector->crossEntropy(x.data(), label.data(), 0.f, y.data(), loss.data(), correct.data(), 2, 3);
      QCOMPARE(correct[0], 1.f);
      QCOMPARE(correct[1], 0.f);
    }
  }

  void optimizers_data() { sets(); }
  void optimizers() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].optim;
    constexpr std::size_t n = 160;
    const auto w = randomFloats(n, 5), g = randomFloats(n, 6), m = randomFloats(n, 7, 0.1f);
    auto v = randomFloats(n, 8, 0.1f);
    for (auto& value : v) value = std::abs(value);
    const auto start = [&] { return std::tuple(w, m, v); };
    const SgdFactors sgd{.lr = 0.1f, .decay = 0.01f, .momentum = 0.9f, .carry = 0.9f, .keep = 0.7f};
    const AdamFactors adam{.lr = 0.02f,
                           .shrink = 0.99f,
                           .decay = 0.03f,
                           .beta1 = 0.8f,
                           .beta2 = 0.95f,
                           .root = 1.3f,
                           .eps = 1e-4f};
    for (int kind = 0; kind < 4; ++kind) {
      auto [weights, moments0, moments1] = start();
      const UpdateArgs args{weights.data(), g.data(), moments0.data(), moments1.data(), n};
      if (kind == 0) kernels->sgd(args, sgd);
      if (kind == 1) kernels->momentum(args, sgd);
      if (kind == 2) kernels->nesterov(args, sgd);
      if (kind == 3) kernels->adam(args, adam);
      for (std::size_t i = 0; i < n; ++i) {
        const double w0 = w[i], m0 = m[i], v0 = v[i];
        const double change = g[i] + (kind == 3 ? 0.03 : 0.01) * w0;
        double moment = kind == 0 ? m0 : 0.9 * m0 + 0.7 * change, wanted = w0 - 0.1 * change;
        if (kind == 1) wanted = w0 - 0.1 * moment;
        if (kind == 2) wanted = w0 - 0.1 * (change + 0.9 * moment);
        if (kind == 3) {
          moment = m0 + 0.2 * (change - m0);
          const double second = 0.95 * v0 + 0.05 * change * change;
          wanted = 0.99 * w0 - 0.02 * moment / (std::sqrt(second) * 1.3 + 1e-4);
          QVERIFY(close(moments1[i], second, 1));
        }
        QVERIFY(close(moments0[i], moment, 1));
        QVERIFY(close(weights[i], wanted, 1));
      }
    }
  }

  // Padding has zeros everywhere, also where eps is 0.
  void paddingStaysZero() {
    for (const auto& set : kernelSets()) {
      alignas(64) float w[16] = {}, g[16] = {}, m[16] = {}, v[16] = {};
      set.optim->adam(
          {w, g, m, v, 16},
          {.lr = 0.1f, .shrink = 0.9f, .decay = 0.f, .beta1 = 0.9f, .beta2 = 0.99f, .root = 1.f, .eps = 0.f});
      for (const float value : w) QCOMPARE(value, 0.f);
    }
  }

  void smallProducts_data() { sets(); }
  // Every remainder of rows and columns, strided a, padded and exact c, and the sums and turns around them.
  void smallProducts() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].product;
    if (kernels == nullptr) QSKIP("this instruction set has no product of its own");
    constexpr float untouched = 7.f;
    unsigned seed = 1;
    for (const std::int64_t rows : {1, 2, 5, 6, 7, 8, 9, 11, 13, 16, 17, 31})
      for (const std::int64_t columns : {1, 2, 7, 8, 15, 16, 17, 31, 33, 48, 63, 64, 65, 70, 100, 130})
        for (const std::int64_t depth : {0, 1, 3, 20})
          for (const bool gradient : {false, true}) {
            const std::int64_t padded = (columns + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
            const std::int64_t bRow = gradient ? columns : padded, cRow = gradient ? padded : columns;
            const auto random = [&seed](std::int64_t size) {
              return randomFloats(static_cast<std::size_t>(size), ++seed, 1);
            };
            const Floats a = random(rows * depth), b = random(depth * bRow), bias = random(columns);
            Floats c(static_cast<std::size_t>(rows * cRow) + 1, untouched);
            const bool relu = seed % 4 == 0;
            const std::int64_t aRow = gradient ? 1 : depth, aDepth = gradient ? rows : 1;
            kernels->product({rows, columns, depth, a.data(), aRow, aDepth, b.data(), bRow, c.data(), cRow,
                              gradient ? nullptr : bias.data(), relu, gradient});
            QCOMPARE(c.back(), untouched);
            for (std::int64_t m = 0; m < rows; ++m)
              for (std::int64_t o = 0; o < cRow; ++o) {
                const auto at = [](const Floats& values, std::int64_t i) {
                  return static_cast<double>(values[static_cast<std::size_t>(i)]);
                };
                double wanted = 0; // in the padding, too
                if (o < columns) {
                  if (!gradient) wanted = at(bias, o);
                  for (std::int64_t k = 0; k < depth; ++k)
                    wanted += at(a, m * aRow + k * aDepth) * at(b, k * bRow + o);
                  if (relu) wanted = std::max(wanted, 0.0);
                }
                QVERIFY(close(at(c, m * cRow + o), wanted, 1 + std::sqrt(double(depth))));
              }
          }
  }

  void turnsAndSums_data() { sets(); }
  void turnsAndSums() {
    QFETCH(int, set);
    const auto* kernels = kernelSets()[static_cast<std::size_t>(set)].product;
    if (kernels == nullptr) QSKIP("this instruction set has no product of its own");
    for (const std::int64_t rows : {1, 3, 8, 16, 17, 40})
      for (const std::int64_t columns : {1, 2, 8, 10, 16, 33}) {
        const Floats src = randomFloats(static_cast<std::size_t>(rows * columns), 5);
        const std::int64_t row = (rows + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
        Floats turned(static_cast<std::size_t>(row * columns + 1), 7.f);
        kernels->transpose(src.data(), rows, columns, columns, turned.data(), row);
        QCOMPARE(turned.back(), 7.f);
        for (std::int64_t c = 0; c < columns; ++c)
          for (std::int64_t r = 0; r < row; ++r)
            QCOMPARE(turned[static_cast<std::size_t>(c * row + r)],
                     r < rows ? src[static_cast<std::size_t>(r * columns + c)] : 0.f);
        Floats sums(static_cast<std::size_t>(columns + 1), 7.f);
        kernels->sumRows(src.data(), rows, columns, sums.data());
        QCOMPARE(sums.back(), 7.f);
        for (std::int64_t c = 0; c < columns; ++c) {
          double wanted = 0;
          for (std::int64_t r = 0; r < rows; ++r) wanted += src[static_cast<std::size_t>(r * columns + c)];
          QVERIFY(close(sums[static_cast<std::size_t>(c)], wanted, 10));
        }
      }
  }

 private:
  void sets() {
    QTest::addColumn<int>("set");
    const auto all = kernelSets();
    for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].name) << static_cast<int>(i);
  }
};

QTEST_GUILESS_MAIN(TestOnednnKernels)
#include "tst_onednn_kernels.moc"
