// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/series_plottable.h"
#include <algorithm>
#include <cmath>

namespace loom {

SeriesPlottable::SeriesPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis, const Look& look)
    : QCPAbstractPlottable(keyAxis, valueAxis), look_(&look) {
  setSelectable(QCP::stNone);
  setAntialiased(true);
}

void SeriesPlottable::setBuckets(QVector<Bucket> buckets, const XScale& scale) {
  buckets_ = std::move(buckets);
  scale_ = scale;
  smooth();
}

void SeriesPlottable::setStyle(const CurveStyle& style) {
  const bool again = style.smoothing != style_.smoothing;
  style_ = style;
  if (again) smooth();
}

// y_t = sum of a^(distance) · x / sum of a^(distance): the first points are not pulled towards zero, and gaps
// count as long as they are.
void SeriesPlottable::smooth() {
  smoothed_.resize(buckets_.size());
  double sum = 0, weight = 0;
  std::int64_t before = 0;
  // The factor is meant per point as it was logged; a bucket holds `count` of them.
  for (qsizetype index = 0; index < buckets_.size(); ++index) {
    const auto& bucket = buckets_[index];
    if (!std::isfinite(bucket.mean)) {
      smoothed_[index] = std::nan("");
      continue;
    }
    if (style_.smoothing <= 0) {
      smoothed_[index] = bucket.mean;
      continue;
    }
    const double distance =
        index == 0 ? 1.0 : std::max<double>(1.0, static_cast<double>(bucket.lastStep - before));
    const double keep = std::pow(style_.smoothing, distance);
    before = bucket.lastStep;
    sum = sum * keep + (1 - keep) * bucket.mean;
    weight = weight * keep + (1 - keep);
    smoothed_[index] = sum / weight;
  }
}

std::optional<double> SeriesPlottable::valueAt(double x) const {
  const double least = 1e-9 / (scale_.byTime() ? scale_.secondsPerUnit : scale_.stepsPerUnit);
  auto after =
      std::upper_bound(buckets_.begin(), buckets_.end(), x + least,
                       [this](double wanted, const Bucket& bucket) { return wanted < scale_.first(bucket); });
  if (after == buckets_.begin()) return std::nullopt;
  return smoothed_[(after - buckets_.begin()) - 1];
}

bool SeriesPlottable::hasNonPositive() const {
  return std::any_of(buckets_.begin(), buckets_.end(),
                     [](const Bucket& bucket) { return bucket.minimum <= 0; });
}

std::optional<double> SeriesPlottable::lastValue() const {
  for (qsizetype index = smoothed_.size(); index-- > 0;)
    if (std::isfinite(smoothed_[index])) return smoothed_[index];
  return std::nullopt;
}

