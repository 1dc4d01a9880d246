// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/keys.h"
#include "app/studio/theme/style_parts.h"
#include "app/studio/theme/visible_text.h"
#include <QFontMetrics>

namespace loom {
namespace {

constexpr int iconColumn = 24; // icon or tick, and the gap behind it

} // namespace

void drawMenuPanel(const StyleCall& call, const QRect& area) {
  // The mask cuts the corners; what it leaves of them must be menu, not the window's ground.
  call.painter.fillRect(area, call.look[Token::raised]);
  paintBox(call.painter, area,
           {.ground = call.look[Token::raised], .border = call.look[Token::lineStrong], .radius = 6});
}

void drawMenuItem(const StyleCall& call, const QStyleOptionMenuItem& option) {
  const Look& look = call.look;
  const QRect& area = option.rect;
  if (option.menuItemType == QStyleOptionMenuItem::Separator) {
    paintHorizontalLine(call.painter, area.left(), area.right() + 1, area.center().y(), look[Token::line]);
    return;
  }
  const bool chosen = isOn(option, QStyle::State_Selected) && isEnabled(option);
  if (chosen) call.painter.fillRect(area, look[Token::accentSoft]);
  const QColor& colour = look[isEnabled(option) ? Token::text : Token::textOff];
  const QColor& quiet = look[isEnabled(option) ? Token::text2 : Token::textOff];
  const int pad = look.px(12), size = look.px(16);
  const QRectF mark(area.left() + pad, area.top(), size, area.height());
  if (option.checked)
    look.icons.paint(call.painter, mark, QStringLiteral("check"), size,
                     look[isEnabled(option) ? Token::accent : Token::textOff]);
  else if (!option.icon.isNull())
    look.icons.paint(call.painter, mark, option.icon.name(), size, chosen ? look[Token::accent] : quiet);
  const QStringList parts = option.text.split(u'\t');
  const QRectF words = QRectF(area).adjusted(pad + look.px(iconColumn), 0, -pad, 0);
  paintText(call.painter, words, fromLabel(parts.value(0)), look.fonts[Type::body], colour);
  if (parts.size() > 1)
    paintText(call.painter, words, keyText(parts[1]), look.fonts[Type::small], quiet, Qt::AlignRight);
  if (option.menuItemType == QStyleOptionMenuItem::SubMenu)
    paintChevron(call.painter, QPointF(area.right() - pad + 2, area.center().y() + .5), Side::right, quiet,
                 5);
}

void drawMenuBarItem(const StyleCall& call, const QStyleOptionMenuItem& option) {
  const Look& look = call.look;
  const bool open = isOn(option, QStyle::State_Selected) || isPressed(option);
  if (open && isEnabled(option)) paintBox(call.painter, option.rect, {.ground = look[Token::fill]});
  paintText(call.painter, option.rect, fromLabel(option.text), look.fonts[Type::body],
            look[isEnabled(option) ? Token::text : Token::textOff], Qt::AlignHCenter);
}

QSize menuItemSize(const Look& look, const QStyleOptionMenuItem& option, const QSize& contents) {
  if (option.menuItemType == QStyleOptionMenuItem::Separator) return {look.px(80), look.px(9)};
  const QString words = fromLabel(option.text.section(u'\t', 0, 0));
  const int gap =
      option.text.contains(u'\t') || option.menuItemType == QStyleOptionMenuItem::SubMenu ? look.px(32) : 0;
  const int width =
      QFontMetrics(look.fonts[Type::body]).horizontalAdvance(words) + gap + look.px(12 + iconColumn + 12) + 2;
  return {std::max(width, contents.width()), look.px(28)};
}

} // namespace loom
