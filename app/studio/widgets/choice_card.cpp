// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/choice_card.h"
#include "app/studio/theme/paint.h"

namespace loom {

ChoiceCard::ChoiceCard(const QString& icon, const QString& title, const QString& second, QWidget* parent)
    : QAbstractButton(parent), icon_(icon) {
  setCheckable(true);
  setAutoExclusive(true);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setWords(title, second);
}

void ChoiceCard::setWords(const QString& title, const QString& second) {
  setText(title);
  second_ = second;
  setAccessibleDescription(second);
  update();
}

void ChoiceCard::setFact(const QString& fact, const QString& note, Token noteColour) {
  fact_ = fact;
  note_ = note;
  noteColour_ = noteColour;
  update();
}

QSize ChoiceCard::sizeHint() const { return {lookOf(this).px(320), lookOf(this).px(56)}; }
QSize ChoiceCard::minimumSizeHint() const { return {lookOf(this).px(160), lookOf(this).px(56)}; }

void ChoiceCard::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const bool on = isChecked() && isEnabled();
  paintBox(painter, rect(),
           {.ground = look[underMouse() && isEnabled() && !on ? Token::hover : Token::raised],
            .border = look[on ? Token::accent : Token::line],
            .width = on ? 2.0 : 1.0});
  const Token text = isEnabled() ? Token::text : Token::textOff,
              quiet = isEnabled() ? Token::text2 : Token::textOff;
  const QFont &medium = look.fonts[Type::bodyMedium], &small = look.fonts[Type::small];
  const int side = look.px(12), size = look.px(20);
  look.icons.paint(painter, QRectF(side, 0, size, height()), icon_, size, look[on ? Token::accent : quiet]);
  const int upper = height() / 2 - look.px(20), line = look.px(20);
  const int factWidth =
      std::max(QFontMetrics(medium).horizontalAdvance(fact_), QFontMetrics(small).horizontalAdvance(note_));
  const double left = side + size + side, right = width() - side;
  const double end = right - (factWidth ? factWidth + side : 0);
  paintText(painter, QRectF(left, upper + 1, end - left, line), this->text(), medium, look[text]);
  paintText(painter, QRectF(left, upper + line - 1, end - left, line), second_, small, look[quiet]);
  paintText(painter, QRectF(end, upper + 1, right - end, line), fact_, medium, look[text], Qt::AlignRight);
  paintText(painter, QRectF(end, upper + line - 1, right - end, line), note_, small,
            look[isEnabled() ? noteColour_ : Token::textOff], Qt::AlignRight);
}

} // namespace loom
