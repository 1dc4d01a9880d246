// SPDX-License-Identifier: GPL-3.0-or-later
// Frame times of the charts: a series of ten million points in the real store, drawn 1440 px wide by the
// studio's own chart, at one and two device pixels a unit; and eight runs over each other. Prints a table;
// never a pass or a failure.
//   bench_charts [POINTS]
#include "app/studio/charts/chart.h"
#include "app/studio/charts/charts.h"
#include "app/studio/shots/sample_runs.h"
#include "app/studio/theme/loom_style.h"
#include "core/base/format.h"
#include "core/run/journal.h"
#include "core/store/store.h"
#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace loom;

namespace {

constexpr int frames = 60, width = 1440, height = 400, lines = 8;

struct Figures {
  double least, median, most;
};

Figures measure(const std::function<void()>& once) {
  std::vector<double> times;
  once();
  for (int frame = 0; frame < frames; ++frame) {
    QElapsedTimer clock;
    clock.start();
    once();
    times.push_back(double(clock.nsecsElapsed()) / 1e6);
  }
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2], times.back()};
}

void print(const char* what, const Figures& figures) {
  std::printf("| %s | %.2f | %.2f | %.2f |\n", what, figures.least, figures.median, figures.most);
  std::fflush(stdout);
}

double value(std::int64_t step, int salt) {
  const double x = std::sin(double(step) * 12.9898 + salt) * 43758.5453;
  return 0.1 + 2 / std::sqrt(1 + double(step) * 1e-4) * (1 + 0.3 * (x - std::floor(x) - 0.5));
}

} // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  LoomStyle::install(application, LookOptions{});
  const std::int64_t points = argc > 1 ? std::max(1000LL, std::atoll(argv[1])) : 10'000'000;
  QTemporaryDir folder;
  auto project = createFromTemplate(folder.filePath("bench.loom").toStdString(), "digits");
  if (!project) {
    std::fprintf(stderr, "bench_charts: %s\n", project.error().message().c_str());
    return 1;
  }
  std::vector<std::string> runs;
  const std::int64_t each[lines] = {points, 100'000, 100'000, 100'000, 100'000, 100'000, 100'000, 100'000};
  for (int number = 0; number < lines; ++number) {
    HandRun run;
    run.name = "run " + std::to_string(number);
    run.epochs = 10;
    run.stepsPerEpoch = std::max<std::int64_t>(1, each[number] / 10);
    run.loss = [number](std::int64_t step) { return value(step, number); };
    runs.push_back(writeHandRun(*project, run));
  }
  auto store = Store::open(project->folder, Store::Access::owner);
  if (!store) return 1;
  QElapsedTimer clock;
  clock.start();
  const auto sites = sitesOf(project->folder);
  for (;;) {
    auto taken = (*store)->takeIn(*sites);
    if (!taken || taken->records == 0) break;
  }
  std::printf("%s points of one series taken in with the other runs in %.1f s\n\n",
              formatCount(points).c_str(), double(clock.elapsed()) / 1000);
  std::printf("| ms | least | median | most |\n|---|---|---|---|\n");
  const auto bucketsOf = [&](const std::string& run, std::int64_t first, std::int64_t last, int pixels) {
    auto buckets = (*store)->buckets(run, "train/loss", first, last, pixels);
    return buckets ? QVector<Bucket>(buckets->begin(), buckets->end()) : QVector<Bucket>();
  };
  print("store: 1,440 buckets of all points", measure([&] { bucketsOf(runs[0], 0, 0, width); }));
  std::int64_t at = 0;
  print("store: 1,440 buckets of a tenth, moving", measure([&] {
          at = (at + points / 97) % (points - points / 10);
          bucketsOf(runs[0], at + 1, at + points / 10, width);
        }));
  for (const int scale : {1, 2}) {
    Chart chart(chartTable().front().spec);
    chart.resize(width, height);
    CurveStyle style;
    style.raw = style.band = true;
    chart.setCurves({{"0", "train", style, 0}});
    chart.setXAxis("step", 1, 0);
    chart.setSmoothing(0.97);
    const auto buckets = bucketsOf(runs[0], 0, 0, width * scale);
    // grab() draws everything as a frame does, into a picture of this scale.
    const auto draw = [&](Chart& drawn) {
      drawn.plot()->setBufferDevicePixelRatio(scale);
      drawn.plot()->replot(QCustomPlot::rpImmediateRefresh);
    };
    chart.show();
    QCoreApplication::processEvents();
    print(scale == 1 ? "chart, new data and frame, 1x" : "chart, new data and frame, 2x", measure([&] {
            chart.setData("0", buckets);
            draw(chart);
          }));
    print(scale == 1 ? "chart, frame alone, 1x" : "chart, frame alone, 2x", measure([&] { draw(chart); }));
    print(scale == 1 ? "crosshair moved, 1x" : "crosshair moved, 2x", measure([&] {
            at = (at + points / 91) % points;
            chart.setCrosshair(double(at));
          }));
    Chart many(chartTable().front().spec);
    many.resize(width, height);
    many.setXAxis("step", 1, 0);
    QVector<Curve> curves;
    for (int number = 0; number < lines; ++number) {
      Curve curve{QString::number(number), "run", {}, double(each[number]) / 10};
      curve.style.colour = number;
      curve.style.dash = seriesDash(number);
      curves << curve;
    }
    many.setCurves(curves);
    for (int number = 0; number < lines; ++number)
      many.setData(QString::number(number), bucketsOf(runs[std::size_t(number)], 0, 0, width * scale));
    many.setSmoothing(0.97);
    many.show();
    QCoreApplication::processEvents();
    print(scale == 1 ? "eight runs over each other, frame, 1x" : "eight runs over each other, frame, 2x",
          measure([&] { draw(many); }));
  }
  return 0;
}
