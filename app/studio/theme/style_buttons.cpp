// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/style_parts.h"
#include "app/studio/theme/visible_text.h"
#include <QFontMetrics>

namespace loom {
namespace {

struct Tint {
  QColor ground, border, text;
};

Tint tintOf(const Look& look, ButtonRole role, const QStyleOption& option) {
  if (!isEnabled(option)) {
    const bool bare = role != ButtonRole::plain && role != ButtonRole::primary && role != ButtonRole::danger;
    return {{}, bare ? QColor() : look[Token::line], look[Token::textOff]};
  }
  const bool hovered = isHovered(option), pressed = isPressed(option);
  if (isOn(option, QStyle::State_On)) {
    const bool bare = role == ButtonRole::icon || role == ButtonRole::ghost;
    return {look[Token::accentSoft], bare ? QColor() : look[Token::lineStrong], look[Token::accent]};
  }
  const QColor touched = pressed ? look[Token::sunken] : hovered ? look[Token::fill] : QColor();
  switch (role) {
  case ButtonRole::primary: {
    const QColor& ground = look[hovered || pressed ? Token::accentHover : Token::accent];
    return {ground, ground, look[Token::onAccent]};
  }
  case ButtonRole::danger:
    if (pressed) return {look[Token::error], look[Token::error], look[Token::onError]};
    return {look[hovered ? Token::errorSoft : Token::raised], look[Token::error], look[Token::error]};
  case ButtonRole::ghost:
    return {touched, {}, look[Token::text]};
  case ButtonRole::link:
    return {{}, {}, look[hovered || pressed ? Token::accentHover : Token::accent]};
  case ButtonRole::icon:
    return {touched, {}, look[hovered || pressed ? Token::text : Token::text2]};
  case ButtonRole::plain:
    break;
  }
  return {touched.isValid() ? touched : look[Token::raised], look[Token::lineStrong], look[Token::text]};
}

const QFont& buttonFont(const Look& look, const QWidget* widget) {
  return look.fonts[sizeOf(widget) == ControlSize::small ? Type::smallMedium : Type::bodyMedium];
}

int buttonPadding(const Look& look, const QWidget* widget) {
  if (roleOf(widget) == ButtonRole::link) return 0;
  const bool slim = roleOf(widget) == ButtonRole::ghost || sizeOf(widget) == ControlSize::small;
  return look.px(sizeOf(widget) == ControlSize::large ? 16 : slim ? 8 : 12);
}

// Icon, gap of 6, text, centred together; a chevron at the right when the button opens a menu.
void drawContents(const StyleCall& call, const QRect& area, const QString& text, const QString& iconName,
                  const QColor& colour, bool opensMenu) {
  const Look& look = call.look;
  const QFont& font = buttonFont(look, call.widget);
  const int icon = iconName.isEmpty() ? 0 : look.px(16);
  const int gap = icon && !text.isEmpty() ? look.px(6) : 0;
  const QString shown = fromLabel(text);
  const int width = QFontMetrics(font).horizontalAdvance(shown);
  const int arrow = opensMenu ? look.px(14) : 0;
  int x = std::max(area.left(), area.left() + (area.width() - icon - gap - width - arrow) / 2);
  if (icon)
    look.icons.paint(call.painter, QRectF(x, area.top(), icon, area.height()), iconName, icon, colour);
  x += icon + gap;
  if (!shown.isEmpty())
    paintText(call.painter, QRectF(x, area.top(), area.right() - arrow - x + 1, area.height()), shown, font,
              colour);
  if (opensMenu)
    paintChevron(call.painter,
                 QPointF(area.right() - buttonPadding(look, call.widget), area.center().y() + 1), Side::down,
                 colour, 5);
}

} // namespace

int controlHeight(const Look& look, const QWidget* widget) {
  const ControlSize size = sizeOf(widget);
  return look.px(size == ControlSize::small ? 24 : size == ControlSize::large ? 36 : 28);
}

void drawPushButton(const StyleCall& call, const QStyleOptionButton& option) {
  const Tint tint = tintOf(call.look, roleOf(call.widget), option);
  paintBox(call.painter, option.rect, {.ground = tint.ground, .border = tint.border});
  drawContents(call, option.rect, option.text, option.icon.name(), tint.text,
               option.features.testFlag(QStyleOptionButton::HasMenu));
}

void drawToolButton(const StyleCall& call, const QStyleOptionToolButton& option) {
  QStyleOption state = option;
  if (!option.activeSubControls.testFlag(QStyle::SC_ToolButton)) state.state &= ~QStyle::State_Sunken;
  const Tint tint = tintOf(call.look, roleOf(call.widget), state);
  paintBox(call.painter, option.rect, {.ground = tint.ground, .border = tint.border});
  const bool words = option.toolButtonStyle != Qt::ToolButtonIconOnly || option.icon.isNull();
  const bool opensMenu = words && option.features.testFlag(QStyleOptionToolButton::HasMenu);
  drawContents(call, option.rect, words ? option.text : QString(), option.icon.name(), tint.text, opensMenu);
}

void drawCheck(const StyleCall& call, const QStyleOption& option, bool hovered) {
  const Look& look = call.look;
  const bool on = isOn(option, QStyle::State_On), partly = isOn(option, QStyle::State_NoChange);
  const QRectF area = option.rect;
  if (!isEnabled(option)) {
    paintBox(call.painter, area, {.border = look[Token::line], .radius = 3});
  } else if (on || partly) {
    paintBox(call.painter, area, {.ground = look[Token::accent], .border = look[Token::accent], .radius = 3});
  } else {
    paintBox(call.painter, area,
             {.ground = look[Token::raised],
              .border = look[hovered ? Token::text2 : Token::lineStrong],
              .radius = 3});
  }
  if (!on && !partly) return;
  const QColor& mark = look[isEnabled(option) ? Token::onAccent : Token::textOff];
  const double unit = area.width() / 16;
  call.painter.save();
  call.painter.setRenderHint(QPainter::Antialiasing);
  call.painter.setPen(QPen(mark, 1.75 * unit, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const auto at = [&](double x, double y) { return area.topLeft() + QPointF(x, y) * unit; };
  const QPointF tick[] = {at(4.4, 8.3), at(6.9, 11), at(11.6, 5.3)};
  const QPointF dash[] = {at(4.5, 8), at(11.5, 8)};
  call.painter.drawPolyline(partly ? dash : tick, partly ? 2 : 3);
  call.painter.restore();
}

void drawRadio(const StyleCall& call, const QStyleOption& option, bool hovered) {
  const Look& look = call.look;
  const bool on = isOn(option, QStyle::State_On);
  const QRectF area = option.rect;
  const double radius = area.width() / 2;
  if (!isEnabled(option))
    paintBox(call.painter, area, {.border = look[Token::line], .radius = radius, .width = on ? 5.0 : 1.0});
  else if (on)
    paintBox(call.painter, area,
             {.ground = look[Token::raised],
              .border = look[Token::accent],
              .radius = radius,
              .width = 5 * area.width() / 16});
  else
    paintBox(call.painter, area,
             {.ground = look[Token::raised],
              .border = look[hovered ? Token::text2 : Token::lineStrong],
              .radius = radius});
}

QSize pushButtonSize(const Look& look, const QStyleOptionButton& option, const QWidget* widget) {
  const bool link = roleOf(widget) == ButtonRole::link;
  const int height =
      link ? look.px(sizeOf(widget) == ControlSize::small ? 16 : 20) : controlHeight(look, widget);
  if (roleOf(widget) == ButtonRole::icon && option.text.isEmpty()) return {height, height};
  const QString shown = fromLabel(option.text);
  const int icon = option.icon.isNull() ? 0 : look.px(16) + (shown.isEmpty() ? 0 : look.px(6));
  const int arrow = option.features.testFlag(QStyleOptionButton::HasMenu) ? look.px(14) : 0;
  const int width = QFontMetrics(buttonFont(look, widget)).horizontalAdvance(shown);
  return {icon + width + arrow + 2 * buttonPadding(look, widget) + 1, height};
}

QSize toolButtonSize(const Look& look, const QStyleOptionToolButton& option, const QWidget* widget) {
  const int height = controlHeight(look, widget);
  if (option.toolButtonStyle == Qt::ToolButtonIconOnly && !option.icon.isNull()) return {height, height};
  const int icon = option.icon.isNull() ? 0 : look.px(16 + 6);
  const int arrow = option.features.testFlag(QStyleOptionToolButton::HasMenu) ? look.px(14) : 0;
  const QString shown = fromLabel(option.text);
  return {icon + QFontMetrics(buttonFont(look, widget)).horizontalAdvance(shown) + arrow + 2 * look.px(8) + 1,
          height};
}

} // namespace loom
