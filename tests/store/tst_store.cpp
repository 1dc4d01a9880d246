// SPDX-License-Identifier: Apache-2.0
// Points come back as they were, and a picture of them holds every spike: compared with what a plain look at
// all points gives.
#include "core/store/series_writer.h"
#include "store_fixture.h"
#include "tests/soak.h"
#include <QtTest>

using namespace loom;
using namespace loom::test;

namespace {

const std::string run = runNamed(1);

// Empty when the buckets tell of `points` what a look at each of them tells.
std::string checkBuckets(const std::vector<Bucket>& buckets, const Points& points, std::int64_t first,
                         std::int64_t last, int pixels) {
  using Wide = __int128;
  const Wide width = static_cast<Wide>(last) - first + 1;
  const auto pixelOf = [&](std::int64_t step) {
    return static_cast<std::int64_t>((static_cast<Wide>(step) - first) * pixels / width);
  };
  const auto from = [&](std::int64_t step) {
    return std::lower_bound(
        points.begin(), points.end(), step,
        [](const SeriesPoint& point, std::int64_t wanted) { return point.step < wanted; });
  };
  auto next = from(first);
  const auto end = last == std::numeric_limits<std::int64_t>::max() ? points.end() : from(last + 1);
  if (buckets.size() > static_cast<std::size_t>(pixels))
    return fmt::format("{} buckets for {} pixels", buckets.size(), pixels);
  std::int64_t pixelBefore = -1;
  for (const Bucket& bucket : buckets) {
    const auto where = fmt::format("bucket of steps {} to {}: ", bucket.firstStep, bucket.lastStep);
    if (next == end || next->step != bucket.firstStep) return where + "it does not begin with the next point";
    if (pixelOf(bucket.firstStep) <= pixelBefore) return where + "two buckets in one pixel";
    pixelBefore = pixelOf(bucket.firstStep);
    // Not more than a quarter of a pixel beyond its own.
    const Wide behind = (static_cast<Wide>(pixelBefore) + 1) * width; // in 1/pixels of a step
    if ((static_cast<Wide>(bucket.lastStep) - first) * pixels - behind > width / 4)
      return where + "it reaches too far into the next pixel";
    std::int64_t count = 0, nonFinite = 0;
    double minimum = NAN, maximum = NAN, lastSeconds = 0;
    long double sum = 0, size = 0;
    const double firstSeconds = next->seconds;
    std::int64_t lastStep = 0;
    for (; next != end && next->step <= bucket.lastStep; ++next) {
      ++count;
      lastStep = next->step;
      lastSeconds = next->seconds;
      if (!std::isfinite(next->value)) {
        ++nonFinite;
        continue;
      }
      minimum = std::isnan(minimum) ? next->value : std::min(minimum, next->value);
      maximum = std::isnan(maximum) ? next->value : std::max(maximum, next->value);
      sum += static_cast<long double>(next->value);
      size += std::fabs(static_cast<long double>(next->value));
    }
    if (lastStep != bucket.lastStep) return where + "its last step is no point";
    if (bucket.count != count || bucket.nonFinite != nonFinite)
      return where + fmt::format("{} points, {} not finite, instead of {}, {}", bucket.count,
                                 bucket.nonFinite, count, nonFinite);
    const auto equal = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    if (!equal(bucket.minimum, minimum) || !equal(bucket.maximum, maximum))
      return where +
             fmt::format("{} to {} instead of {} to {}", bucket.minimum, bucket.maximum, minimum, maximum);
    if (std::fabs(bucket.firstSeconds - firstSeconds) > 1e-6 ||
        std::fabs(bucket.lastSeconds - lastSeconds) > 1e-6)
      return where + "its times are wrong";
    const auto finite = static_cast<long double>(count - nonFinite);
    if (finite == 0 ? !std::isnan(bucket.mean) : !std::isfinite(bucket.mean))
      return where + "its mean is none";
    // Where the sum does not fit a double, a value between is all that is promised.
    if (finite > 0 && size < 1e300L &&
        std::fabs(static_cast<long double>(bucket.mean) - sum / finite) > 1e-12L * size / finite + 1e-320L)
      return where + fmt::format("mean {} instead of {}", bucket.mean, static_cast<double>(sum / finite));
    if (finite > 0 && size >= 1e300L && (bucket.mean < minimum || bucket.mean > maximum))
      return where + "its mean lies outside";
  }
  return next == end ? std::string() : fmt::format("step {} is in no bucket", next->step);
}

std::int64_t pick(std::mt19937_64& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to - from + 1));
}

} // namespace

