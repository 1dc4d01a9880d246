// SPDX-License-Identifier: Apache-2.0
#include "core/base/format.h"
#include "core/base/params.h"
#include "core/base/result.h"
#include "core/base/size.h"
#include <QTest>
#include <array>
#include <cmath>
#include <limits>

using namespace loom;

namespace {
const double inf = std::numeric_limits<double>::infinity();
template<class T> using Rows = std::vector<std::pair<T, std::string>>;
} // namespace

class TestFormat : public QObject {
  Q_OBJECT
 private slots:
  void counts();
  void bytes();
  void shares();
  void numbers();
  void durations();
  void times();
  void params();
  void errors();
  void results();
  void sizes();
};

void TestFormat::counts() {
  for (const auto& [value, text] : Rows<std::int64_t>{{0, "0"},
                                                      {7, "7"},
                                                      {-7, "-7"},
                                                      {999, "999"},
                                                      {1234, "1,234"},
                                                      {61706, "61,706"},
                                                      {-61706, "-61,706"},
                                                      {999'999, "999,999"},
                                                      {1'000'000, "1.0 M"},
                                                      {3'200'000, "3.2 M"},
                                                      {99'949'999, "99.9 M"},
                                                      {99'950'000, "100 M"},
                                                      {235'700'000, "236 M"},
                                                      {999'499'999, "999 M"},
                                                      {999'500'000, "1.0 G"},
                                                      {1'200'000'000, "1.2 G"},
                                                      {-3'200'000, "-3.2 M"}})
    QCOMPARE(formatCount(value), text);
  for (const auto& [value, text] : Rows<std::int64_t>{{61'706, "61,706"},
                                                      {99'999, "99,999"},
                                                      {100'000, "100 k"},
                                                      {235'700, "236 k"},
                                                      {999'499, "999 k"},
                                                      {999'500, "1.0 M"},
                                                      {3'217'000, "3.2 M"}})
    QCOMPARE(formatCountShort(value), text);
  QVERIFY(!formatCount(INT64_MIN).empty());
  QVERIFY(!formatCount(INT64_MAX).empty());
}

void TestFormat::bytes() {
  for (const auto& [value, text] : Rows<std::uint64_t>{{0, "0 B"},
                                                       {999, "999 B"},
                                                       {1000, "1.0 kB"},
                                                       {246'824, "247 kB"},
                                                       {3'200'000, "3.2 MB"},
                                                       {12'400'000'000, "12.4 GB"},
                                                       {5'000'000'000'000, "5.0 TB"},
                                                       {UINT64_MAX, "18447 PB"}})
    QCOMPARE(formatBytes(value), text);
}

void TestFormat::shares() {
  QCOMPARE(formatPercent(0.918), std::string("91.80\u00a0%"));
  QCOMPARE(formatPercent(1), std::string("100.00\u00a0%"));
  QCOMPARE(formatPercent(0), std::string("0.00\u00a0%"));
  QCOMPARE(formatPercent(std::nan("")), std::string("–"));
  QCOMPARE(formatShape({16, 28, 28}), std::string("16×28×28"));
  QCOMPARE(formatShape({}), std::string());
}

void TestFormat::numbers() {
  for (const auto& [value, text] : Rows<double>{{0.231, "0.231"},
                                                {0.2314, "0.231"},
                                                {2.302585, "2.30"},
                                                {9.999, "10.0"},
                                                {12.44, "12.4"},
                                                {123.4, "123"},
                                                {61706, "61,706"},
                                                {1234567, "1.23e6"},
                                                {0.00123456, "0.00123"},
                                                {0.0001, "0.000100"},
                                                {0.0000123, "1.23e-5"},
                                                {-0.5, "-0.500"},
                                                {0, "0"},
                                                {inf, "Inf"},
                                                {-inf, "-Inf"},
                                                {std::nan(""), "NaN"}})
    QCOMPARE(formatLoss(value), text);
  for (const auto& [value, text] : Rows<double>{{0.0075, "0.0075"},
                                                {1.2e-6, "1.2e-6"},
                                                {12.4, "12.4"},
                                                {0.1 + 0.2, "0.3"},
                                                {64, "64"},
                                                {-1234, "-1,234"},
                                                {12345.6, "12,345.6"},
                                                {1e6, "1,000,000"},
                                                {1e20, "1e20"},
                                                {0, "0"},
                                                {-0.0, "0"},
                                                {1e-4, "0.0001"},
                                                {9e-5, "9e-5"},
                                                {inf, "Inf"},
                                                {std::nan(""), "NaN"}})
    QCOMPARE(formatNumber(value), text);
  for (double value : {0.1 + 0.2, 1e-6, 1.5e300, 5e-324, 3.0, -0.001, 0.9, 1e22})
    QCOMPARE(std::strtod(formatExact(value).c_str(), nullptr), value);
  QCOMPARE(formatExact(1e-6), std::string("1e-6"));
}

void TestFormat::durations() {
  for (const auto& [value, text] : Rows<double>{{0, "00:00:00"},
                                                {0.4, "< 1 s"},
                                                {1, "00:00:01"},
                                                {751.9, "00:12:31"},
                                                {359'999, "99:59:59"},
                                                {360'000, "4 d 04 h"},
                                                {98 * 3600 + 4 * 3600, "4 d 06 h"},
                                                {-1, "–"},
                                                {inf, "–"},
                                                {std::nan(""), "–"}})
    QCOMPARE(formatDuration(value), text);
  for (const auto& [value, text] : Rows<double>{{0, "0 s"},
                                                {1.5e-6, "1.5 µs"},
                                                {850e-6, "850 µs"},
                                                {0.0124, "12.4 ms"},
                                                {0.9996, "1.0 s"},
                                                {3.1, "3.1 s"},
                                                {59.9, "59.9 s"},
                                                {60, "1 min"},
                                                {125, "2 min"},
                                                {3569, "59 min"},
                                                {3600, "1.0 h"},
                                                {12600, "3.5 h"},
                                                {400'000, "5 d"},
                                                {inf, "–"},
                                                {-1, "–"}})
    QCOMPARE(formatSeconds(value), text);
}

void TestFormat::times() {
  QCOMPARE(formatTime(0), std::string("1970-01-01T00:00:00.000Z"));
  QCOMPARE(formatTime(1'764'043'692'345'999), std::string("2025-11-25T04:08:12.345Z"));
  QCOMPARE(formatTime(-1), std::string("1969-12-31T23:59:59.999Z"));
  QCOMPARE(formatTime(951'782'400'000'000), std::string("2000-02-29T00:00:00.000Z"));
  for (std::int64_t time : {0ll, 1'764'043'692'345'000ll, 951'782'400'000'000ll})
    QCOMPARE(*parseTime(formatTime(time)), time);
  for (const char* text : {"", "2025-11-24", "2025-11-24T04:08:12Z", "2025-02-30T00:00:00.000Z",
                           "2025-11-24T24:00:00.000Z", "2025-11-24T04:60:12.345Z", "2025-11-24 04:08:12.345Z",
                           "2025-11-24T04:08:12.345Zx", "+025-11-24T04:08:12.345Z"})
    QVERIFY2(!parseTime(text), text);
  QVERIFY(nowMicroseconds() > 1'700'000'000'000'000);
}

void TestFormat::params() {
  Params values{{"bias", true},
                {"out", std::int64_t{64}},
                {"p", 0.5},
                {"mode", std::string("zeros")},
                {"kernel", std::vector<std::int64_t>{3, 5}}};
  QCOMPARE(values.getBool("bias"), true);
  QCOMPARE(values.getInt("out"), std::int64_t{64});
  QCOMPARE(values.getDouble("p"), 0.5);
  QCOMPARE(values.getDouble("out"), 64.0); // an integer where a double is wanted
  QCOMPARE(values.getString("mode"), std::string("zeros"));
  QCOMPARE(values.getInts("kernel"), (std::vector<std::int64_t>{3, 5}));
  QCOMPARE(values.getInts("out"), (std::vector<std::int64_t>{64})); // one where a list is wanted
  // Absent or of another type: the fallback.
  QCOMPARE(values.getBool("out", true), true);
  QCOMPARE(values.getInt("p", 9), std::int64_t{9});
  QCOMPARE(values.getDouble("mode", 1.5), 1.5);
  QCOMPARE(values.getString("absent", "x"), std::string("x"));
  QCOMPARE(values.getInts("p", {1}), (std::vector<std::int64_t>{1}));

  QCOMPARE(toText(*values.find("bias")), std::string("true"));
  QCOMPARE(toText(*values.find("out")), std::string("64"));
  QCOMPARE(toText(*values.find("p")), std::string("0.5"));
  QCOMPARE(toText(1e-5), std::string("1e-5"));
  QCOMPARE(toText(*values.find("mode")), std::string("zeros"));
  QCOMPARE(toText(*values.find("kernel")), std::string("3, 5"));
  values.erase("mode");
  QVERIFY(values.find("mode") == nullptr);
  QCOMPARE(values.size(), std::size_t{4});
}

void TestFormat::errors() {
  QCOMPARE((Error{ErrorKind::input, "a.csv:3", say("the row has {} fields, expected {}", 4, 5),
                  say("Add the missing one")}
                .message()),
           std::string("a.csv:3: the row has 4 fields, expected 5. Add the missing one."));
  QCOMPARE((Error{ErrorKind::other, "a", say("it failed."), say("Do this.")}.message()),
           std::string("a: it failed. Do this."));
  QCOMPARE((Error{ErrorKind::other, "", say("it failed"), {}}.message()), std::string("it failed."));
  QCOMPARE((Error{ErrorKind::other, "a\nb", foreign("c\nd"), {}}.message()), std::string("a\\nb: c d."));
}

void TestFormat::results() {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(3);
  QVERIFY(good);
  const std::unique_ptr<int> taken = *std::move(good);
  QCOMPARE(*taken, 3);
  const Result<std::string> bad = Error{ErrorKind::memory, "p", say("c"), say("f")};
  QVERIFY(!bad);
  QCOMPARE(static_cast<int>(bad.error().kind), 6); // the exit code
  QVERIFY(Status());
  QVERIFY(!Status(bad.error()));
}

void TestFormat::sizes() {
  QCOMPARE(checkedMultiply(1LL << 40, 1LL << 22), std::optional<std::int64_t>(1LL << 62));
  QVERIFY(!checkedMultiply(1LL << 40, 1LL << 23));
  QVERIFY(!checkedMultiply(INT64_MIN, -1));
  QVERIFY(!checkedAdd(INT64_MAX, 1));
  QCOMPARE(elementCount(std::array<std::int64_t, 3>{2, 3, 4}), std::optional<std::int64_t>(24));
  QCOMPARE(elementCount({}), std::optional<std::int64_t>(1));
  QVERIFY(!elementCount(std::array<std::int64_t, 2>{2, -1}));
  QVERIFY(!elementCount(std::array<std::int64_t, 2>{INT64_MAX, 2}));
}

QTEST_GUILESS_MAIN(TestFormat)
#include "tst_format.moc"
