// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/chart.h"
#include "app/studio/charts/chart_head.h"
#include "app/studio/charts/ticker.h"
#include "app/studio/widgets/panels.h"
#include "core/base/format.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace loom {

QString formatPlace(double x, const QString& unit, const XScale& scale) {
  if (scale.byTime()) return QString::number(x, 'g', 3) + " " + unit; // a run may be over in milliseconds
  const QString number = unit == "step"       ? QString::fromStdString(formatCount(std::llround(x)))
                         : x == std::floor(x) ? QString::number(x)
                                              : QString::number(x, 'f', x < 100 ? 2 : 1);
  return unit + " " + number;
}

Chart::Chart(const ChartSpec& spec, QWidget* parent) : QWidget(parent), spec_(spec) {
  setObjectName("chart_" + spec.id);
  setAccessibleName(spec.title);
  setFocusPolicy(Qt::StrongFocus);
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  head_ = new ChartHead(spec.title, spec.subtitle, spec.mayLog, spec.maySmooth);
  column->addWidget(head_);
  plot_ = new QCustomPlot;
  plot_->setFocusPolicy(Qt::NoFocus);
  plot_->setMinimumSize(120, 80);
  plot_->setPlottingHint(QCP::phFastPolylines, true);
  plot_->setNoAntialiasingOnDrag(false);
  plot_->installEventFilter(this);
  plot_->setMouseTracking(true);
  column->addWidget(plot_, 1);
  plot_->addLayer("front", plot_->layer("main"), QCustomPlot::limAbove);
  plot_->addLayer("cross", plot_->layer("legend"), QCustomPlot::limAbove); // its tag covers the ticks
  plot_->layer("cross")->setMode(QCPLayer::lmBuffered);
  auto* rect = plot_->axisRect();
  rect->setAutoMargins(QCP::msLeft); // as wide as its longest number
  rect->setMargins(QMargins(44, 8, 12, 24));
  plot_->yAxis->setTicker(QSharedPointer<NiceTicker>::create(spec.format, 5));
  plot_->xAxis->setTicker(QSharedPointer<NiceTicker>::create(ValueFormat::number, 8));
  markers_ = new MarkerItem(plot_, lookOf(this));
  markers_->setLayer("front");
  crosshair_ = new CrossItem(plot_, lookOf(this));
  crosshair_->setLayer("cross");
  message_ = new QCPItemText(plot_);
  message_->setLayer("front");
  message_->position->setType(QCPItemPosition::ptAxisRectRatio);
  message_->position->setCoords(0.5, 0.45);
  zoomBox_ = new QCPItemRect(plot_);
  zoomBox_->setLayer("cross");
  message_->setVisible(false);
  zoomBox_->setVisible(false);
  head_->setVisible(!spec.title.isEmpty());
  connect(head_, &ChartHead::logToggled, this, &Chart::setLog);
  connect(head_, &ChartHead::fitWanted, this, [this] {
    fit();
    Q_EMIT fitChosen();
  });
  connect(head_, &ChartHead::smoothingChosen, this, [this](double factor) {
    setSmoothing(factor);
    Q_EMIT smoothingChosen(factor);
  });
  applyLook();
}

// A field of the head that has the focus ends its editing while it is destroyed, when this is no chart any
// more.
Chart::~Chart() {
  head_->disconnect(this);
  plot_->removeEventFilter(this);
}

void Chart::applyLook() {
  const Look& look = lookOf(this);
  plot_->setBackground(look[Token::surface]);
  plot_->axisRect()->setMinimumMargins(QMargins(look.px(44), 0, 0, 0));
  plot_->axisRect()->setMargins(QMargins(look.px(44), 8, 12, look.px(xTitle_.isEmpty() ? 24 : 44)));
  plot_->xAxis->setLabel(xTitle_);
  plot_->xAxis->setLabelFont(look.fonts[Type::captionPlain]);
  plot_->xAxis->setLabelColor(look[Token::text2]);
  plot_->xAxis->setLabelPadding(4);
  for (auto* axis : {plot_->xAxis, plot_->yAxis, plot_->xAxis2, plot_->yAxis2}) {
    axis->setTickLabelFont(look.fonts[Type::captionPlain]);
    axis->setTickLabelColor(look[Token::text2]);
    axis->setBasePen(QPen(look[Token::lineStrong], 1));
    axis->setTickPen(QPen(look[Token::lineStrong], 1));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLength(0, 4);
    axis->setSubTicks(false);
    axis->grid()->setVisible(false);
  }
  plot_->yAxis->setBasePen(Qt::NoPen);
  plot_->yAxis->setTickPen(Qt::NoPen);
  plot_->yAxis->setTickLabelPadding(6);
  plot_->yAxis->grid()->setVisible(true);
  plot_->yAxis->grid()->setPen(QPen(withAlpha(look[Token::line], 0.7), 1));
  plot_->yAxis->grid()->setZeroLinePen(QPen(withAlpha(look[Token::line], 0.7), 1));
  plot_->yAxis->grid()->setSubGridVisible(false);
  plot_->xAxis->setTickLabelPadding(4);
  message_->setFont(look.fonts[Type::body]);
  message_->setColor(look[Token::text2]);
  zoomBox_->setBrush(withAlpha(look[Token::accent], 0.12));
  zoomBox_->setPen(QPen(look[Token::accent], 1));
  for (auto* plottable : plottables_) plottable->setLook(look);
  markers_->setLook(look);
  crosshair_->setLook(look);
  replot();
}

