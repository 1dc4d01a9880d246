// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/segments.h"
#include "app/studio/theme/paint.h"
#include <QKeyEvent>

namespace loom {

Segments::Segments(const QStringList& texts, int current, QWidget* parent)
    : QWidget(parent), current_(current) {
  texts_ = texts;
  setFocusPolicy(Qt::TabFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Segments::setCurrent(int index) {
  current_ = index;
  setAccessibleDescription(texts_.value(index));
  update();
}

void Segments::setText(int index, const QString& text) {
  if (texts_[index] == text) return;
  texts_[index] = text;
  updateGeometry();
  update();
}

namespace {
Type typeOf(const QWidget* widget) {
  return sizeOf(widget) == ControlSize::small ? Type::smallMedium : Type::bodyMedium;
}
int paddingOf(const QWidget* widget) { return sizeOf(widget) == ControlSize::small ? 8 : 12; }
} // namespace

QRect Segments::rectOf(int index) const {
  const Look& look = lookOf(this);
  const QFontMetrics metrics(look.fonts[typeOf(this)]);
  const int padding = look.px(paddingOf(this));
  int left = 0;
  for (int i = 0;; ++i) {
    const int width = metrics.horizontalAdvance(texts_[i]) + 2 * padding + 1;
    if (i == index) return {left, 0, width, height()};
    left += width;
  }
}

QSize Segments::sizeHint() const {
  const Look& look = lookOf(this);
  return {texts_.isEmpty() ? 0 : rectOf(int(texts_.size()) - 1).right() + 2,
          look.px(sizeOf(this) == ControlSize::small ? 24 : 28)};
}

int Segments::at(const QPoint& point) const {
  for (int i = 0; i < texts_.size(); ++i)
    if (rectOf(i).contains(point)) return i;
  return -1;
}

void Segments::choose(int index) {
  if (index < 0 || index >= texts_.size() || index == current_) return;
  setCurrent(index);
  Q_EMIT chosen(index);
}

void Segments::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QRectF all = QRectF(rect());
  const Token border = isEnabled() ? Token::lineStrong : Token::line;
  QPainterPath inside;
  inside.addRoundedRect(all.adjusted(.5, .5, -.5, -.5), 3.5, 3.5);
  if (isEnabled()) paintBox(painter, all, {.ground = look[Token::raised]});
  painter.save();
  painter.setClipPath(inside);
  for (int i = 0; i < texts_.size(); ++i) {
    QRectF part = rectOf(i);
    if (i + 1 == texts_.size()) part.setRight(all.right());
    const bool live = isEnabled();
    if (live && i == current_)
      painter.fillRect(part, look[Token::accentSoft]);
    else if (live && i == hovered_)
      painter.fillRect(part, look[Token::fill]);
    if (i > 0) paintVerticalLine(painter, part.left(), 0, height(), look[border]);
    const Token colour = !live ? Token::textOff : i == current_ ? Token::accent : Token::text;
    paintText(painter, part, texts_[i], look.fonts[typeOf(this)], look[colour], Qt::AlignHCenter);
  }
  painter.restore();
  paintBox(painter, all, {.border = look[border]});
  if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
    paintBox(painter, QRectF(rectOf(std::max(current_, 0))).adjusted(0, 0, 1, 0),
             {.border = look[Token::focus], .width = 2});
}

void Segments::mousePressEvent(QMouseEvent* event) { choose(at(event->position().toPoint())); }

void Segments::mouseMoveEvent(QMouseEvent* event) {
  const int now = at(event->position().toPoint());
  if (now == hovered_) return;
  hovered_ = now;
  update();
}

void Segments::leaveEvent(QEvent*) {
  hovered_ = -1;
  update();
}

void Segments::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down ? 1
                   : event->key() == Qt::Key_Left || event->key() == Qt::Key_Up  ? -1
                                                                                 : 0;
  if (step == 0) return QWidget::keyPressEvent(event);
  choose(current_ + step);
}

} // namespace loom
