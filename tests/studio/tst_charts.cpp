// SPDX-License-Identifier: GPL-3.0-or-later
// What a chart draws, looked at in its pixels, over a real store where the way there matters.
#include "app/studio/charts/chart_head.h"
#include "app/studio/charts/charts.h"
#include "app/studio/charts/ticker.h"
#include "app/studio/shots/render.h"
#include "core/store/store.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QLineEdit>
#include <QPointer>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

class TestCharts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void initTestCase() {
    LoomStyle::install(*static_cast<QApplication*>(QCoreApplication::instance()), LookOptions{});
  }
  void rowsAreComplete();
  void aSpikeIsNeverLost();
  void whatIsNoNumberIsMarked();
  void aLogAxisSaysWhatItLeavesOut();
  void theSamePictureAtEachRefresh();
  void smoothingIsWeightedByDistance();
  void linesStandAtNiceSteps_data();
  void linesStandAtNiceSteps();
  void crosshairZoomAndKeys();
  void crosshairEndsWithTheMeasuredPoints();
  void aChartClosesWithItsFieldInUse();
  void runsAreRendered();

 private:
  static QVector<Bucket> points(const QVector<double>& values, std::int64_t first = 1) {
    QVector<Bucket> buckets;
    for (const double value : values) {
      const bool finite = std::isfinite(value);
      buckets.push_back({first, first, value, value, finite ? value : std::nan(""), 1, finite ? 0 : 1, 0, 0});
      ++first;
    }
    return buckets;
  }
  static std::unique_ptr<Chart> chartWith(const QVector<Bucket>& buckets, CurveStyle style = {},
                                          QSize size = {720, 320}) {
    auto chart = std::make_unique<Chart>(ChartSpec{"t", "Test", {}, ValueFormat::loss, true, true});
    chart->resize(size);
    chart->setCurves({{"c", "curve", style}});
    chart->setXAxis("step", 1, 0);
    chart->setData("c", buckets);
    return chart;
  }
  static QImage picture(Chart& chart) {
    chart.plot()->replot(QCustomPlot::rpImmediateRefresh);
    return chart.plot()->grab().toImage();
  }
  static bool near(const QColor& a, const QColor& b, int by = 40) {
    return std::abs(a.red() - b.red()) < by && std::abs(a.green() - b.green()) < by &&
           std::abs(a.blue() - b.blue()) < by;
  }
};

void TestCharts::rowsAreComplete() {
  QSet<QString> ids;
  for (const auto& row : chartTable()) {
    QVERIFY(!row.spec.id.isEmpty() && !ids.contains(row.spec.id));
    ids.insert(row.spec.id);
    QVERIFY(!row.spec.title.isEmpty() && !row.lines.empty() && row.waiting != nullptr);
    for (const auto& line : row.lines) {
      QVERIFY(QString(line.key).contains('/') && QString(line.name).size() > 0);
      QVERIFY(line.colour >= 0 && line.colour < seriesCount);
    }
    Chart chart(row.spec);
    QCOMPARE(chart.spec().id, row.spec.id);
  }
  for (const bool regression : {false, true})
    for (const bool compared : {false, true}) QVERIFY(chartsFor(regression, compared).size() >= 2);
}

