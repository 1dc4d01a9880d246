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

QString formatValue(double value, ValueFormat format) {
  if (!std::isfinite(value)) return QString::fromStdString(formatNumber(value));
  switch (format) {
  case ValueFormat::loss:
    return QString::fromStdString(formatLoss(value));
  case ValueFormat::percent:
    return QString::fromStdString(formatPercent(value));
  case ValueFormat::number:
    return QString::fromStdString(std::abs(value) >= 1000 ? formatCount(std::llround(value))
                                                          : formatNumber(value));
  case ValueFormat::rate:
    return QString::fromStdString(formatNumber(value));
  }
  return {};
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
  plot_->addLayer("cross", plot_->layer("front"), QCustomPlot::limAbove);
  plot_->layer("cross")->setMode(QCPLayer::lmBuffered);
  auto* rect = plot_->axisRect();
  rect->setAutoMargins(QCP::msNone);
  rect->setMargins(QMargins(44, 8, 12, 24));
  plot_->yAxis->setTicker(QSharedPointer<NiceTicker>::create(spec.format));
  plot_->xAxis->setTicker(QSharedPointer<NiceTicker>::create(ValueFormat::number));
  crosshair_ = new QCPItemStraightLine(plot_);
  crosshair_->setLayer("cross");
  tag_ = new QCPItemText(plot_);
  tag_->setLayer("cross");
  tag_->setClipToAxisRect(false);
  tag_->setPositionAlignment(Qt::AlignTop | Qt::AlignHCenter);
  tag_->setPadding(QMargins(5, 1, 5, 1));
  message_ = new QCPItemText(plot_);
  message_->setLayer("front");
  message_->position->setType(QCPItemPosition::ptAxisRectRatio);
  message_->position->setCoords(0.5, 0.45);
  zoomBox_ = new QCPItemRect(plot_);
  zoomBox_->setLayer("cross");
  for (QCPAbstractItem* item :
       {static_cast<QCPAbstractItem*>(crosshair_), static_cast<QCPAbstractItem*>(tag_),
        static_cast<QCPAbstractItem*>(message_), static_cast<QCPAbstractItem*>(zoomBox_)})
    item->setVisible(false);
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

Chart::~Chart() = default;

void Chart::applyLook() {
  const Look& look = lookOf(this);
  plot_->setBackground(look[Token::surface]);
  plot_->axisRect()->setMargins(QMargins(look.px(44), 8, 12, look.px(24)));
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
  crosshair_->setPen(QPen(look[Token::text], 1));
  tag_->setFont(look.fonts[Type::captionPlain]);
  tag_->setColor(look[Token::surface]);
  tag_->setBrush(look[Token::text]);
  tag_->setPen(Qt::NoPen);
  message_->setFont(look.fonts[Type::body]);
  message_->setColor(look[Token::text2]);
  zoomBox_->setBrush(withAlpha(look[Token::accent], 0.12));
  zoomBox_->setPen(QPen(look[Token::accent], 1));
  for (auto* plottable : plottables_) plottable->setLook(look);
  placeMarkers();
  replot();
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
    style.smoothing = style.dots ? 0 : smoothing_;
    plottable->setStyle(style);
    kept.insert(curve.id, plottable);
  }
  for (auto* gone : plottables_) plot_->removePlottable(gone);
  plottables_ = kept;
  curves_ = curves;
  QVector<LegendEntry> legend;
  for (const auto& curve : curves) legend.push_back({curve.label, curve.style.colour, curve.style.dash});
  head_->setLegend(legend);
  rescaleValues();
  replot();
}

SeriesPlottable* Chart::curve(const QString& id) const { return plottables_.value(id); }

void Chart::setData(const QString& id, const QVector<Bucket>& buckets) {
  auto* plottable = plottables_.value(id);
  if (plottable == nullptr) return;
  plottable->setBuckets(buckets, stepsPerUnit_);
  if (!buckets.isEmpty()) message_->setVisible(false);
  if (fitted_) {
    double end = end_;
    for (const auto* one : plottables_) {
      bool found = false;
      const auto keys = one->getKeyRange(found);
      if (found) end = std::max(end, keys.upper);
    }
    plot_->xAxis->setRange(0, end > 0 ? end : 1);
  }
  rescaleValues();
  replot();
}

