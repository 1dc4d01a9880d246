// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/scatter.h"
#include "app/studio/charts/ticker.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "core/base/format.h"
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

double niceStep(double size) {
  const double rough = size / 4.5, decade = std::pow(10, std::floor(std::log10(std::max(rough, 1e-300))));
  const double mantissa = rough / decade;
  return decade * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
}

QString signedLabel(double value, double step) {
  const QString words = axisLabel(std::abs(value), step, ValueFormat::number);
  return value > 0 ? "+" + words : value < 0 ? QString(QChar(0x2212)) + words : words;
}

} // namespace

ScatterPlot::ScatterPlot(Kind kind, QWidget* parent) : QWidget(parent), kind_(kind) {
  setGround(this, Ground::surface);
  setMinimumSize(200, 140);
  setAccessibleName(kind == Kind::diagonal ? "Predicted and true" : "Residuals over predicted");
}

void ScatterPlot::setPoints(const QVector<QPointF>& points, double band) {
  points_ = points;
  band_ = band;
  current_ = -1;
  double left = 1e300, right = -1e300, low = 1e300, high = -1e300;
  for (const auto& point : points_) {
    if (!std::isfinite(point.x()) || !std::isfinite(point.y())) continue;
    left = std::min(left, point.x());
    right = std::max(right, point.x());
    low = std::min(low, point.y());
    high = std::max(high, point.y());
  }
  if (left > right) left = low = 0, right = high = 1;
  if (kind_ == Kind::diagonal) {
    left = low = std::min(left, low);
    right = high = std::max(right, high);
  } else {
    high = std::max({std::abs(low), std::abs(high), band_});
    low = -high;
  }
  const double airX = std::max((right - left) * 0.05, 1e-9), airY = std::max((high - low) * 0.05, 1e-9);
  range_ = QRectF(QPointF(left - airX, low - airY), QPointF(right + airX, high + airY));
  update();
}

void ScatterPlot::setCurrent(int point) {
  current_ = point;
  update();
}

void ScatterPlot::setCaption(const QString& words) {
  caption_ = words;
  update();
}

QRectF ScatterPlot::area() const {
  const Look& look = lookOf(this);
  return QRectF(look.px(52), 8, width() - look.px(52) - 12,
                height() - 8 - look.px(caption_.isEmpty() ? 24 : 44));
}

QPointF ScatterPlot::map(const QPointF& point) const {
  const QRectF to = area();
  return {to.left() + (point.x() - range_.left()) / range_.width() * to.width(),
          to.bottom() - (point.y() - range_.top()) / range_.height() * to.height()};
}

QPointF ScatterPlot::targetOf(int point) const { return map(points_[point]); }

int ScatterPlot::pointAt(const QPointF& place) const {
  int nearest = -1;
  double least = 12 * 12;
  for (int point = 0; point < points_.size(); ++point) {
    const QPointF away = targetOf(point) - place;
    if (const double far = QPointF::dotProduct(away, away); far < least) {
      least = far;
      nearest = point;
    }
  }
  return nearest;
}

