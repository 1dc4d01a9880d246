// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/board/board.h"
#include "app/studio/model/run_words.h"
#include "core/base/format.h"
#include <QGridLayout>

namespace loom {
namespace {

constexpr int overColours[] = {7, 3, 4, 6, 5, 0};
constexpr int mostAtOnce = 8;

} // namespace

Board::Board(Kind kind, QWidget* parent) : QWidget(parent), kind_(kind) {
  setObjectName("board");
  setGround(this, Ground::surface);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(16, 4, 8, 8);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(4);
  if (kind_ == Kind::live) {
    grid->setRowStretch(0, 3);
    grid->setRowStretch(1, 2);
  }
  makeCharts();
  timer_ = new QTimer(this);
  timer_->setInterval(100);
  connect(timer_, &QTimer::timeout, this, [this] {
    if (due_ && isVisible()) refresh();
  });
  timer_->start();
}

void Board::makeCharts() {
  for (auto* chart : charts_) delete chart;
  charts_.clear();
  asked_.clear();
  rows_ = chartsFor(regression_, kind_ == Kind::compared);
  auto* grid = static_cast<QGridLayout*>(layout());
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    auto* chart = new Chart(rows_[index]->spec);
    grid->addWidget(chart, static_cast<int>(index / 2), static_cast<int>(index % 2));
    charts_.push_back(chart);
    chart->setMessage(rows_[index]->waiting);
    chart->setLog(rows_[index]->log);
    if (rows_[index]->spec.maySmooth || rows_[index]->lines.front().band) chart->setSmoothing(0.97);
    connect(chart, &Chart::crosshairMoved, this, [this, chart](double x) {
      for (auto* other : charts_)
        if (other != chart) other->setCrosshair(x);
      Q_EMIT crosshairMoved(x);
    });
    connect(chart, &Chart::crosshairLeft, this, [this] {
      for (auto* other : charts_) other->setCrosshair(std::nullopt);
      Q_EMIT crosshairLeft();
    });
    connect(chart, &Chart::rangeChosen, this, [this, chart](const QCPRange& range) {
      for (auto* other : charts_)
        if (other != chart) other->setXRange(range);
      due_ = true;
    });
    connect(chart, &Chart::fitChosen, this, [this, chart] {
      for (auto* other : charts_)
        if (other != chart) other->fit();
      due_ = true;
    });
  }
}

Chart* Board::chart(const QString& id) const {
  for (auto* chart : charts_)
    if (chart->spec().id == id) return chart;
  return nullptr;
}

void Board::moveCrosshair(std::optional<double> x) {
  for (auto* chart : charts_) chart->setCrosshair(x);
  if (x)
    Q_EMIT crosshairMoved(*x);
  else
    Q_EMIT crosshairLeft();
}

void Board::setSession(Session* session) {
  session_ = session;
  if (session_ == nullptr) return;
  connect(session_, &Session::runsChanged, this, [this] {
    due_ = true;
    for (const auto& run : runs_ + over_) {
      Named now;
      if (const auto* view = session_->run(run))
        now = {text(view->row.name), true, living(*view), view->row.stepsPerEpoch};
      if (names_.value(run) == now) continue;
      names_[run] = now;
      nameCurves();
      break;
    }
  });
}

void Board::setRuns(const QStringList& runs, bool regression, const QStringList& laidOver) {
  if (runs == runs_ && regression == regression_ && laidOver == over_) return;
  if (regression != regression_) {
    regression_ = regression;
    makeCharts();
  } else if (runs != runs_) {
    asked_.clear();
    for (auto* chart : charts_) {
      chart->setCurves({}); // another run: its zoom and its points are not ours
      chart->fit();
    }
  }
  runs_ = runs.mid(0, mostAtOnce);
  over_ = laidOver;
  nameCurves();
  due_ = true;
}

double Board::stepsPerUnit(const QString& run) const {
  const auto* view = session_ != nullptr ? session_->run(run) : nullptr;
  return unit_ == Unit::epoch && view != nullptr && view->row.stepsPerEpoch > 0
             ? double(view->row.stepsPerEpoch)
             : 1;
}