// One step in a million is ten times as high: the store's buckets and the picture both keep it.
void TestCharts::aSpikeIsNeverLost() {
  QTemporaryDir folder;
  const QString path = newProject(folder.filePath("p.loom"));
  auto project = openProject(path.toStdString());
  HandRun run;
  run.epochs = 10;
  run.stepsPerEpoch = 10'000;
  const std::int64_t spike = 61'803;
  run.loss = [](std::int64_t step) { return step == spike ? 10.0 : 1.0 + 0.001 * double(step % 7); };
  const std::string id = handRun(*project, run);
  auto store = Store::open(project->folder, Store::Access::owner);
  QVERIFY(bool(store));
  const auto sites = sitesOf(project->folder);
  QVERIFY(bool((*store)->takeIn(*sites)));
  CurveStyle style;
  style.raw = true;
  auto chart = chartWith({}, style);
  chart->setSmoothing(0.9);
  for (const int pixels : {100, 333, 664, 2000}) {
    auto buckets = (*store)->buckets(id, "train/loss", 0, 0, pixels);
    QVERIFY(bool(buckets));
    chart->setData("c", QVector<Bucket>(buckets->begin(), buckets->end()));
    const QImage image = picture(*chart);
    const double x = chart->plot()->xAxis->coordToPixel(double(spike)),
                 y = chart->plot()->yAxis->coordToPixel(9.0);
    const QColor ground = lightTheme()[Token::surface];
    int seen = 0;
    const double wide = chart->plot()->axisRect()->width() / double(pixels) + 2;
    for (int at = int(x - wide); at <= int(x + wide); ++at)
      seen += near(image.pixelColor(at, int(y)), ground, 12) ? 0 : 1;
    QVERIFY2(seen > 0, qPrintable(QString("%1 pixels").arg(pixels)));
    // And nothing of the kind anywhere else.
    int elsewhere = 0;
    for (int at = chart->plot()->axisRect()->left(); at < int(x - wide) - 2; ++at)
      elsewhere += near(image.pixelColor(at, int(y)), ground, 12) ? 0 : 1;
    QCOMPARE(elsewhere, 0);
  }
}

void TestCharts::whatIsNoNumberIsMarked() {
  QVector<double> values(100, 1.0);
  values[40] = std::nan("");
  values[70] = std::numeric_limits<double>::infinity();
  auto chart = chartWith(points(values));
  const QImage image = picture(*chart);
  const QColor error = lightTheme()[Token::error];
  const QRect area = chart->plot()->axisRect()->rect();
  for (const int step : {41, 71}) {
    int seen = 0;
    const int x = int(chart->plot()->xAxis->coordToPixel(step));
    for (int at = x - 5; at <= x + 5; ++at)
      for (int y = area.top(); y < area.top() + 16; ++y) seen += near(image.pixelColor(at, y), error) ? 1 : 0;
    QVERIFY2(seen > 6, qPrintable(QString::number(step)));
  }
  int others = 0;
  for (int x = area.left(); x < int(chart->plot()->xAxis->coordToPixel(36)); ++x)
    for (int y = area.top(); y < area.top() + 16; ++y) others += near(image.pixelColor(x, y), error) ? 1 : 0;
  QCOMPARE(others, 0);
  QCOMPARE(chart->curve("c")->lastValue().value_or(0), 1.0);
  // Nothing but NaN: a picture without a crash.
  auto only = chartWith(points(QVector<double>(5, std::nan(""))));
  QVERIFY(!picture(*only).isNull());
}

void TestCharts::aLogAxisSaysWhatItLeavesOut() {
  auto chart = chartWith(points({100, 10, 1, 0.1, 0.01}));
  chart->setLog(true);
  const auto* axis = chart->plot()->yAxis;
  // Equal factors are equal ways.
  const double first = axis->coordToPixel(10) - axis->coordToPixel(100),
               second = axis->coordToPixel(0.1) - axis->coordToPixel(1);
  QVERIFY(std::abs(first - second) < 1);
  const QImage without = chart->head()->grab().toImage();
  chart->setData("c", points({100, 0, -1, 0.1, 0.01}));
  QVERIFY(!picture(*chart).isNull());
  QVERIFY(axis->range().lower > 0);
  QVERIFY(chart->head()->grab().toImage() != without); // its note stands there
}