int Chart::lines() const { return plot_->height() < lookOf(this).px(170) ? 3 : 5; }

void Chart::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (const auto ticker = plot_->yAxis->ticker().dynamicCast<NiceTicker>()) ticker->setLines(lines());
  if (const auto ticker = plot_->yAxis->ticker().dynamicCast<LogTicker>()) ticker->setLines(lines());
}

void Chart::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange && plot_ != nullptr) applyLook();
}

void Chart::setCurves(const QVector<Curve>& curves) {
  QHash<QString, SeriesPlottable*> kept;
  for (const auto& curve : curves) {
    auto* plottable = plottables_.take(curve.id);
    if (plottable == nullptr) plottable = new SeriesPlottable(plot_->xAxis, plot_->yAxis, lookOf(this));
    CurveStyle style = curve.style;
    style.smoothing = style.dots || style.future ? 0 : smoothing_;
    plottable->setStyle(style);
    kept.insert(curve.id, plottable);
  }
  for (auto* gone : plottables_) plot_->removePlottable(gone);
  plottables_ = kept;
  curves_ = curves;
  for (auto one = plottables_.begin(); one != plottables_.end(); ++one)
    one.value()->setBuckets(one.value()->buckets(), scaleOf(one.key()));
  nameLegend();
  fitX();
  rescaleValues();
  replot();
}

const XScale& Chart::scaleOf(const QString& curve) const {
  for (const auto& one : curves_)
    if (one.id == curve && one.scale) return *one.scale;
  return scale_;
}

void Chart::nameLegend() {
  QVector<LegendEntry> legend;
  for (const bool dashed : {false, true}) // what is looked at first, what lies under it behind
    for (const auto& curve : curves_)
      if (!curve.label.isEmpty() && curve.style.dash.isEmpty() != dashed)
        legend.push_back({curve.label, curve.style.colour, curve.style.dash});
  head_->setLegend(legend);
}

void Chart::fitX() {
  if (!fitted_) return;
  double end = end_;
  for (const auto* one : plottables_) {
    bool found = false;
    const auto keys = one->getKeyRange(found);
    if (found) end = std::max(end, keys.upper);
  }
  plot_->xAxis->setRange(0, end > 0 ? end : 1);
}

SeriesPlottable* Chart::curve(const QString& id) const { return plottables_.value(id); }

void Chart::setData(const QString& id, const QVector<Bucket>& buckets) {
  auto* plottable = plottables_.value(id);
  if (plottable == nullptr) return;
  plottable->setBuckets(buckets, scaleOf(id));
  if (!buckets.isEmpty()) message_->setVisible(false);
  fitX();
  rescaleValues();
  if (cross_) setCrosshair(cross_); // its dots are of the same buckets as the figures beside the charts
  replot();
}

void Chart::setXAxis(const QString& unit, const XScale& scale, double end) {
  unit_ = unit;
  scale_ = scale;
  end_ = end;
  for (auto one = plottables_.begin(); one != plottables_.end(); ++one)
    one.value()->setBuckets(one.value()->buckets(), scaleOf(one.key()));
  fitX();
  rescaleValues();
  replot();
}

void Chart::setXTitle(const QString& words) {
  xTitle_ = words;
  applyLook();
}

void Chart::setSmoothing(double factor) {
  smoothing_ = factor;
  head_->setSmoothing(factor);
  for (auto* plottable : plottables_) {
    CurveStyle style = plottable->style();
    if (style.dots || style.future) continue;
    style.smoothing = factor;
    plottable->setStyle(style);
  }
  rescaleValues();
  replot();
}

