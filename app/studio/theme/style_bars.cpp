// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/style_parts.h"

namespace loom {

void drawScrollBar(const StyleCall& call, const QStyleOptionSlider& option) {
  if (!isEnabled(option) || option.maximum <= option.minimum) return;
  const QRectF slider = scrollBarRect(call.look, option, QStyle::SC_ScrollBarSlider);
  const bool active = option.activeSubControls.testFlag(QStyle::SC_ScrollBarSlider);
  const double opacity = active && isPressed(option) ? 1 : active && isHovered(option) ? .85 : .55;
  const bool flat = option.orientation == Qt::Horizontal;
  const QRectF thread = flat ? slider.adjusted(1, 1, -1, -1) : slider.adjusted(1, 1, -1, -1);
  paintBox(call.painter, thread, {.ground = withAlpha(call.look[Token::lineStrong], opacity), .radius = 4});
}

QRect scrollBarRect(const Look& look, const QStyleOptionSlider& option, QStyle::SubControl part) {
  const QRect& area = option.rect;
  if (part == QStyle::SC_ScrollBarGroove) return area;
  const bool flat = option.orientation == Qt::Horizontal;
  const int whole = flat ? area.width() : area.height();
  const qint64 range = qint64(option.maximum) - option.minimum;
  int length = whole;
  if (range > 0)
    length = std::clamp(int(qint64(option.pageStep) * whole / (range + option.pageStep)),
                        std::min(look.px(28), whole), whole);
  const int start = QStyle::sliderPositionFromValue(option.minimum, option.maximum, option.sliderPosition,
                                                    whole - length, option.upsideDown);
  const auto span = [&](int from, int size) {
    return flat ? QRect(area.left() + from, area.top(), size, area.height())
                : QRect(area.left(), area.top() + from, area.width(), size);
  };
  QRect rect;
  if (part == QStyle::SC_ScrollBarSlider) rect = span(start, length);
  if (part == QStyle::SC_ScrollBarSubPage) rect = span(0, start);
  if (part == QStyle::SC_ScrollBarAddPage) rect = span(start + length, whole - start - length);
  return flat ? QStyle::visualRect(option.direction, area, rect) : rect;
}

void drawSplitter(const StyleCall& call, const QStyleOption& option) {
  const bool touched = isHovered(option) || isPressed(option);
  const QRectF area = option.rect;
  const double thick = touched ? 2 : 1;
  const QRectF line = isOn(option, QStyle::State_Horizontal)
                          ? QRectF(std::floor(area.center().x()), area.top(), thick, area.height())
                          : QRectF(area.left(), std::floor(area.center().y()), area.width(), thick);
  call.painter.fillRect(line, call.look[touched ? Token::accent : Token::line]);
}

void drawProgressBar(const StyleCall& call, const QStyleOptionProgressBar& option) {
  const QRectF track(option.rect.left(), option.rect.center().y() - 1, option.rect.width(), 4);
  paintBox(call.painter, track, {.ground = call.look[Token::sunken], .radius = 2});
  const double range = double(option.maximum) - option.minimum;
  const double share = range > 0 ? std::clamp((option.progress - option.minimum) / range, 0.0, 1.0) : 0;
  if (share > 0)
    paintBox(call.painter, QRectF(track.topLeft(), QSizeF(track.width() * share, 4)),
             {.ground = call.look[Token::accent], .radius = 2});
}

} // namespace loom