void TestCharts::theSamePictureAtEachRefresh() {
  QVector<double> values;
  for (int step = 0; step < 4000; ++step) values << 1 + std::sin(step * 0.7) * std::exp(-step * 0.001);
  CurveStyle style;
  style.raw = style.band = style.live = true;
  auto chart = chartWith(points(values), style);
  chart->setSmoothing(0.94);
  chart->setMarkers({{1000, "Rate × 0.5", false}, {3000, "Best", true}});
  const QImage first = picture(*chart);
  for (int again = 0; again < 3; ++again) {
    chart->setData("c", points(values));
    QCOMPARE(picture(*chart), first);
  }
  auto other = chartWith(points(values), style);
  other->setSmoothing(0.94);
  other->setMarkers({{1000, "Rate × 0.5", false}, {3000, "Best", true}});
  QCOMPARE(picture(*other), first);
}

void TestCharts::smoothingIsWeightedByDistance() {
  CurveStyle style;
  style.smoothing = 0.5;
  SeriesPlottable* curve = nullptr;
  auto chart = chartWith(points({4, 0}), style);
  chart->setSmoothing(0.5);
  curve = chart->curve("c");
  QCOMPARE(curve->valueAt(1).value(), 4.0); // bias corrected: the first is itself
  QVERIFY(std::abs(curve->valueAt(2).value() - 4.0 / 3) < 1e-9);
  // A gap of ten steps forgets as ten steps do.
  QVector<Bucket> gap = points({4, 0});
  gap[1].firstStep = gap[1].lastStep = 11;
  chart->setData("c", gap);
  QVERIFY(curve->valueAt(11).value() < 0.01);
  QVERIFY(!curve->valueAt(0.5).has_value());
}

