// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "core/base/uuid.h"
#include <QTest>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

using namespace loom;

class TestRandom : public QObject {
  Q_OBJECT
 private slots:
  void knownAnswers();
  void everyPartOfTheKeyCounts();
  void wordsAndUniforms();
  void normalHasTheMoments();
  void permutationIsComplete_data();
  void permutationIsComplete();
  void permutationIsPinned();
  void permutationIsFair();
  void uuids();
};

void TestRandom::knownAnswers() {
  // The published vectors of philox4x32-10; the counter is (block, sample, epoch, stream), the key the seed.
  using Words = std::array<std::uint32_t, 4>;
  QCOMPARE(philox({0, 0, 0}, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  QCOMPARE(philox({UINT64_MAX, UINT32_MAX, UINT32_MAX}, UINT32_MAX, UINT32_MAX),
           (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  QCOMPARE(philox({0x299f31d0a4093822u, 0x03707344, 0x13198a2e}, 0x85a308d3, 0x243f6a88),
           (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

void TestRandom::everyPartOfTheKeyCounts() {
  std::set<std::array<std::uint32_t, 4>> seen;
  for (std::uint64_t seed : {0ull, 1ull, 1ull << 32})
    for (std::uint32_t stream : {0u, 1u, std::uint32_t{streamSplit}, std::uint32_t{streamShuffle}})
      for (std::uint32_t epoch : {0u, 1u, 2u})
        for (std::uint32_t sample : {0u, 1u, 60'000u})
          for (std::uint32_t block : {0u, 1u, 100u})
            seen.insert(philox({seed, stream, epoch}, sample, block));
  QCOMPARE(seen.size(), std::size_t{3 * 4 * 3 * 3 * 3});
}

void TestRandom::wordsAndUniforms() {
  const RandomKey key{42, 7, 3};
  double sum = 0;
  for (std::uint32_t element = 0; element < 100'000; ++element) {
    const std::uint32_t bits = randomBits(key, 5, element);
    QCOMPARE(bits, philox(key, 5, element / 4)[element % 4]);
    const float uniform = randomUniform(key, 5, element);
    QVERIFY(uniform >= 0 && uniform < 1);
    QCOMPARE(static_cast<std::uint32_t>(uniform * 16777216.0f), bits >> 8);
    sum += uniform;
  }
  QVERIFY(std::fabs(sum / 100'000 - 0.5) < 0.005); // 5 standard errors
}

void TestRandom::normalHasTheMoments() {
  double sum = 0, squares = 0, fourths = 0, neighbours = 0, before = 0;
  constexpr std::uint32_t count = 200'000;
  for (std::uint32_t element = 0; element < count; ++element) {
    const double value = randomNormal({1, 2, 3}, 4, element);
    QVERIFY(std::isfinite(value));
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
    neighbours += value * before;
    before = value;
  }
  QVERIFY(std::fabs(sum / count) < 0.012);
  QVERIFY(std::fabs(squares / count - 1) < 0.016);
  QVERIFY(std::fabs(fourths / count - 3) < 0.11);
  QVERIFY(std::fabs(neighbours / count) < 0.012);
}

void TestRandom::permutationIsComplete_data() {
  QTest::addColumn<unsigned>("count");
  for (unsigned count : {0u, 1u, 2u, 3u, 10u, 1797u, 60'000u, 1'000'000u})
    QTest::addRow("%u", count) << count;
}

void TestRandom::permutationIsComplete() {
  QFETCH(unsigned, count);
  auto order = randomPermutation({9, streamShuffle, 1}, count);
  QCOMPARE(order.size(), std::size_t{count});
  QCOMPARE(order, randomPermutation({9, streamShuffle, 1}, count));
  if (count >= 10) {
    QVERIFY(order != randomPermutation({9, streamShuffle, 2}, count));
    QVERIFY(!std::is_sorted(order.begin(), order.end()));
  }
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < count; ++i) QCOMPARE(order[i], i);
}

void TestRandom::permutationIsPinned() {
  // A stored run relies on this order: it may never change.
  QCOMPARE(randomPermutation({0, streamShuffle, 0}, 10),
           (std::vector<std::uint32_t>{9, 0, 4, 3, 2, 1, 7, 5, 8, 6}));
}

void TestRandom::permutationIsFair() {
  // Each of the six orders of three comes about equally often (1000 expected, 5 standard deviations).
  std::map<std::vector<std::uint32_t>, int> seen;
  for (std::uint32_t epoch = 0; epoch < 6000; ++epoch) ++seen[randomPermutation({3, streamSplit, epoch}, 3)];
  QCOMPARE(seen.size(), std::size_t{6});
  for (const auto& [order, times] : seen) QVERIFY(std::abs(times - 1000) < 145);
}

void TestRandom::uuids() {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string uuid = newUuid();
    QCOMPARE(uuid.size(), std::size_t{36});
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      if (at == 8 || at == 13 || at == 18 || at == 23)
        QCOMPARE(uuid[at], '-');
      else
        QVERIFY(std::string_view("0123456789abcdef").find(uuid[at]) != std::string_view::npos);
    }
    QCOMPARE(uuid[14], '4');
    QVERIFY(std::string_view("89ab").find(uuid[19]) != std::string_view::npos);
    seen.insert(uuid);
  }
  QCOMPARE(seen.size(), std::size_t{10'000});
}

QTEST_GUILESS_MAIN(TestRandom)
#include "tst_random.moc"
