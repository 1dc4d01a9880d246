// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/style_parts.h"
#include "app/studio/theme/visible_text.h"
#include <QFontMetrics>
#include <QTableView>

namespace loom {

void drawRow(const StyleCall& call, const QStyleOptionViewItem& option) {
  const Look& look = call.look;
  const QRect& area = option.rect;
  if (option.backgroundBrush.style() != Qt::NoBrush) call.painter.fillRect(area, option.backgroundBrush);
  if (isOn(option, QStyle::State_Selected))
    call.painter.fillRect(area, look[isOn(option, QStyle::State_Active) ? Token::accentSoft : Token::fill]);
  else if (isHovered(option))
    call.painter.fillRect(area, look[Token::hover]);
  if (qobject_cast<const QTableView*>(call.widget))
    paintHorizontalLine(call.painter, area.left(), area.right() + 1, area.bottom(), look[Token::hover]);
}

void drawHeaderSection(const StyleCall& call, const QStyleOptionHeader& option) {
  const Look& look = call.look;
  const QRect& area = option.rect;
  call.painter.fillRect(area, look[isHovered(option) ? Token::hover : Token::surface]);
  paintHorizontalLine(call.painter, area.left(), area.right() + 1, area.bottom(), look[Token::line]);
}

void drawHeaderLabel(const StyleCall& call, const QStyleOptionHeader& option) {
  const Look& look = call.look;
  const bool sorted = option.sortIndicator != QStyleOptionHeader::None;
  const QFont& font = look.fonts[Type::caption];
  const QColor& colour = look[!isEnabled(option) ? Token::textOff : sorted ? Token::text : Token::text2];
  QRectF area = QRectF(option.rect).adjusted(look.px(8), 0, -look.px(8), -1);
  const int arrow = sorted ? look.px(14) : 0;
  area.setRight(area.right() - arrow);
  const Qt::Alignment align = option.textAlignment & Qt::AlignHorizontal_Mask;
  const int width = paintText(call.painter, area, option.text, font, colour, align);
  if (!sorted) return;
  const double left = align.testFlag(Qt::AlignRight)     ? area.right()
                      : align.testFlag(Qt::AlignHCenter) ? area.center().x() + width / 2.0
                                                         : area.left() + width;
  // SortDown is Qt's word for ascending order.
  const Side side = option.sortIndicator == QStyleOptionHeader::SortDown ? Side::up : Side::down;
  paintChevron(call.painter, QPointF(left + arrow - look.px(5), area.center().y() + .5), side, colour, 4.5);
}

void drawTab(const StyleCall& call, const QStyleOptionTab& option) {
  const Look& look = call.look;
  const bool current = isOn(option, QStyle::State_Selected);
  const QFont& font = look.fonts[Type::bodyMedium];
  const QColor& colour = look[!isEnabled(option)             ? Token::textOff
                              : current || isHovered(option) ? Token::text
                                                             : Token::text2];
  const QRectF area = QRectF(option.rect).adjusted(look.px(8), 0, -look.px(8), 0);
  paintText(call.painter, area, fromLabel(option.text), font, colour, Qt::AlignHCenter);
  if (current)
    call.painter.fillRect(QRectF(area.left(), option.rect.bottom() - 1, area.width(), 2),
                          look[Token::accent]);
  if (isOn(option, QStyle::State_HasFocus) && isOn(option, QStyle::State_KeyboardFocusChange))
    paintBox(call.painter, QRectF(option.rect).adjusted(2, 3, -2, -4),
             {.border = look[Token::focus], .width = 2});
}

void drawBranch(const StyleCall& call, const QStyleOption& option) {
  if (!isOn(option, QStyle::State_Children)) return;
  paintChevron(call.painter, QRectF(option.rect).center(),
               isOn(option, QStyle::State_Open) ? Side::down : Side::right, call.look[Token::text2], 5);
}

void drawDockTitle(const StyleCall& call, const QStyleOptionDockWidget& option) {
  const Look& look = call.look;
  const QRectF area = option.rect;
  call.painter.fillRect(area, look[Token::surface]);
  paintHorizontalLine(call.painter, area.left(), area.right(), area.bottom() - 1, look[Token::line]);
  paintText(call.painter, area.adjusted(look.px(12), 0, -look.px(60), -1), option.title,
            look.fonts[Type::smallStrong], look[Token::text]);
}

} // namespace loom
