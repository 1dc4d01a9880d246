// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/board.h"
#include "core/base/format.h"
#include <QGridLayout>

namespace loom {

const std::vector<BoardChart>& boardCharts(bool regression) {
  static const BoardChart loss{
      {"loss", "Loss", {}, ValueFormat::loss, true, true},
      {{"train/loss", "train", 0, false, false, true}, {"val/loss", "validation", 1, true, false, false}}};
  static const BoardChart speed{
      {"speed", "Speed", "samples/s, min to max", ValueFormat::number, false, false},
      {{"train/samples_per_second", "samples/s", 2, false, true, false}}};
  static const BoardChart rate{{"rate", "Learning rate", {}, ValueFormat::rate, true, false},
                               {{"train/lr", "rate", 5, false, false, false}}};
  static const std::vector<BoardChart> classes = {
      loss,
      {{"accuracy", "Accuracy", {}, ValueFormat::percent, false, true},
       {{"train/accuracy", "train", 0, false, false, true},
        {"val/accuracy", "validation", 1, true, false, false}}},
      speed,
      rate};
  static const std::vector<BoardChart> numbers = {loss,
                                                  {{"r2", "R²", {}, ValueFormat::number, false, false},
                                                   {{"val/r2", "validation", 1, true, false, false}}},
                                                  speed,
                                                  rate};
  return regression ? numbers : classes;
}

Board::Board(QWidget* parent) : QWidget(parent) {
  setObjectName("board");
  setGround(this, Ground::surface);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(16, 8, 12, 12);
  grid->setHorizontalSpacing(20);
  grid->setVerticalSpacing(12);
  grid->setRowStretch(0, 3);
  grid->setRowStretch(1, 2);
  makeCharts();
  timer_ = new QTimer(this);
  timer_->setInterval(100);
  connect(timer_, &QTimer::timeout, this, [this] {
    if (due_ && isVisible()) refresh(true);
  });
  timer_->start();
}

void Board::makeCharts() {
  for (auto* chart : charts_) delete chart;
  charts_.clear();
  auto* grid = static_cast<QGridLayout*>(layout());
  const auto& rows = boardCharts(regression_);
  for (std::size_t index = 0; index < rows.size(); ++index) {
    auto* chart = new Chart(rows[index].spec);
    grid->addWidget(chart, static_cast<int>(index / 2), static_cast<int>(index % 2));
    charts_.push_back(chart);
    chart->setMessage("No points yet.");
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
  charts_.front()->setSmoothing(0.9);
  if (!regression_) charts_[1]->setSmoothing(0.9);
}

void Board::setSession(Session* session) {
  session_ = session;
  if (session_ == nullptr) return;
  connect(&session_->bridge(), &Bridge::seriesReady, this, &Board::take);
  connect(session_, &Session::runsChanged, this, [this] { due_ = true; });
}

void Board::setRuns(const QStringList& runs, bool regression) {
  if (runs == runs_ && regression == regression_) return;
  if (regression != regression_) {
    regression_ = regression;
    makeCharts();
  }
  runs_ = runs;
  const auto& rows = boardCharts(regression_);
  for (std::size_t index = 0; index < rows.size(); ++index) {
    QVector<Curve> curves;
    for (int number = 0; number < runs_.size(); ++number)
      for (const auto& line : rows[index].lines) {
        const bool many = runs_.size() > 1;
        if (many && (line.raw && rows[index].lines.size() > 1))
          continue; // several runs: validation alone says more
        Curve curve;
        curve.id = runs_[number] + "|" + line.key;
        const RunView* view = session_ != nullptr ? session_->run(runs_[number]) : nullptr;
        curve.label = many
                          ? (view != nullptr ? QString::fromStdString(view->row.name) : runs_[number].left(8))
                          : QString(line.label);
        curve.style.colour = many ? number : line.colour;
        curve.style.dash = many ? seriesDash(number) : QVector<qreal>();
        curve.style.dots = line.dots;
        curve.style.band = line.band && !many;
        curve.style.raw = line.raw && !many;
        curves.push_back(curve);
      }
    charts_[index]->setCurves(curves);
  }
  due_ = true;
}

void Board::setAxis(double stepsPerEpoch, double epochs) {
  stepsPerEpoch_ = stepsPerEpoch > 0 ? stepsPerEpoch : 1;
  for (auto* chart : charts_) chart->setXAxis(stepsPerEpoch > 1 ? "epoch" : "step", stepsPerEpoch_, epochs);
}

void Board::setMarkers(const QVector<ChartMarker>& markers) {
  for (auto* chart : charts_) chart->setMarkers(markers);
}

void Board::give(const QString& run, const QString& key, const QVector<Bucket>& buckets) {
  for (auto* chart : charts_) chart->setData(run + "|" + key, buckets);
}

void Board::take(const SeriesAnswer& answer) {
  if (runs_.contains(answer.run)) give(answer.run, answer.key, answer.buckets);
}

void Board::refresh(bool) {
  due_ = false;
  if (session_ == nullptr) return;
  const auto& rows = boardCharts(regression_);
  for (std::size_t index = 0; index < rows.size(); ++index) {
    std::int64_t first = 0, last = 0;
    if (!charts_[index]->fitted()) {
      first = std::max<std::int64_t>(
          1, static_cast<std::int64_t>(charts_[index]->xRange().lower * stepsPerEpoch_));
      last = static_cast<std::int64_t>(charts_[index]->xRange().upper * stepsPerEpoch_) + 1;
    }
    for (const auto& run : runs_)
      for (const auto& line : rows[index].lines)
        if (charts_[index]->curve(run + "|" + line.key) != nullptr)
          session_->bridge().series(run, line.key, first, last, charts_[index]->pixels(),
                                    objectName() + QString::number(reinterpret_cast<quintptr>(this)) + run +
                                        line.key);
  }
}

QVector<Board::Value> Board::valuesAt(double x) const {
  QVector<Value> values;
  const auto& rows = boardCharts(regression_);
  for (std::size_t index = 0; index < rows.size(); ++index)
    for (int number = 0; number < runs_.size(); ++number)
      for (const auto& line : rows[index].lines) {
        auto* curve = charts_[index]->curve(runs_[number] + "|" + line.key);
        if (curve == nullptr) continue;
        const auto value = curve->valueAt(x);
        const QString what = rows[index].lines.size() > 1
                                 ? QString(line.label) + " " + rows[index].spec.title.toLower()
                                 : rows[index].spec.title.toLower();
        const RunView* view =
            runs_.size() > 1 && session_ != nullptr ? session_->run(runs_[number]) : nullptr;
        values.push_back({view != nullptr ? QString::fromStdString(view->row.name) + ", " + what : what,
                          value ? formatValue(*value, rows[index].spec.format) : QString(missingText),
                          curve->style().colour});
      }
  return values;
}

void Board::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  due_ = true;
}

} // namespace loom
