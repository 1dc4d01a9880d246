// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/chip.h"
#include "app/studio/theme/paint.h"
#include <QFontMetrics>
#include <cmath>

namespace loom {
namespace {

struct ChipRow {
  Token ground, text;
};
// By ChipKind; outline has a border instead of a ground.
constexpr ChipRow chipRows[] = {{Token::fill, Token::text},       {Token::accentSoft, Token::accent},
                                {Token::okSoft, Token::ok},       {Token::warnSoft, Token::warn},
                                {Token::errorSoft, Token::error}, {Token::line, Token::text}};

} // namespace

int chipWidth(const Look& look, const QString& text, const QString& icon) {
  const int mark = icon.isEmpty() ? 0 : look.px(12 + 4);
  return QFontMetrics(look.fonts[Type::caption]).horizontalAdvance(text) + mark + look.px(16) + 1;
}

int paintChip(QPainter& painter, const QRectF& area, const QString& text, ChipKind kind, const Look& look,
              const QString& icon) {
  const ChipRow& row = chipRows[std::size_t(kind)];
  const int width = std::min(chipWidth(look, text, icon), int(area.width()));
  const int height = look.px(20);
  const QRectF box(area.left(), std::floor(area.center().y() - height / 2.0), width, height);
  if (kind == ChipKind::outline)
    paintBox(painter, box, {.border = look[row.ground], .radius = 3});
  else
    paintBox(painter, box, {.ground = look[row.ground], .radius = 3});
  QRectF words = box.adjusted(look.px(8), 0, -look.px(4), 0);
  if (!icon.isEmpty()) {
    const int size = look.px(12);
    look.icons.paint(painter, QRectF(words.left(), box.top(), size, height), icon, size, look[row.text]);
    words.setLeft(words.left() + look.px(16));
  }
  paintText(painter, words, text, look.fonts[Type::caption], look[row.text]);
  return width;
}

Chip::Chip(const QString& text, ChipKind kind, QWidget* parent) : QWidget(parent), text_(text), kind_(kind) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(text);
}

void Chip::setChip(const QString& text, ChipKind kind, const QString& icon) {
  text_ = text;
  kind_ = kind;
  icon_ = icon;
  setAccessibleName(text);
  updateGeometry();
  update();
}

QSize Chip::sizeHint() const { return {chipWidth(lookOf(this), text_, icon_), lookOf(this).px(20)}; }

void Chip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintChip(painter, rect(), text_, kind_, lookOf(this), icon_);
}

int keyCapWidth(const Look& look, const QString& key) {
  return QFontMetrics(look.fonts[Type::caption]).horizontalAdvance(key) + look.px(8) + 3;
}

int paintKeyCap(QPainter& painter, const QRectF& area, const QString& key, const Look& look) {
  const int width = keyCapWidth(look, key), height = look.px(16) + 2;
  const QRectF box(area.left(), std::floor(area.center().y() - height / 2.0), width, height);
  paintBox(painter, box, {.ground = look[Token::raised], .border = look[Token::line], .radius = 3});
  paintText(painter, box, key, look.fonts[Type::caption], look[Token::text2], Qt::AlignHCenter);
  return width;
}

KeyCap::KeyCap(const QString& key, QWidget* parent) : QWidget(parent), key_(key) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(key);
}

QSize KeyCap::sizeHint() const { return {keyCapWidth(lookOf(this), key_), lookOf(this).px(16) + 2}; }

void KeyCap::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintKeyCap(painter, rect(), key_, lookOf(this));
}

} // namespace loom