void Chart::setXAxis(const QString& unit, double stepsPerUnit, double end) {
  const bool again = stepsPerUnit != stepsPerUnit_;
  unit_ = unit;
  stepsPerUnit_ = stepsPerUnit > 0 ? stepsPerUnit : 1;
  end_ = end;
  if (again)
    for (auto* plottable : plottables_) plottable->setBuckets(plottable->buckets(), stepsPerUnit_);
  if (fitted_) plot_->xAxis->setRange(0, end_ > 0 ? end_ : std::max(1.0, plot_->xAxis->range().upper));
  replot();
}

void Chart::setSmoothing(double factor) {
  smoothing_ = factor;
  head_->setSmoothing(factor);
  for (auto* plottable : plottables_) {
    CurveStyle style = plottable->style();
    if (style.dots) continue;
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
    plot_->yAxis->setTicker(QSharedPointer<LogTicker>::create(spec_.format));
  else
    plot_->yAxis->setTicker(QSharedPointer<NiceTicker>::create(spec_.format));
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
  double end = end_;
  for (const auto* one : plottables_) {
    bool found = false;
    const auto keys = one->getKeyRange(found);
    if (found) end = std::max(end, keys.upper);
  }
  plot_->xAxis->setRange(0, end > 0 ? end : 1);
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
  markers_ = markers;
  placeMarkers();
  replot();
}

void Chart::placeMarkers() {
  for (auto* item : markerItems_) plot_->removeItem(item);
  markerItems_.clear();
  const Look& look = lookOf(this);
  for (const auto& marker : markers_) {
    const QColor colour = look[marker.flag ? Token::ok : Token::text2];
    auto* line = new QCPItemStraightLine(plot_);
    line->setLayer("front");
    line->point1->setCoords(marker.x, 0);
    line->point2->setTypeX(QCPItemPosition::ptPlotCoords);
    line->point1->setTypeY(QCPItemPosition::ptAxisRectRatio);
    line->point2->setTypeY(QCPItemPosition::ptAxisRectRatio);
    line->point2->setCoords(marker.x, 1);
    QPen pen(colour, 1);
    pen.setDashPattern({2, 3});
    line->setPen(pen);
    markerItems_ << line;
    if (marker.text.isEmpty()) continue;
    auto* text = new QCPItemText(plot_);
    text->setLayer("front");
    text->setText((marker.flag ? "⚑ " : "") + marker.text);
    text->setFont(look.fonts[Type::captionPlain]);
    text->setColor(colour);
    text->setClipToAxisRect(true);
    const bool left = marker.x > plot_->xAxis->range().center();
    text->setPositionAlignment(Qt::AlignTop | (left ? Qt::AlignRight : Qt::AlignLeft));
    text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    text->position->setCoords(marker.x, 0);
    text->setPadding(QMargins(5, 0, 5, 0));
    markerItems_ << text;
  }
}

void Chart::setCrosshair(std::optional<double> x) {
  cross_ = x;
  const bool shown = x.has_value();
  crosshair_->setVisible(shown);
  tag_->setVisible(shown);
  if (shown) {
    crosshair_->point1->setTypeY(QCPItemPosition::ptAxisRectRatio);
    crosshair_->point2->setTypeY(QCPItemPosition::ptAxisRectRatio);
    crosshair_->point1->setCoords(*x, 0);
    crosshair_->point2->setCoords(*x, 1);
    const QString number = unit_ == "step" ? QString::fromStdString(formatCount(std::llround(*x)))
                                           : QString::number(*x, 'f', *x < 100 ? 1 : 0);
    tag_->setText(unit_ + " " + number);
    tag_->position->setTypeX(QCPItemPosition::ptPlotCoords);
    tag_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    tag_->position->setCoords(*x, 1.0 + 5.0 / std::max(1, plot_->axisRect()->height()));
  }
  plot_->layer("cross")->replot();
}

void Chart::moveCrosshair(double x) {
  const QCPRange range = plot_->xAxis->range();
  x = std::clamp(x, range.lower, range.upper);
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
  const double pixel = range.size() / std::max(1, plot_->axisRect()->width());
  const double step = pixel * ((event->modifiers() & Qt::ShiftModifier) != 0 ? 10 : 1);
  switch (event->key()) {
  case Qt::Key_Left:
    return moveCrosshair(cross_.value_or(range.upper) - step);
  case Qt::Key_Right:
    return moveCrosshair(cross_.value_or(range.lower) + step);
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
