// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/style_parts.h"

namespace loom {
namespace {

constexpr int arrowRoom = 24;

Box fieldBox(const Look& look, const QWidget* widget, const QStyleOption& option) {
  if (!isEnabled(option)) return {.border = look[Token::line]};
  Box box{.ground = look[Token::raised],
          .border = look[isHovered(option) ? Token::text2 : Token::lineStrong]};
  const FieldMark mark = markOf(widget);
  box.dashed = mark == FieldMark::automatic;
  if (mark == FieldMark::wrong) {
    box.border = look[Token::error];
    box.width = 2;
  }
  if (isOn(option, QStyle::State_HasFocus)) {
    box.dashed = false;
    box.width = 2;
    if (mark != FieldMark::wrong) box.border = look[Token::focus];
  }
  return box;
}

} // namespace

void drawFieldFrame(const StyleCall& call, const QStyleOption& option) {
  paintBox(call.painter, option.rect, fieldBox(call.look, call.widget, option));
}

void drawComboBox(const StyleCall& call, const QStyleOptionComboBox& option) {
  QStyleOption state = option;
  if (!isOn(option, QStyle::State_KeyboardFocusChange) && !option.editable)
    state.state &= ~QStyle::State_HasFocus;
  drawFieldFrame(call, state);
  const QRect arrow = comboRect(call.look, option, QStyle::SC_ComboBoxArrow);
  paintChevron(call.painter, QRectF(arrow).center() + QPointF(-1, .5), Side::down,
               call.look[isEnabled(option) ? Token::text2 : Token::textOff]);
}

void drawComboLabel(const StyleCall& call, const QStyleOptionComboBox& option) {
  if (option.editable) return;
  QRect area = comboRect(call.look, option, QStyle::SC_ComboBoxEditField);
  const QColor& colour = call.look[isEnabled(option) ? Token::text : Token::textOff];
  if (!option.currentIcon.isNull()) {
    const int size = call.look.px(16);
    call.look.icons.paint(call.painter, QRectF(area.left(), area.top(), size, area.height()),
                          option.currentIcon.name(), size,
                          call.look[isEnabled(option) ? Token::text2 : Token::textOff]);
    area.setLeft(area.left() + size + call.look.px(6));
  }
  const bool small = sizeOf(call.widget) == ControlSize::small;
  paintText(call.painter, area, option.currentText, call.look.fonts[small ? Type::small : Type::body],
            colour);
}

QRect comboRect(const Look& look, const QStyleOptionComboBox& option, QStyle::SubControl part) {
  const QRect& area = option.rect;
  const int room = look.px(arrowRoom);
  QRect rect = area;
  if (part == QStyle::SC_ComboBoxArrow) rect.setLeft(area.right() - room + 1);
  if (part == QStyle::SC_ComboBoxEditField)
    rect = area.adjusted(option.editable ? look.px(6) : look.px(8), 1, -room, -1);
  return QStyle::visualRect(option.direction, area, rect);
}

void drawSpinBox(const StyleCall& call, const QStyleOptionSpinBox& option) {
  drawFieldFrame(call, option);
  if (option.buttonSymbols == QAbstractSpinBox::NoButtons) return;
  const auto arrow = [&](QStyle::SubControl part, QAbstractSpinBox::StepEnabledFlag step, Side side) {
    const bool possible = isEnabled(option) && option.stepEnabled.testFlag(step);
    const bool active = possible && option.activeSubControls.testFlag(part) && isHovered(option);
    const QColor& colour = call.look[!possible ? Token::textOff : active ? Token::accent : Token::text2];
    const QRectF area = spinRect(call.look, option, part);
    paintChevron(call.painter, area.center() + QPointF(0, side == Side::up ? 1.5 : -.5), side, colour, 4);
  };
  arrow(QStyle::SC_SpinBoxUp, QAbstractSpinBox::StepUpEnabled, Side::up);
  arrow(QStyle::SC_SpinBoxDown, QAbstractSpinBox::StepDownEnabled, Side::down);
}

QRect spinRect(const Look& look, const QStyleOptionSpinBox& option, QStyle::SubControl part) {
  const QRect& area = option.rect;
  const int room = option.buttonSymbols == QAbstractSpinBox::NoButtons ? 1 : look.px(20);
  QRect rect = area;
  switch (part) {
  case QStyle::SC_SpinBoxUp:
    rect = QRect(area.right() - room, area.top() + 1, room, area.height() / 2 - 1);
    break;
  case QStyle::SC_SpinBoxDown:
    rect = QRect(area.right() - room, area.top() + area.height() / 2, room,
                 area.height() - area.height() / 2 - 1);
    break;
  case QStyle::SC_SpinBoxEditField:
    rect = area.adjusted(look.px(6), 2, -room, -2);
    break;
  default:
    break;
  }
  return QStyle::visualRect(option.direction, area, rect);
}

void drawSlider(const StyleCall& call, const QStyleOptionSlider& option) {
  const Look& look = call.look;
  const QRectF grip =
      call.style.subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, call.widget);
  const QRectF area = option.rect;
  const bool flat = option.orientation == Qt::Horizontal;
  const QRectF track = flat ? QRectF(area.left(), area.center().y() - 2, area.width(), 4)
                            : QRectF(area.center().x() - 2, area.top(), 4, area.height());
  paintBox(call.painter, track, {.ground = look[Token::sunken], .radius = 2});
  QRectF done = track;
  if (flat && !option.upsideDown)
    done.setRight(grip.center().x());
  else if (flat)
    done.setLeft(grip.center().x());
  else if (option.upsideDown)
    done.setTop(grip.center().y());
  else
    done.setBottom(grip.center().y());
  if (isEnabled(option)) paintBox(call.painter, done, {.ground = look[Token::accent], .radius = 2});
  const QColor& border =
      look[!isEnabled(option)                                                                ? Token::line
           : isHovered(option) && option.activeSubControls.testFlag(QStyle::SC_SliderHandle) ? Token::text
                                                                                             : Token::accent];
  const double size = look.px(14);
  const QRectF round(grip.center().x() - size / 2, grip.center().y() - size / 2, size, size);
  paintBox(call.painter, round,
           {.ground = look[Token::raised], .border = border, .radius = size / 2, .width = 2});
  if (isOn(option, QStyle::State_HasFocus) && isOn(option, QStyle::State_KeyboardFocusChange))
    paintBox(call.painter, round.adjusted(-3, -3, 3, 3),
             {.border = look[Token::focus], .radius = size / 2 + 3, .width = 2});
}

} // namespace loom