void Chart::setLog(bool on) {
  log_ = on;
  head_->setLog(on);
  plot_->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (on)
    plot_->yAxis->setTicker(QSharedPointer<LogTicker>::create(spec_.format, lines()));
  else
    plot_->yAxis->setTicker(QSharedPointer<NiceTicker>::create(spec_.format, lines()));
  rescaleValues();
  replot();
}

void Chart::setMessage(const QString& text) {
  message_->setText(text);
  message_->setVisible(!text.isEmpty() && std::all_of(plottables_.begin(), plottables_.end(),
                                                      [](const auto* one) { return one->empty(); }));
  replot();
}

// The values in view, with a little air; a line that stays on one value gets a band around it.
void Chart::rescaleValues() {
  // Two plain numbers: QCPRange would put an empty range the right way round.
  double low = 1e308, high = -1e308;
  for (const auto* plottable : plottables_) {
    const QCPRange range = plottable->values(log_, plot_->xAxis->range());
    if (range.lower == 0 && range.upper == 0) continue;
    low = std::min(low, range.lower);
    high = std::max(high, range.upper);
  }
  bool left = false;
  if (log_)
    for (const auto* plottable : plottables_) left = left || plottable->hasNonPositive();
  head_->setNote(left ? QString("zero and below are left out") : QString());
  if (low > high) {
    plot_->yAxis->setRange(log_ ? 0.1 : 0, 1);
    return;
  }
  QCPRange all(low, high);
  if (log_) {
    if (all.lower <= 0) all.lower = all.upper > 0 ? all.upper / 1e3 : 0.1;
    const double air = std::pow(std::max(all.upper / all.lower, 1.05), 0.06);
    plot_->yAxis->setRange(all.lower / air, all.upper * air);
    return;
  }
  const double size = all.upper - all.lower;
  const double air = size > 0 ? size * 0.06 : std::max(std::abs(all.upper) * 0.1, 1e-6);
  const double floor = all.lower >= 0 ? 0 : -1e308;
  double upper = all.upper + air;
  if (spec_.format == ValueFormat::percent && all.upper <= 1) upper = std::min(upper, 1.005);
  plot_->yAxis->setRange(std::max(floor, all.lower - air), upper);
}

void Chart::fit() {
  fitted_ = true;
  fitX();
  rescaleValues();
  replot();
}

QCPRange Chart::xRange() const { return plot_->xAxis->range(); }

void Chart::setXRange(const QCPRange& range) {
  fitted_ = false;
  plot_->xAxis->setRange(std::max(0.0, range.lower), std::max(range.lower + 1e-6, range.upper));
  rescaleValues();
  replot();
}

int Chart::pixels() const { return std::max(1, qRound(plot_->axisRect()->width() * devicePixelRatioF())); }

void Chart::replot() { plot_->replot(QCustomPlot::rpQueuedReplot); }

void Chart::setMarkers(const QVector<ChartMarker>& markers) {
  markers_->setMarkers(markers);
  replot();
}

void Chart::setCrosshair(std::optional<double> x) {
  if (!x && !cross_) return;
  cross_ = x;
  QVector<CrossItem::Dot> dots;
  QString tag;
  if (x) {
    for (const auto& curve : curves_)
      if (const auto* plottable = plottables_.value(curve.id); plottable != nullptr && !curve.style.future)
        if (const auto value = plottable->valueAt(*x)) dots.push_back({*value, curve.style.colour});
    tag = formatPlace(*x, unit_, scale_);
  }
  crosshair_->setCross(x, tag, dots);
  plot_->layer("cross")->replot();
}

// From one point of the densest curve to the next, as they are drawn.
void Chart::movePoints(int points) {
  const SeriesPlottable* densest = nullptr;
  for (const auto* one : plottables_)
    if (densest == nullptr || one->buckets().size() > densest->buckets().size()) densest = one;
  if (densest == nullptr || densest->empty()) return;
  const auto& buckets = densest->buckets();
  const XScale& scale = densest->scale();
  const double from = cross_ ? *cross_ : plot_->xAxis->range().upper;
  const double near = 1e-6 / (scale.byTime() ? scale.secondsPerUnit : scale.stepsPerUnit);
  auto at = std::lower_bound(buckets.begin(), buckets.end(), from - near,
                             [&](const Bucket& bucket, double place) { return scale.last(bucket) < place; });
  qsizetype index = at - buckets.begin();
  // Between two points the next one to the left is the first step back.
  const bool on = at != buckets.end() && std::abs(scale.last(*at) - from) < 5e5 * near;
  if (points > 0 && !on) --points;
  index = std::clamp<qsizetype>(index + points, 0, buckets.size() - 1);
  moveCrosshair(scale.last(buckets[index]));
}