XScale Board::scaleOf(const QString& run) const {
  return unit_ == Unit::time ? XScale::time(timeUnit_) : XScale(stepsPerUnit(run));
}

void Board::nameCurves() {
  double end = 0, seconds = 0;
  for (const auto& run : runs_)
    if (const auto* view = session_ != nullptr ? session_->run(run) : nullptr) {
      // A living run shows what is to come; runs that are compared end where the longest of them ended.
      const bool whole = kind_ == Kind::live || view->row.stepsPerEpoch <= 0;
      const double steps = double(whole ? view->row.totalSteps : view->row.step);
      const double epochs = whole ? double(view->row.epochs) : steps / double(view->row.stepsPerEpoch);
      end = std::max(end, unit_ == Unit::epoch ? epochs : steps);
      seconds = std::max(seconds, view->row.seconds);
    }
  timeUnit_ = seconds > 3 * 3600 ? 3600 : seconds > 180 ? 60 : 1;
  if (unit_ == Unit::time) end = 0; // where the longest run ends: pauses are in it, so the points say it
  for (std::size_t index = 0; index < rows_.size(); ++index) {
    QVector<Curve> curves;
    const auto nameOf = [&](const QString& run) {
      const auto* view = session_ != nullptr ? session_->run(run) : nullptr;
      return view != nullptr ? text(view->row.name) : run.left(8);
    };
    // Others first: what is looked at lies on top.
    for (int number = 0; number < over_.size(); ++number)
      for (const auto& line : rows_[index]->lines) {
        if (!line.dots) continue; // one value an epoch compares; a rate or a speed does not
        Curve curve{idOf(over_[number], line.key), nameOf(over_[number]), {}, scaleOf(over_[number])};
        curve.style.colour = overColours[number % int(std::size(overColours))];
        curve.style.dash = {5, 3};
        curves.push_back(curve);
      }
    for (int number = 0; number < runs_.size(); ++number) {
      const auto* view = session_ != nullptr ? session_->run(runs_[number]) : nullptr;
      for (const auto& line : rows_[index]->lines) {
        Curve curve{idOf(runs_[number], line.key), line.label, {}, scaleOf(runs_[number])};
        const bool compared = kind_ == Kind::compared;
        curve.style.colour = compared ? number : line.colour;
        if (compared) curve.style.dash = seriesDash(number);
        curve.style.dots = line.dots;
        curve.style.band = line.band;
        curve.style.raw = line.raw;
        curve.style.live = view != nullptr && living(*view);
        curves.push_back(curve);
      }
      if (kind_ == Kind::live && rows_[index]->spec.id == "rate") {
        Curve ahead{idOf(runs_[number], "ahead"), {}, {}, scaleOf(runs_[number])};
        ahead.style.colour = 5;
        ahead.style.dash = {3, 3};
        ahead.style.future = true;
        curves.push_back(ahead);
      }
    }
    charts_[index]->setXAxis(unitName(), runs_.isEmpty() ? XScale() : scaleOf(runs_.front()), end);
    charts_[index]->setCurves(curves);
    tellEmpty(index);
  }
  due_ = true;
}

// What stands in a chart without curves: of a run that has ended nothing more is to come.
void Board::tellEmpty(std::size_t index) {
  const auto* view = session_ != nullptr && !runs_.isEmpty() ? session_->run(runs_.front()) : nullptr;
  QString words = rows_[index]->waiting;
  if (view != nullptr && !underWay(*view)) {
    const auto& lines = rows_[index]->lines;
    const bool any = std::any_of(lines.begin(), lines.end(),
                                 [&](const auto& line) { return summaryOf(view->row, line.key) != nullptr; });
    words = any ? QString() : QString("The run ended before this was measured.");
  }
  charts_[index]->setMessage(words);
}