class TestStore : public QObject {
  Q_OBJECT
 private slots:
  void pointsSurvive_data();
  void pointsSurvive();
  void rangesAreExact();
  void bucketsHoldEverything_data();
  void bucketsHoldEverything();
  void oneSpikeIsInEveryPicture();
  void growthLeavesThePastAlone();
  void hostileRangesAreAnswered_data();
  void hostileRangesAreAnswered();
  void summariesAreExact();
  void rowTellsTheRun();
  void severalSeriesStayApart();
  void flippedBitInABlockIsSaid();
  void manyOpenSeriesStaySmall();
};

void TestStore::pointsSurvive_data() {
  QTest::addColumn<int>("count");
  QTest::addColumn<int>("steps");
  QTest::addColumn<int>("values");
  QTest::addColumn<int>("pieces");
  for (const int count : {1, 2, 17, 256, 257, 4095, 4096, 4097, 8192, 12'345})
    for (const Steps steps : allSteps)
      for (const Values values : allValues) {
        if (values == Values::flat && steps != Steps::regular) continue;
        const auto s = static_cast<std::size_t>(steps), v = static_cast<std::size_t>(values);
        // Every size with every shape, and each of them taken in at once or in many pieces.
        const int pieces = (s + v + static_cast<std::size_t>(count)) % 2 == 0 ? 1 : 25;
        QTest::addRow("%d %s steps, %s, %d pieces", count, stepWords[s], valueWords[v], pieces)
            << count << static_cast<int>(steps) << static_cast<int>(values) << pieces;
      }
}

void TestStore::pointsSurvive() {
  QFETCH(int, count);
  QFETCH(int, steps);
  QFETCH(int, values);
  QFETCH(int, pieces);
  const auto points = makePoints(static_cast<std::size_t>(count), static_cast<Steps>(steps),
                                 static_cast<Values>(values), static_cast<std::uint32_t>(count));
  TestProject project;
  auto sites = sitesOf(project.folder);
  {
    auto writer = project.begin(run);
    write(writer, started());
    auto store = project.open();
    const auto events = columnsOf("train/loss", points, pieces == 1 ? 256 : 64);
    const std::size_t each =
        (events.size() + static_cast<std::size_t>(pieces) - 1) / static_cast<std::size_t>(pieces);
    for (std::size_t from = 0; from < events.size(); from += each) {
      write(writer, {events.begin() + static_cast<std::ptrdiff_t>(from),
                     events.begin() + static_cast<std::ptrdiff_t>(std::min(from + each, events.size()))});
      const auto taken = store->takeIn(*sites);
      QVERIFY(taken.ok());
      QVERIFY(taken->problems.empty());
    }
    const auto stored = store->points(run, "train/loss", 0, 0);
    QVERIFY(stored.ok());
    const auto differs = difference(*stored, points);
    QVERIFY2(differs.empty(), differs.c_str());
  }
  // And again from the file.
  auto store = project.open(Store::Access::reader);
  const auto differs = difference(*store->points(run, "train/loss", 0, 0), points);
  QVERIFY2(differs.empty(), differs.c_str());
  store.reset();
  const auto report = verifyHistory(project.folder);
  QVERIFY(report.ok());
  QVERIFY2(report->good, report->findings.empty() ? "" : report->findings.front().text().c_str());
  QCOMPARE(report->points, static_cast<std::int64_t>(count));
}

void TestStore::rangesAreExact() {
  const auto points = makePoints(13'000, Steps::irregular, Values::special, 7);
  TestProject project;
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", points));
  }
  const auto store = project.takenIn();
  const auto cases = casesOf("ranges", 300, 3, 5000);
  std::mt19937_64 random(cases.seed);
  for (int i = 0; i < cases.count; ++i) {
    std::int64_t first = pick(random, 1, points.back().step + 5),
                 last = pick(random, 1, points.back().step + 5);
    if (first > last) std::swap(first, last);
    Points wanted;
    std::copy_if(points.begin(), points.end(), std::back_inserter(wanted),
                 [&](const SeriesPoint& point) { return point.step >= first && point.step <= last; });
    const auto differs = difference(*store->points(run, "k", first, last), wanted);
    QVERIFY2(differs.empty(), qPrintable(QString("%1..%2: %3").arg(first).arg(last).arg(differs.c_str())));
  }
  // Piece by piece it is the same whole, whatever the size of a piece: smaller, larger, or as large as a
  // chunk.
  for (const std::size_t most : {std::size_t{1000}, std::size_t{4096}, std::size_t{50'000}}) {
    Points whole;
    std::int64_t from = std::numeric_limits<std::int64_t>::min();
    for (;;) {
      const auto piece = store->pointsFrom(run, "k", from, most);
      QVERIFY(piece.ok() && piece->size() <= most);
      whole.insert(whole.end(), piece->begin(), piece->end());
      if (piece->size() < most) break;
      from = piece->back().step + 1;
    }
    const auto differs = difference(whole, points);
    QVERIFY2(differs.empty(), differs.c_str());
  }
}

void TestStore::bucketsHoldEverything_data() {
  QTest::addColumn<int>("count");
  QTest::addColumn<int>("steps");
  QTest::addColumn<int>("values");
  for (const int count : {1, 100, 4096, 5000, 70'000, 300'000})
    for (const Steps steps : allSteps)
      for (const Values values : {Values::floats, Values::special}) {
        if (count > 100'000 && values == Values::floats && steps != Steps::regular) continue;
        QTest::addRow("%d %s steps, %s", count, stepWords[static_cast<std::size_t>(steps)],
                      valueWords[static_cast<std::size_t>(values)])
            << count << static_cast<int>(steps) << static_cast<int>(values);
      }
}

void TestStore::bucketsHoldEverything() {
  QFETCH(int, count);
  QFETCH(int, steps);
  QFETCH(int, values);
  const auto points =
      makePoints(static_cast<std::size_t>(count), static_cast<Steps>(steps), static_cast<Values>(values), 11);
  TestProject project;
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", points));
  }
  const auto store = project.takenIn();
  const auto cases = casesOf("ranges in buckets", 60, 5, 600);
  std::mt19937_64 random(cases.seed);
  const std::int64_t lowest = points.front().step, highest = points.back().step;
  for (int i = 0; i < cases.count; ++i) {
    std::int64_t first = lowest, last = highest;
    if (i >= 5) {
      // Ranges of every width, also beyond both ends.
      const std::int64_t span = std::max<std::int64_t>(1, (highest - lowest + 1) >> (i % 20));
      first = pick(random, std::max<std::int64_t>(0, lowest - span), highest);
      last = first + pick(random, 0, span);
    }
    if (first == 0 && last == 0) last = 1;
    const int pixels = i % 3 == 0 ? 1440 : static_cast<int>(pick(random, 1, 2500));
    const auto buckets = store->buckets(run, "k", first, last, pixels);
    QVERIFY(buckets.ok());
    const auto wrong = checkBuckets(*buckets, points, first, last, pixels);
    QVERIFY2(
        wrong.empty(),
        qPrintable(QString("%1..%2 in %3 pixels: %4").arg(first).arg(last).arg(pixels).arg(wrong.c_str())));
  }
}

void TestStore::oneSpikeIsInEveryPicture() {
  auto points = makePoints(600'000, Steps::regular, Values::floats, 17);
  const std::size_t spike = 345'678;
  points[spike].value = 1e6;
  points[spike + 7777].value = NAN;
  TestProject project;
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", points));
  }
  const auto store = project.takenIn();
  const std::int64_t at = points[spike].step;
  for (const int pixels : {1, 2, 7, 100, 1440, 3840, 65'536})
    for (std::int64_t reach = 600'000; reach > 0; reach /= 3) {
      const auto buckets =
          store->buckets(run, "k", std::max<std::int64_t>(1, at - reach), at + reach / 2 + 1, pixels);
      QVERIFY(buckets.ok());
      const auto seen = std::count_if(buckets->begin(), buckets->end(), [&](const Bucket& bucket) {
        return bucket.maximum == 1e6 && bucket.firstStep <= at && bucket.lastStep >= at;
      });
      QCOMPARE(seen, 1);
      std::int64_t marks = 0;
      for (const Bucket& bucket : *buckets) marks += bucket.nonFinite;
      QCOMPARE(marks, std::int64_t{reach / 2 + 1 >= 7777 ? 1 : 0});
    }
}

void TestStore::growthLeavesThePastAlone() {
  // A window of fixed range is asked again and again while the series grows through it and far beyond.
  const auto points = makePoints(400'000, Steps::irregular, Values::special, 23);
  TestProject project;
  auto writer = project.begin(run);
  auto store = project.open();
  auto sites = sitesOf(project.folder);
  const std::int64_t first = 1, last = points.back().step + 1000;
  const auto events = columnsOf("k", points);
  std::vector<Bucket> before;
  for (std::size_t from = 0; from < events.size(); from += 97) {
    write(writer, {events.begin() + static_cast<std::ptrdiff_t>(from),
                   events.begin() + static_cast<std::ptrdiff_t>(std::min(from + 97, events.size()))});
    QVERIFY(store->takeIn(*sites).ok());
    const auto now = store->buckets(run, "k", first, last, 1440);
    QVERIFY(now.ok());
    const auto again = store->buckets(run, "k", first, last, 1440);
    QCOMPARE(again->size(), now->size());
    // All but what the last chunk and the points behind it touched.
    const std::size_t settled = before.size() > 20 ? before.size() - 20 : 0;
    for (std::size_t i = 0; i < now->size(); ++i) {
      const auto same = [](const Bucket& a, const Bucket& b) {
        return a.firstStep == b.firstStep && a.lastStep == b.lastStep && a.count == b.count &&
               a.nonFinite == b.nonFinite && sameBits(a.minimum, b.minimum) &&
               sameBits(a.maximum, b.maximum) && sameBits(a.mean, b.mean);
      };
      QVERIFY(same((*now)[i], (*again)[i]));
      if (i < settled) QVERIFY2(same((*now)[i], before[i]), qPrintable(QString("bucket %1").arg(i)));
    }
    before = *now;
  }
}

void TestStore::hostileRangesAreAnswered_data() {
  QTest::addColumn<qint64>("first");
  QTest::addColumn<qint64>("last");
  QTest::addColumn<int>("pixels");
  constexpr qint64 lowest = std::numeric_limits<qint64>::min(), highest = std::numeric_limits<qint64>::max();
  QTest::newRow("all there is") << lowest << highest << 1440;
  QTest::newRow("to the end of time") << qint64{1} << highest << 1440;
  QTest::newRow("before everything") << lowest << qint64{-1} << 1440;
  QTest::newRow("behind everything") << highest - 1 << highest << 1440;
  QTest::newRow("backwards") << qint64{100} << qint64{1} << 1440;
  QTest::newRow("no pixels") << qint64{1} << qint64{9000} << 0;
  QTest::newRow("negative pixels") << qint64{1} << qint64{9000} << std::numeric_limits<int>::min();
  QTest::newRow("too many pixels") << qint64{1} << qint64{9000} << std::numeric_limits<int>::max();
  QTest::newRow("one step") << qint64{4097} << qint64{4097} << 1440;
}

void TestStore::hostileRangesAreAnswered() {
  QFETCH(qint64, first);
  QFETCH(qint64, last);
  QFETCH(int, pixels);
  const auto points = makePoints(9000, Steps::regular, Values::floats, 2);
  TestProject project;
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", points));
  }
  const auto store = project.takenIn();
  const auto buckets = store->buckets(run, "k", first, last, pixels);
  QVERIFY(buckets.ok());
  std::int64_t count = 0;
  for (const Bucket& bucket : *buckets) count += bucket.count;
  const auto wanted = std::count_if(points.begin(), points.end(), [&](const auto& point) {
    return point.step >= first && point.step <= last;
  });
  QCOMPARE(count, static_cast<std::int64_t>(wanted));
  QVERIFY(store->points(run, "k", first, last).ok());
  QVERIFY(store->buckets(run, "no such series", first, last, pixels)->empty());
  QVERIFY(store->buckets("no such run", "k", first, last, pixels)->empty());
}

void TestStore::summariesAreExact() {
  TestProject project;
  const double inf = std::numeric_limits<double>::infinity();
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("zero", {{1, -0.0, 0}}));
    write(writer, columnsOf("none", {{1, NAN, 0}, {2, -inf, 0.5}}));
    write(writer, columnsOf("mixed", {{3, 5, 0}, {4, inf, 0.1}, {9, -2, 0.2}, {10, 5, 0.3}, {12, NAN, 0.4}}));
  }
  const auto store = project.takenIn();
  const auto row = store->run(run);
  QVERIFY(row.ok());
  QCOMPARE(row->metrics.size(), std::size_t{3});
  const MetricSummary &mixed = row->metrics[0], &none = row->metrics[1], &zero = row->metrics[2];
  QCOMPARE(mixed.key, std::string("mixed"));
  QVERIFY(mixed.count == 5 && mixed.nonFinite == 2 && std::isnan(mixed.last) && mixed.minimum == -2 &&
          mixed.maximum == 5 && mixed.lastStep == 12 && mixed.minimumStep == 9 && mixed.maximumStep == 3);
  QVERIFY(none.count == 2 && none.nonFinite == 2 && none.last == -inf && std::isnan(none.minimum));
  // A column of SQLite's keeps no sign of zero; the points do.
  QVERIFY(zero.last == 0 && zero.minimum == 0 && zero.maximum == 0 && zero.nonFinite == 0);
  QVERIFY(sameBits(store->points(run, "zero", 0, 0)->front().value, -0.0));
}

void TestStore::rowTellsTheRun() {
  TestProject project;
  project.configure(run, "cnn · 1");
  {
    auto writer = project.begin(run);
    write(writer, started());
    write(writer, columnsOf("train/loss", makePoints(700, Steps::regular, Values::floats, 1)));
    write(writer, RunEvent{{"event", "checkpoint"}, {"step", 600}, {"epoch", 2}, {"best", true}});
    write(writer, finished(700));
  }
  const auto store = project.takenIn();
  const auto row = store->run(run);
  QVERIFY(row.ok());
  QCOMPARE(row->name, std::string("cnn · 1"));
  QCOMPARE(row->network, std::string("cnn"));
  QCOMPARE(row->data, std::string("digits"));
  QCOMPARE(row->optimizer, std::string("AdamW"));
  QCOMPARE(row->state, RunState::finished);
  QVERIFY(row->step == 700 && row->totalSteps == 1000 && row->epochs == 3 && row->stepsPerEpoch == 300);
  QVERIFY(row->parameters == 61706 && row->checkpoint == 600 && row->testMetric == 0.91);
  QCOMPARE(row->testMetricName, std::string("test_accuracy"));
  const auto setting = [&](const std::string& name) {
    for (const auto& [key, value] : row->settings)
      if (key == name) return value;
    return std::string("absent");
  };
  QCOMPARE(setting("lr"), std::string("0.004"));
  QCOMPARE(setting("weight_decay"), std::string("0.05"));
  QVERIFY(setting("eps") != "absent"); // a standard that nobody wrote down
  QVERIFY(!store->run(runNamed(9)).ok());
  QCOMPARE(store->events(run)->size(), std::size_t{3});
}

void TestStore::severalSeriesStayApart() {
  TestProject project;
  std::map<std::pair<std::string, std::string>, Points> wanted;
  for (int number = 1; number <= 4; ++number) {
    auto writer = project.begin(runNamed(number));
    std::vector<std::vector<RunEvent>> all;
    for (int series = 0; series < 5; ++series) {
      const std::string key = fmt::format("train/{}", series);
      auto& points = wanted[{runNamed(number), key}];
      points = makePoints(static_cast<std::size_t>(number * 3000 + series * 1111), Steps::irregular,
                          Values::special, static_cast<std::uint32_t>(number * 10 + series));
      all.push_back(columnsOf(key, points));
    }
    for (std::size_t i = 0; i < 1000; ++i)
      for (const auto& events : all)
        if (i < events.size()) write(writer, events[i]);
  }
  const auto store = project.takenIn();
  for (const auto& [name, points] : wanted) {
    const auto differs = difference(*store->points(name.first, name.second, 0, 0), points);
    QVERIFY2(differs.empty(), qPrintable(QString::fromStdString(name.second + ": " + differs)));
  }
  QCOMPARE(store->runs()->size(), std::size_t{4});
}

void TestStore::flippedBitInABlockIsSaid() {
  const auto points = makePoints(4096, Steps::irregular, Values::special, 4);
  PointBlock block;
  for (const auto& point : points) block.add(point.step, toMicroseconds(point.seconds), point.value);
  const fs::path file = "metrics.db";
  const auto asPoints = [&](std::string_view bytes) {
    PointBlock read;
    decodePoints(bytes, file, read);
  };
  const auto asLevel = [&](std::string_view bytes) {
    const LevelView level(bytes, file);
    for (std::size_t i = 0; i < level.size(); ++i) level.at(i);
  };
  const auto check = [](const std::string& blob, const std::function<void(std::string_view)>& decode) {
    decode(blob);
    std::mt19937_64 random(1);
    for (int i = 0; i < 300; ++i) {
      std::string damaged = blob;
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
      QVERIFY_EXCEPTION_THROWN(decode(damaged), SqlFailure);
      QVERIFY_EXCEPTION_THROWN(decode(blob.substr(0, random() % blob.size())), SqlFailure);
    }
  };
  check(encodePoints(block, 0, block.size()), asPoints);
  check(pyramidOf(block).fine, asLevel);
  check(pyramidOf(block).coarse, asLevel);
}

void TestStore::manyOpenSeriesStaySmall() {
  // More series than a run may have: the rest is passed over with a word, and memory stays small.
  TestProject project;
  const auto count = static_cast<int>(SeriesWriter::mostSeries) + 50;
  {
    auto writer = project.begin(run);
    std::vector<RunEvent> events;
    for (int i = 0; i < count; ++i)
      events.push_back({{"event", "points"},
                        {"key", fmt::format("k{:06}", i)},
                        {"steps", {1}},
                        {"times", {0}},
                        {"values", {i}}});
    write(writer, events);
  }
  auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  QCOMPARE(taken->problems.size(), std::size_t{6}); // five, and how many more
  QVERIFY(taken->problems.back().cause.text().find("45") != std::string::npos);
  QCOMPARE(store->keys(run)->size(), static_cast<std::size_t>(SeriesWriter::mostSeries));
  QCOMPARE(store->points(run, "k099999", 0, 0)->front().value, 99'999.0);
}

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