void TestCharts::linesStandAtNiceSteps_data() {
  QTest::addColumn<double>("low");
  QTest::addColumn<double>("high");
  const std::pair<double, double> ranges[] = {{0, 1},       {0.784, 0.921}, {0, 30'000}, {-3, 5},
                                              {1e-6, 3e-5}, {0, 7},         {99, 101}};
  for (const auto& [low, high] : ranges)
    QTest::newRow(qPrintable(QString("%1 to %2").arg(low).arg(high))) << low << high;
}

void TestCharts::linesStandAtNiceSteps() {
  QFETCH(double, low);
  QFETCH(double, high);
  NiceTicker ticker(ValueFormat::number, 5);
  QVector<double> ticks, sub;
  QVector<QString> labels;
  ticker.generate(QCPRange(low, high), QLocale::c(), 'g', 6, ticks, &sub, &labels);
  qsizetype inside = 0;
  for (const double tick : ticks) inside += tick >= low && tick <= high ? 1 : 0;
  QVERIFY2(inside >= 2 && inside <= 6, qPrintable(QString::number(inside)));
  const double step = ticks[1] - ticks[0],
               mantissa = step / std::pow(10, std::floor(std::log10(step) + 1e-9));
  QVERIFY2(std::abs(mantissa - 1) < 1e-6 || std::abs(mantissa - 2) < 1e-6 || std::abs(mantissa - 5) < 1e-6,
           qPrintable(QString::number(mantissa)));
  for (const auto& label : labels) QVERIFY2(label.size() <= 9, qPrintable(label));
}

// A run under way: the axis has room for the steps to come.
void TestCharts::crosshairEndsWithTheMeasuredPoints() {
  auto chart = chartWith(points({1, 0.5, 0.25, 0.125}));
  chart->setXRange(QCPRange(0, 40));
  picture(*chart);
  const QRect area = chart->plot()->axisRect()->rect();
  QSignalSpy moved(chart.get(), &Chart::crosshairMoved);
  // Sent as they are: where the mouse of the platform is depends on the tests before.
  for (const QPoint at : {area.center(), QPoint(area.right() - 20, area.center().y())}) {
    QMouseEvent move(QEvent::MouseMove, at, chart->plot()->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
    QCoreApplication::sendEvent(chart->plot(), &move);
    QVERIFY(!moved.isEmpty());
    QCOMPARE(chart->crosshair().value(), 4.0);
    QCOMPARE(moved.takeLast().first().toDouble(), 4.0);
  }
}

void TestCharts::crosshairZoomAndKeys() {
  QVector<double> values;
  for (int step = 1; step <= 100; ++step) values << 1.0 / step;
  auto chart = chartWith(points(values));
  chart->show();
  QApplication::setActiveWindow(chart.get());
  QCoreApplication::processEvents();
  const QRect area = chart->plot()->axisRect()->rect();
  QSignalSpy moved(chart.get(), &Chart::crosshairMoved), zoomed(chart.get(), &Chart::rangeChosen);
  QTest::mouseMove(chart->plot(), area.center());
  QTRY_VERIFY(!moved.isEmpty());
  chart->setFocus();
  QTest::keyClick(chart.get(), Qt::Key_Home);
  QTest::keyClick(chart.get(), Qt::Key_Right);
  const double first = chart->crosshair().value();
  QTest::keyClick(chart.get(), Qt::Key_Right);
  QCOMPARE(chart->crosshair().value(), first + 1); // one point
  QTest::keyClick(chart.get(), Qt::Key_Right, Qt::ShiftModifier);
  QCOMPARE(chart->crosshair().value(), first + 11); // ten
  QTest::keyClick(chart.get(), Qt::Key_Left);
  QCOMPARE(chart->crosshair().value(), first + 10);
  drag(chart->plot(), QPoint(area.left() + 100, area.center().y()),
       QPoint(area.left() + 300, area.center().y()));
  QCOMPARE(zoomed.size(), 1);
  QVERIFY(!chart->fitted() && chart->xRange().size() < 40);
  // The y axis follows what is in sight.
  QVERIFY(chart->plot()->yAxis->range().upper < 0.3);
  QTest::keyClick(chart.get(), Qt::Key_Z);
  QVERIFY(chart->fitted());
  QTest::keyClick(chart.get(), Qt::Key_L);
  QVERIFY(chart->log());
  QTest::keyClick(chart.get(), Qt::Key_Plus);
  QVERIFY(!chart->fitted());
  QTest::mouseDClick(chart->plot(), Qt::LeftButton, {}, area.center());
  QVERIFY(chart->fitted());
}

// The field's last word comes while the chart is being destroyed.
void TestCharts::aChartClosesWithItsFieldInUse() {
  for (int again = 0; again < 20; ++again) {
    auto chart = chartWith(points(QVector<double>(2000, 1.0)));
    chart->show();
    QApplication::setActiveWindow(chart.get());
    chart->head()->smoothField()->setFocus();
    chart->head()->smoothField()->setText("0.5");
    QVERIFY(chart->head()->smoothField()->hasFocus());
    auto* smoothed = chart.get();
    QPointer<Chart> gone(smoothed);
    chart.reset();
    QVERIFY(gone.isNull());
  }
}

void TestCharts::runsAreRendered() {
  QTemporaryDir folder;
  const QString path = newProject(folder.filePath("p.loom"));
  QCOMPARE(loomProgram({"train", path.toStdString(), "--epochs", "2"}).exitCode, 0);
  auto files = renderRun(folder.filePath("out"), path, "last");
  QVERIFY2(bool(files), files ? "" : files.error().message().c_str());
  QCOMPARE(files->size(), 5);
  for (const auto& file : *files) {
    const QImage image(file);
    QVERIFY(image.width() >= 700 && image.height() >= 400);
    QVERIFY(near(image.pixelColor(2, image.height() - 2), lightTheme()[Token::surface], 6));
  }
  struct Hostile {
    QString out, project, run;
  };
  for (const Hostile& one :
       {Hostile{folder.filePath("o"), folder.filePath("nowhere"), "last"},
        Hostile{folder.filePath("o"), path, "ffff"}, Hostile{folder.filePath("o"), path, "../.."},
        Hostile{"/proc/nothing/here", path, "last"},
        Hostile{folder.filePath("o"), path, QString(4000, 'x')}}) {
    auto answer = renderRun(one.out, one.project, one.run);
    QVERIFY(!answer.ok());
    QVERIFY(!answer.error().cause.empty() && !answer.error().fix.empty());
  }
}

QTEST_MAIN(TestCharts)
#include "tst_charts.moc"