QCPRange SeriesPlottable::values(bool positiveOnly, const QCPRange& within) const {
  double low = 1e308, high = -1e308;
  for (qsizetype index = 0; index < buckets_.size(); ++index) {
    const auto& bucket = buckets_[index];
    if (scale_.last(bucket) < within.lower || scale_.first(bucket) > within.upper) continue;
    for (const double value : {style_.band || style_.raw ? bucket.minimum : smoothed_[index],
                               style_.band || style_.raw ? bucket.maximum : smoothed_[index]}) {
      if (!std::isfinite(value) || (positiveOnly && value <= 0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return low > high ? QCPRange(0, 0) : QCPRange(low, high);
}

double SeriesPlottable::selectTest(const QPointF&, bool, QVariant*) const { return -1; }

QCPRange SeriesPlottable::getKeyRange(bool& found, QCP::SignDomain) const {
  found = !buckets_.isEmpty();
  return found ? QCPRange(scale_.first(buckets_.first()), scale_.last(buckets_.last())) : QCPRange();
}

QCPRange SeriesPlottable::getValueRange(bool& found, QCP::SignDomain signs, const QCPRange& keys) const {
  const QCPRange range =
      values(signs == QCP::sdPositive, keys == QCPRange() ? QCPRange(-1e300, 1e300) : keys);
  found = range.size() > 0 || range.lower != 0;
  return range;
}

// Single segments: a polyline whose pen is wider than one device pixel goes through the path stroker, 25
// times slower; dashes are cut here for the same reason.
void SeriesPlottable::line(QCPPainter* painter, const QVector<QPointF>& points, const QColor& colour,
                           double width) const {
  QPen pen(colour, width);
  pen.setCapStyle(style_.dash.isEmpty() ? Qt::RoundCap : Qt::FlatCap);
  painter->setPen(pen);
  painter->setBrush(Qt::NoBrush);
  QVector<QLineF> segments;
  segments.reserve(points.size());
  qsizetype dash = 0;
  double left = style_.dash.isEmpty() ? 0 : style_.dash.front();
  for (qsizetype index = 1; index < points.size(); ++index) {
    const QPointF from = points[index - 1], to = points[index];
    if (!std::isfinite(from.y()) || !std::isfinite(to.y())) continue;
    const QLineF whole(from, to);
    if (style_.dash.isEmpty()) {
      segments.append(whole);
      continue;
    }
    const double length = whole.length();
    for (double at = 0; at < length;) {
      const double piece = std::min(left, length - at);
      if (dash % 2 == 0 && piece > 0)
        segments.append({whole.pointAt(at / length), whole.pointAt((at + piece) / length)});
      at += piece;
      left -= piece;
      if (left <= 1e-9) {
        dash = (dash + 1) % style_.dash.size();
        left = std::max(style_.dash[dash], 0.5);
      }
    }
  }
  if (!segments.isEmpty()) painter->drawLines(segments);
}

QRect SeriesPlottable::clipRect() const { return QCPAbstractPlottable::clipRect().adjusted(-4, -4, 5, 1); }

void SeriesPlottable::draw(QCPPainter* painter) {
  if (buckets_.isEmpty() || !mKeyAxis || !mValueAxis) return;
  const QColor colour = look_->theme().seriesAt(style_.colour);
  const bool log = mValueAxis->scaleType() == QCPAxis::stLogarithmic;
  const QRect area = QCPAbstractPlottable::clipRect();
  const auto first = [&](const Bucket& bucket) { return mKeyAxis->coordToPixel(scale_.first(bucket)); };
  const auto middle = [&](const Bucket& bucket) {
    return (first(bucket) + mKeyAxis->coordToPixel(scale_.last(bucket))) / 2;
  };
  const auto y = [&](double value) {
    if (!std::isfinite(value) || (log && value <= 0)) return std::nan("");
    return std::clamp(mValueAxis->coordToPixel(value), -1e5, 1e5);
  };
  painter->setAntialiasing(true);

  const bool spread = std::any_of(buckets_.begin(), buckets_.end(), [](const Bucket& bucket) {
    return bucket.count > 1 && bucket.maximum > bucket.minimum;
  });
  if (style_.band && spread) {
    painter->setAntialiasing(false);
    const QColor soft = withAlpha(colour, 0.18);
    for (const auto& bucket : buckets_) {
      const double low = y(log ? std::max(bucket.minimum, 1e-300) : bucket.minimum), high = y(bucket.maximum);
      if (!std::isfinite(low) || !std::isfinite(high)) continue;
      const double left = first(bucket);
      const double right = std::max(left + 1, mKeyAxis->coordToPixel(scale_.behind(bucket)));
      painter->fillRect(QRectF(QPointF(left, high), QPointF(right, std::max(low, high + 1))), soft);
    }
    painter->setAntialiasing(true);
  }
  if (style_.raw && style_.smoothing > 0) {
    // One upright stroke a bucket from its least to its greatest value, joined through the means.
    QVector<QLineF> strokes;
    QPointF before(std::nan(""), std::nan(""));
    for (const auto& bucket : buckets_) {
      const double at = middle(bucket);
      const double mean = y(bucket.mean);
      if (std::isfinite(mean) && std::isfinite(before.y())) strokes.append({before, QPointF(at, mean)});
      const double low = y(bucket.minimum), high = y(bucket.maximum);
      if (std::isfinite(low) && std::isfinite(high) && low - high > 1)
        strokes.append({QPointF(at, low), QPointF(at, high)});
      before = QPointF(at, mean);
    }
    painter->setPen(QPen(withAlpha(colour, 0.28), 0));
    painter->drawLines(strokes);
  }
  QVector<QPointF> points;
  points.reserve(buckets_.size());
  for (qsizetype index = 0; index < buckets_.size(); ++index) {
    const auto& bucket = buckets_[index];
    points << QPointF(middle(bucket), y(smoothed_[index]));
  }
  line(painter, points, colour, style_.future ? 1.25 : style_.dots ? 1.5 : 1.75);
  painter->setPen(Qt::NoPen);
  if (style_.dots || points.size() == 1) { // one point is no line, but it is there
    painter->setBrush(colour);
    for (const auto& point : points)
      if (std::isfinite(point.y())) painter->drawEllipse(point, 2.5, 2.5);
  }
  if (style_.live) {
    const auto last = std::find_if(points.rbegin(), points.rend(),
                                   [](const QPointF& point) { return std::isfinite(point.y()); });
    if (last != points.rend()) {
      painter->setPen(QPen(colour, 2));
      painter->setBrush((*look_)[Token::raised]);
      painter->drawEllipse(*last, 3.5, 3.5);
    }
  }
  // What is no number stands as a cross at the upper edge, at its step.
  painter->setPen(QPen((*look_)[Token::error], 1.75));
  for (const auto& bucket : buckets_) {
    if (bucket.nonFinite == 0) continue;
    const QPointF at(middle(bucket), area.top() + 8);
    painter->drawLine(at + QPointF(-4, -4), at + QPointF(4, 4));
    painter->drawLine(at + QPointF(4, -4), at + QPointF(-4, 4));
  }
}

void SeriesPlottable::drawLegendIcon(QCPPainter*, const QRectF&) const {}

} // namespace loom