void Board::setMarkers(const QVector<ChartMarker>& markers) {
  for (std::size_t index = 0; index < charts_.size(); ++index) {
    QVector<ChartMarker> here = markers;
    // The flag stands where its figure is.
    if (rows_[index]->spec.id != "accuracy" && rows_[index]->spec.id != "r2")
      here.removeIf([](const ChartMarker& marker) { return marker.flag; });
    charts_[index]->setMarkers(here);
  }
}

void Board::setSchedule(const QVector<Bucket>& ahead) {
  if (runs_.isEmpty()) return;
  if (auto* rate = chart("rate")) rate->setData(idOf(runs_.front(), "ahead"), ahead);
}

void Board::setUnit(Unit unit) {
  if (unit == unit_) return;
  unit_ = unit;
  nameCurves();
  for (auto* chart : charts_) chart->fit();
  due_ = true;
}

void Board::give(const QString& run, const QString& key, const QVector<Bucket>& buckets) {
  for (auto* chart : charts_) chart->setData(idOf(run, key), buckets);
}

void Board::ask(const QString& run, const QString& key, std::int64_t first, std::int64_t last, int pixels) {
  session_->bridge().ask(SeriesOf{run, key, first, last, pixels}, this,
                         [this, run, key](const Result<QVector<Bucket>>& buckets) {
                           if (!buckets || !(runs_ + over_).contains(run))
                             return; // that it failed is shown above the pages
                           give(run, key, *buckets);
                           Q_EMIT answered();
                         },
                         {.slot = idOf(run, key)});
}

void Board::refresh() {
  due_ = false;
  if (session_ == nullptr) return;
  for (auto* chart : charts_) {
    for (const auto& run : runs_ + over_) {
      const auto* view = session_->run(run);
      if (view == nullptr || view->row.totalSteps == 0) continue;
      std::int64_t first = 0, last = 0;
      if (!chart->fitted() && unit_ != Unit::time) { // by time the whole series is there, and is cut
        const double steps = stepsPerUnit(run);
        first = std::max<std::int64_t>(1, static_cast<std::int64_t>(chart->xRange().lower * steps));
        last = std::max(first, static_cast<std::int64_t>(chart->xRange().upper * steps) + 1);
      }
      for (const auto* row : rows_)
        for (const auto& line : row->lines) {
          const QString id = idOf(run, line.key);
          if (chart->curve(id) == nullptr) continue;
          const Asked now{view->version, first, last, chart->pixels()};
          if (std::exchange(asked_[id], now) == now) continue;
          ask(run, line.key, first, last, now.pixels);
        }
    }
  }
}

double Board::stepOf(double x) const { return runs_.isEmpty() ? x : x * stepsPerUnit(runs_.front()); }

QString Board::unitName() const {
  if (unit_ == Unit::time) return timeUnit_ >= 3600 ? "h" : timeUnit_ >= 60 ? "min" : "s";
  return unit_ == Unit::epoch ? "epoch" : "step";
}

QString Board::placeText(double x) const {
  return formatPlace(x, unitName(), runs_.isEmpty() ? XScale() : scaleOf(runs_.front()));
}

QVector<Board::Value> Board::valuesAt(std::optional<double> x) const {
  QVector<Value> values;
  for (std::size_t index = 0; index < rows_.size(); ++index)
    for (const auto& run : runs_ + over_)
      for (const auto& line : rows_[index]->lines) {
        const auto* curve = charts_[index]->curve(idOf(run, line.key));
        if (curve == nullptr) continue;
        const auto value = x ? curve->valueAt(*x) : curve->lastValue();
        const auto* view = session_ != nullptr ? session_->run(run) : nullptr;
        const bool named = kind_ == Kind::compared || over_.contains(run);
        QString label = line.name;
        if (named) label = view != nullptr ? text(view->row.name) : run.left(8);
        if (over_.contains(run) && rows_[index]->spec.id == "loss") label += ", loss";
        values.push_back({label,
                          value ? formatValue(*value, rows_[index]->spec.format) : QString(missingText),
                          curve->style().colour, curve->style().dash, run});
      }
  return values;
}

void Board::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  due_ = true;
}

} // namespace loom