void ScatterPlot::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QRectF to = area();
  const QFont& font = look.fonts[Type::captionPlain];
  const bool residual = kind_ == Kind::residual;
  const double stepX = niceStep(range_.width()), stepY = niceStep(range_.height());
  for (double y = std::ceil(range_.top() / stepY) * stepY; y <= range_.bottom(); y += stepY) {
    const double at = std::round(map({range_.left(), y}).y());
    paintHorizontalLine(painter, to.left(), to.right(), at, withAlpha(look[Token::line], .7));
    const double clean = std::abs(y) < stepY * 1e-6 ? 0 : y;
    paintText(painter, QRectF(0, at - 8, to.left() - 6, 16),
              residual ? signedLabel(clean, stepY) : axisLabel(clean, stepY, ValueFormat::number), font,
              look[Token::text2], Qt::AlignRight);
  }
  painter.save();
  painter.setClipRect(to);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(withAlpha(look.theme().seriesAt(7), .14));
  const double l = range_.left(), r = range_.right();
  const auto at = [&](double x) { return residual ? 0.0 : x; };
  painter.drawPolygon(QPolygonF(
      {map({l, at(l) - band_}), map({r, at(r) - band_}), map({r, at(r) + band_}), map({l, at(l) + band_})}));
  QPen dashed(look[Token::text2], 1);
  dashed.setDashPattern({4, 3});
  painter.setPen(dashed);
  painter.drawLine(map({l, at(l)}), map({r, at(r)}));
  painter.setPen(Qt::NoPen);
  painter.setBrush(withAlpha(look.theme().seriesAt(0), points_.size() > 400 ? .45 : .85));
  for (const auto& point : points_)
    if (std::isfinite(point.x()) && std::isfinite(point.y())) painter.drawEllipse(map(point), 3.5, 3.5);
  painter.restore();
  if (current_ >= 0 && current_ < points_.size()) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(look[Token::accent], 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(targetOf(current_), 8, 8);
    painter.setRenderHint(QPainter::Antialiasing, false);
  }
  paintHorizontalLine(painter, to.left(), to.right(), std::round(to.bottom()), look[Token::lineStrong]);
  for (double x = std::ceil(range_.left() / stepX) * stepX; x <= range_.right(); x += stepX) {
    const double place = std::round(map({x, range_.top()}).x());
    paintVerticalLine(painter, place, to.bottom(), to.bottom() + 5, look[Token::lineStrong]);
    const double clean = std::abs(x) < stepX * 1e-6 ? 0 : x;
    paintText(painter, QRectF(place - 40, to.bottom() + 5, 80, 16),
              axisLabel(clean, stepX, ValueFormat::number), font, look[Token::text2], Qt::AlignHCenter);
  }
  paintText(painter, QRectF(to.left(), to.bottom() + look.px(24), to.width(), look.px(16)), caption_, font,
            look[Token::text2], Qt::AlignHCenter);
}

void ScatterPlot::mousePressEvent(QMouseEvent* event) {
  if (const int point = pointAt(event->position()); point >= 0) Q_EMIT chosen(point);
}

ResidualBars::ResidualBars(QWidget* parent) : QWidget(parent) {
  setGround(this, Ground::surface);
  setAccessibleName("Spread of the residuals");
}

void ResidualBars::setErrors(const QVector<double>& errors) {
  constexpr int bars = 16;
  counts_ = QVector<int>(bars);
  double most = 0;
  for (const double error : errors)
    if (std::isfinite(error)) most = std::max(most, std::abs(error));
  const double step = niceStep(std::max(most, 1e-9) * 2);
  reach_ = std::max(std::ceil(most / step) * step, 1e-9);
  for (const double error : errors)
    if (std::isfinite(error))
      ++counts_[std::clamp(static_cast<int>((error + reach_) / (2 * reach_) * bars), 0, bars - 1)];
  update();
}

void ResidualBars::paintEvent(QPaintEvent*) {
  if (counts_.isEmpty()) return;
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QRectF to(12, 12, width() - 24, height() - 12 - look.px(32));
  const int most = std::max(1, *std::max_element(counts_.begin(), counts_.end()));
  const double wide = to.width() / double(counts_.size());
  for (qsizetype bar = 0; bar < counts_.size(); ++bar) {
    const double high = std::round(counts_[bar] * (to.height() - 8) / most);
    painter.fillRect(QRectF(to.left() + double(bar) * wide, to.bottom() - high, wide - 1, high),
                     look.theme().seriesAt(7));
  }
  paintHorizontalLine(painter, to.left(), to.right(), to.bottom(), look[Token::lineStrong]);
  QPen dashed(look[Token::text2], 1);
  dashed.setDashPattern({3, 3});
  painter.setPen(dashed);
  painter.drawLine(QPointF(to.center().x(), to.top()), QPointF(to.center().x(), to.bottom()));
  const QFont& font = look.fonts[Type::captionPlain];
  const QRectF under(to.left(), to.bottom() + 6, to.width(), 16);
  paintText(painter, under, signedLabel(-reach_, reach_ / 4), font, look[Token::text2]);
  paintText(painter, under, "0", font, look[Token::text2], Qt::AlignHCenter);
  paintText(painter, under, signedLabel(reach_, reach_ / 4), font, look[Token::text2], Qt::AlignRight);
}

} // namespace loom
