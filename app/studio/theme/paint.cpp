// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include <QFontMetrics>
#include <algorithm>

namespace loom {

void paintBox(QPainter& painter, const QRectF& area, const Box& box) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const double inset = box.border.isValid() ? box.width / 2 : 0;
  painter.setPen(Qt::NoPen);
  if (box.border.isValid()) {
    QPen pen(box.border, box.width);
    if (box.dashed) pen.setDashPattern({3, 2});
    painter.setPen(pen);
  }
  painter.setBrush(box.ground.isValid() ? QBrush(box.ground) : QBrush(Qt::NoBrush));
  const double radius = std::max(0.0, box.radius - inset);
  painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius, radius);
  painter.restore();
}

void paintFocusRing(QPainter& painter, const QRectF& control, const Look& look, double radius) {
  paintBox(painter, control.adjusted(-3, -3, 3, 3),
           {.border = look[Token::focus], .radius = radius + 3, .width = 2});
}

void paintHorizontalLine(QPainter& painter, double left, double right, double y, const QColor& colour) {
  painter.fillRect(QRectF(left, y, right - left, 1), colour);
}

void paintVerticalLine(QPainter& painter, double x, double top, double bottom, const QColor& colour) {
  painter.fillRect(QRectF(x, top, 1, bottom - top), colour);
}

void paintChevron(QPainter& painter, const QPointF& centre, Side towards, const QColor& colour, double size) {
  const double wide = size / 2 + 1, deep = size / 4 + .5;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(colour, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const bool upright = towards == Side::up || towards == Side::down;
  const double sign = towards == Side::down || towards == Side::right ? 1 : -1;
  const auto at = [&](double along, double across) {
    return centre + (upright ? QPointF(along, across * sign) : QPointF(across * sign, along));
  };
  const QPointF points[] = {at(-wide, -deep), at(0, deep), at(wide, -deep)};
  painter.drawPolyline(points, 3);
  painter.restore();
}

int paintText(QPainter& painter, const QRectF& area, const QString& text, const QFont& font,
              const QColor& colour, Qt::Alignment align) {
  const QFontMetrics metrics(font);
  const QString shown = metrics.elidedText(visible(text), Qt::ElideRight, int(area.width()) + 1);
  painter.setFont(font);
  painter.setPen(colour);
  painter.drawText(area, int(align) | Qt::AlignVCenter | Qt::TextSingleLine, shown);
  return metrics.horizontalAdvance(shown);
}

} // namespace loom