void Chart::moveCrosshair(double x) {
  const QCPRange range = plot_->xAxis->range();
  x = std::clamp(x, range.lower, range.upper);
  // Behind the last point nothing was measured.
  double end = -1;
  for (const auto* one : plottables_)
    if (!one->empty()) end = std::max(end, one->scale().last(one->buckets().back()));
  if (end >= 0) x = std::min(x, end);
  setCrosshair(x);
  Q_EMIT crosshairMoved(x);
}

bool Chart::eventFilter(QObject* watched, QEvent* event) {
  if (watched != plot_) return QWidget::eventFilter(watched, event);
  const QRect area = plot_->axisRect()->rect();
  switch (event->type()) {
  case QEvent::MouseButtonPress: {
    auto* mouse = static_cast<QMouseEvent*>(event);
    setFocus(Qt::MouseFocusReason);
    if (mouse->button() == Qt::LeftButton && area.contains(mouse->position().toPoint()))
      dragFrom_ = mouse->position().toPoint();
    return true;
  }
  case QEvent::MouseMove: {
    auto* mouse = static_cast<QMouseEvent*>(event);
    const QPoint at = mouse->position().toPoint();
    if (dragFrom_ && std::abs(at.x() - dragFrom_->x()) > 4) {
      zoomBox_->setVisible(true);
      zoomBox_->topLeft->setType(QCPItemPosition::ptAbsolute);
      zoomBox_->bottomRight->setType(QCPItemPosition::ptAbsolute);
      zoomBox_->topLeft->setCoords(std::min(dragFrom_->x(), at.x()), area.top());
      zoomBox_->bottomRight->setCoords(std::max(dragFrom_->x(), at.x()), area.bottom());
      plot_->layer("cross")->replot();
    } else if (area.adjusted(-2, 0, 2, 0).contains(at)) {
      moveCrosshair(plot_->xAxis->pixelToCoord(at.x()));
    }
    return true;
  }
  case QEvent::MouseButtonRelease: {
    auto* mouse = static_cast<QMouseEvent*>(event);
    const auto from = dragFrom_;
    dragFrom_.reset();
    zoomBox_->setVisible(false);
    if (from && std::abs(mouse->position().x() - from->x()) > 4) {
      const double a = plot_->xAxis->pixelToCoord(from->x()),
                   b = plot_->xAxis->pixelToCoord(mouse->position().x());
      const QCPRange range(std::min(a, b), std::max(a, b));
      setXRange(range);
      Q_EMIT rangeChosen(xRange());
    }
    return true;
  }
  case QEvent::MouseButtonDblClick:
    fit();
    Q_EMIT fitChosen();
    return true;
  case QEvent::Wheel: {
    auto* wheel = static_cast<QWheelEvent*>(event);
    const double factor = std::pow(0.85, wheel->angleDelta().y() / 120.0);
    const double at = plot_->xAxis->pixelToCoord(wheel->position().x());
    const QCPRange range = plot_->xAxis->range();
    setXRange(QCPRange(at - (at - range.lower) * factor, at + (range.upper - at) * factor));
    Q_EMIT rangeChosen(xRange());
    return true;
  }
  case QEvent::Leave:
    setCrosshair(std::nullopt);
    Q_EMIT crosshairLeft();
    return false;
  default:
    return false;
  }
}

void Chart::keyPressEvent(QKeyEvent* event) {
  const QCPRange range = plot_->xAxis->range();
  const int points = (event->modifiers() & Qt::ShiftModifier) != 0 ? 10 : 1;
  switch (event->key()) {
  case Qt::Key_Left:
    return movePoints(-points);
  case Qt::Key_Right:
    return movePoints(points);
  case Qt::Key_Home:
    return moveCrosshair(range.lower);
  case Qt::Key_End:
    return moveCrosshair(range.upper);
  case Qt::Key_Z:
    fit();
    Q_EMIT fitChosen();
    return;
  case Qt::Key_L:
    if (spec_.mayLog) setLog(!log_);
    return;
  case Qt::Key_S:
    if (head_->smoothField() != nullptr) head_->smoothField()->setFocus();
    return;
  case Qt::Key_Plus:
  case Qt::Key_Minus: {
    const double factor = event->key() == Qt::Key_Plus ? 0.8 : 1.25, at = cross_.value_or(range.center());
    setXRange(QCPRange(at - (at - range.lower) * factor, at + (range.upper - at) * factor));
    Q_EMIT rangeChosen(xRange());
    return;
  }
  default:
    QWidget::keyPressEvent(event);
  }
}

} // namespace loom
