// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/noted_field.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include <QEvent>

namespace loom {

NotedField::NotedField(const QString& text, QWidget* parent) : QLineEdit(text, parent) {
  connect(this, &QLineEdit::textChanged, this, &NotedField::makeRoom);
}

void NotedField::setNote(const QString& note) {
  note_ = note;
  makeRoom();
  update();
}

void NotedField::setAutomatic(const QString& value, const QString& from) {
  setText(value);
  setMark(this, FieldMark::automatic);
  setNote(from);
}

void NotedField::setPlain(const QString& value, const QString& note) {
  setText(value);
  setMark(this, FieldMark::plain);
  setNote(note);
}

// The value comes first: where both do not fit the note leaves, whole.
void NotedField::makeRoom() {
  const Look& look = lookOf(this);
  const int note =
      note_.isEmpty() ? 0 : QFontMetrics(look.fonts[Type::small]).horizontalAdvance(note_) + look.px(8);
  noted_ = note > 0 && note + QFontMetrics(font()).horizontalAdvance(text()) + look.px(20) <= width();
  setTextMargins(0, 0, noted_ ? note : 0, 0);
}

void NotedField::resizeEvent(QResizeEvent* event) {
  QLineEdit::resizeEvent(event);
  makeRoom();
  if (isReadOnly()) setCursorPosition(0);
}

void NotedField::paintEvent(QPaintEvent* event) {
  QLineEdit::paintEvent(event);
  if (!noted_) return;
  const Look& look = lookOf(this);
  QPainter painter(this);
  paintText(painter, QRectF(rect()).adjusted(look.px(8), 0, -look.px(8) - 1, 0), note_,
            look.fonts[Type::small], look[isEnabled() ? Token::text2 : Token::textOff], Qt::AlignRight);
}

void NotedField::changeEvent(QEvent* event) {
  QLineEdit::changeEvent(event);
  if (event->type() == QEvent::StyleChange) makeRoom();
}

} // namespace loom
