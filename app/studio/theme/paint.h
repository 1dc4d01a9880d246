// SPDX-License-Identifier: GPL-3.0-or-later
// The few shapes that every control is made of, drawn on whole device pixels at every scale: lines are one
// unit, boxes have their border inside the rectangle given.
#pragma once
#include "app/studio/theme/look.h"
#include <QPainter>

namespace loom {

struct Box {
  QColor ground = {}; // invalid: none
  QColor border = {}; // invalid: none
  double radius = 4;
  double width = 1; // of the border
  bool dashed = false;
};
void paintBox(QPainter& painter, const QRectF& area, const Box& box);
void paintFocusRing(QPainter& painter, const QRectF& control, const Look& look,
                    double radius = 4); // 2 px, 1 px outside

// One unit thick. `y` and `x` are the upper and left edge of the line.
void paintHorizontalLine(QPainter& painter, double left, double right, double y, const QColor& colour);
void paintVerticalLine(QPainter& painter, double x, double top, double bottom, const QColor& colour);

enum class Side { left, right, up, down };
void paintChevron(QPainter& painter, const QPointF& centre, Side towards, const QColor& colour,
                  double size = 6);

// One line of text, hidden characters as escapes (visible_text.h), elided at its right, centred vertically. Returns the width taken.
int paintText(QPainter& painter, const QRectF& area, const QString& text, const QFont& font,
              const QColor& colour, Qt::Alignment align = Qt::AlignLeft);

} // namespace loom
