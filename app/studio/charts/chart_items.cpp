// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/chart_items.h"
#include "app/studio/theme/paint.h"
#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

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
  const double height = std::ceil(metrics.height());
  constexpr int lanes = 3;
  std::vector<QRectF> taken; // where words stand: others go below them
  QVector<ChartMarker> order = markers_;
  std::stable_partition(order.begin(), order.end(), [](const ChartMarker& marker) { return marker.flag; });
  for (const auto& marker : order) {
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
      taken.emplace_back(x, area.top(), 9, height);
    }
    if (marker.text.isEmpty()) continue;
    const double width = metrics.horizontalAdvance(marker.text);
    // Words stand at the side that has room: the left one for a rate, the right one for a flag.
    const double right = x + (marker.flag ? 13 : 6), left = x - 6 - width;
    const bool leftFirst = !marker.flag || right + width > area.right();
    const auto place = [&]() -> std::optional<QRectF> {
      for (int lane = 0; lane < lanes; ++lane)
        for (const double from : {leftFirst ? left : right, leftFirst ? right : left}) {
          const QRectF room(from, area.top() + lane * height, width, height);
          if (room.left() < area.left() || room.right() > area.right() + 1) continue;
          if (std::none_of(taken.begin(), taken.end(),
                           [&](const QRectF& other) { return other.adjusted(-3, 0, 3, 0).intersects(room); }))
            return room;
        }
      return std::nullopt;
    };
    const auto room = place();
    if (!room) continue;
    taken.push_back(*room);
    painter->setPen(colour);
    painter->setFont(font);
    painter->drawText(QPointF(room->left(), area.top() + 9 + (room->top() - area.top())), marker.text);
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
