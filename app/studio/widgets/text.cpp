// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/text.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include <QEvent>
#include <QTextLayout>

namespace loom {
namespace {

// Lines of `text` at `width`, each `line` high. Calls `each` with every line; returns their number.
template<class Each>
int layOut(const QString& text, const QFont& font, double width, double line, Each each) {
  int count = 0;
  for (const QString& paragraph : text.split(u'\n')) {
    QTextLayout layout(paragraph, font);
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    layout.beginLayout();
    for (QTextLine next = layout.createLine(); next.isValid(); next = layout.createLine()) {
      next.setLineWidth(width);
      each(layout, next, count++ * line);
    }
    layout.endLayout();
    if (paragraph.isEmpty()) ++count;
  }
  return count;
}

} // namespace

Text::Text(const QString& text, Type type, Token colour, QWidget* parent)
    : QWidget(parent), text_(text), type_(type), colour_(colour) {
  setAccessibleName(text);
}

void Text::setText(const QString& text) {
  if (text == text_) return;
  text_ = text;
  setAccessibleName(text);
  updateGeometry();
  update();
}

void Text::setType(Type type) {
  type_ = type;
  updateGeometry();
  update();
}

void Text::setColour(Token colour) {
  colour_ = colour;
  update();
}

void Text::setWrap(bool wrap) {
  wrap_ = wrap;
  QSizePolicy policy(wrap ? QSizePolicy::Expanding : QSizePolicy::Preferred, QSizePolicy::Preferred);
  policy.setHeightForWidth(wrap);
  setSizePolicy(policy);
  updateGeometry();
}

void Text::setAlignment(Qt::Alignment alignment) {
  alignment_ = alignment;
  update();
}

QString Text::shown() const { return wrap_ ? visibleLines(text_) : visible(text_); }

int Text::line() const { return lookOf(this).px(lineHeight(type_)); }

QSize Text::sizeHint() const {
  const QFontMetrics metrics(lookOf(this).fonts[type_]);
  int width = 0;
  const QStringList lines = shown().split(u'\n');
  for (const QString& part : lines) width = std::max(width, metrics.horizontalAdvance(part) + 1);
  if (wrap_) width = std::min(width, lookOf(this).px(480));
  return {width, wrap_ ? heightForWidth(width) : line() * int(lines.size())};
}

QSize Text::minimumSizeHint() const {
  if (wrap_) return {lookOf(this).px(48), line()};
  return {std::min(sizeHint().width(), lookOf(this).px(24)), sizeHint().height()};
}

int Text::heightForWidth(int width) const {
  width = std::min(width, maximumWidth()); // a layout asks for all of its own width
  const QFont& font = lookOf(this).fonts[type_];
  return std::max(1, layOut(shown(), font, std::max(width, 1), line(), [](auto&, auto&, double) {})) * line();
}

void Text::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QFont& font = look.fonts[type_];
  const QColor& colour = look[isEnabled() ? colour_ : Token::textOff];
  if (!wrap_) {
    paintText(painter, QRectF(0, (height() - line()) / 2.0, width(), line()), text_, font, colour,
              alignment_);
    return;
  }
  painter.setPen(colour);
  painter.setFont(font);
  layOut(shown(), font, width(), line(), [&](QTextLayout& layout, QTextLine& part, double top) {
    const QString words = layout.text().mid(part.textStart(), part.textLength());
    painter.drawText(QRectF(0, top, width(), line()), int(alignment_) | Qt::AlignVCenter | Qt::TextSingleLine,
                     words);
  });
}

void Text::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) updateGeometry();
  QWidget::changeEvent(event);
}

} // namespace loom
