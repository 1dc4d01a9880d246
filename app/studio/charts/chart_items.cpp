// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/chart_items.h"
#include "app/studio/theme/paint.h"
#include <cmath>

namespace loom {

MarkerItem::MarkerItem(QCustomPlot* plot, const Look& look) : QCPAbstractItem(plot), look_(&look) {
  setSelectable(false);
}

void MarkerItem::draw(QCPPainter* painter) {
  const QRect area = parentPlot()->axisRect()->rect();
  const auto* axis = parentPlot()->xAxis;
  const QFont& font = look_->fonts[Type::captionPlain];
  const QFontMetricsF metrics(font);
  painter->setAntialiasing(false);
  double taken = -1e9; // where the words of the marker before end
  for (const auto& marker : markers_) {
    const double x = std::round(axis->coordToPixel(marker.x));
    if (x < area.left() || x > area.right() + 1) continue;
    const QColor colour = (*look_)[marker.flag ? Token::ok : Token::text2];
    QPen pen(colour, 1);
    pen.setDashPattern({2, 3});
    painter->setPen(pen);
    painter->drawLine(QPointF(x + .5, area.top()), QPointF(x + .5, area.bottom()));
    if (marker.flag) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(colour);
      painter->drawRect(QRectF(x, area.top() + 1, 9, 7));
    }
    if (marker.text.isEmpty()) continue;
    const double width = metrics.horizontalAdvance(marker.text);
    const double right = x + (marker.flag ? 13 : 6);
    // Words stand at the side that has room: the left one for a rate, the right one for a flag.
    const bool left = (!marker.flag && x - 6 - width > std::max<double>(area.left(), taken)) ||
                      right + width > area.right();
    const double from = left ? x - 6 - width : right;
    if (from < area.left() || (from < taken && !marker.flag)) continue;
    painter->setPen(colour);
    painter->setFont(font);
    painter->drawText(QPointF(from, area.top() + 9), marker.text);
    taken = std::max(x + 2, from + width + 6);
  }
}

CrossItem::CrossItem(QCustomPlot* plot, const Look& look) : QCPAbstractItem(plot), look_(&look) {
  setSelectable(false);
  setClipToAxisRect(false);
}

void CrossItem::setCross(std::optional<double> x, const QString& tag, const QVector<Dot>& dots) {
  x_ = x;
  tag_ = tag;
  dots_ = dots;
}

void CrossItem::draw(QCPPainter* painter) {
  if (!x_) return;
  const QRect area = parentPlot()->axisRect()->rect();
  const double at = parentPlot()->xAxis->coordToPixel(*x_);
  if (at < area.left() - 1 || at > area.right() + 2) return;
  const double x = std::round(at);
  painter->setAntialiasing(false);
  painter->setPen(QPen((*look_)[Token::text], 1));
  painter->drawLine(QPointF(x + .5, area.top()), QPointF(x + .5, area.bottom()));
  painter->setAntialiasing(true);
  for (const auto& dot : dots_) {
    const double y = parentPlot()->yAxis->coordToPixel(dot.value);
    if (!std::isfinite(y) || y < area.top() || y > area.bottom()) continue;
    painter->setPen(QPen((*look_)[Token::surface], 1.5));
    painter->setBrush(look_->theme().seriesAt(dot.colour));
    painter->drawEllipse(QPointF(x + .5, y), 3.5, 3.5);
  }
  const QFont& font = look_->fonts[Type::captionPlain];
  const double width = QFontMetricsF(font).horizontalAdvance(tag_) + 12, height = look_->px(16);
  const double left = std::clamp(x - width / 2, 0.0, std::max(0.0, parentPlot()->width() - width));
  painter->setPen(Qt::NoPen);
  painter->setBrush((*look_)[Token::text]);
  painter->drawRoundedRect(QRectF(std::round(left), area.bottom() + 5, width, height), 2, 2);
  painter->setFont(font);
  painter->setPen((*look_)[Token::surface]);
  painter->drawText(QRectF(std::round(left), area.bottom() + 5, width, height), Qt::AlignCenter, tag_);
}

} // namespace loom
