// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/segments.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>

namespace loom {

Segments::Segments(const QStringList& texts, int current, QWidget* parent)
    : QWidget(parent), current_(current) {
  for (const QString& text : texts) items_.append({text, {}, true});
  setFocusPolicy(Qt::TabFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Segments::setCurrent(int index) {
  current_ = index;
  setAccessibleDescription(items_.value(index).text);
  update();
}

void Segments::setText(int index, const QString& text) {
  if (items_[index].text == text) return;
  items_[index].text = text;
  updateGeometry();
  update();
}

void Segments::setItemEnabled(int index, bool enabled, const QString& reason) {
  items_[index].enabled = enabled;
  items_[index].reason = reason;
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
    const int width = metrics.horizontalAdvance(items_[i].text) + 2 * padding + 1;
    if (i == index) return {left, 0, width, height()};
    left += width;
  }
}

QSize Segments::sizeHint() const {
  const Look& look = lookOf(this);
  return {items_.isEmpty() ? 0 : rectOf(int(items_.size()) - 1).right() + 2,
          look.px(sizeOf(this) == ControlSize::small ? 24 : 28)};
}

int Segments::at(const QPoint& point) const {
  for (int i = 0; i < items_.size(); ++i)
    if (rectOf(i).contains(point)) return i;
  return -1;
}

void Segments::choose(int index) {
  if (index < 0 || index >= items_.size() || !items_[index].enabled || index == current_) return;
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
  for (int i = 0; i < items_.size(); ++i) {
    QRectF part = rectOf(i);
    if (i + 1 == items_.size()) part.setRight(all.right());
    const bool live = isEnabled() && items_[i].enabled;
    if (live && i == current_)
      painter.fillRect(part, look[Token::accentSoft]);
    else if (live && i == hovered_)
      painter.fillRect(part, look[Token::fill]);
    if (i > 0) paintVerticalLine(painter, part.left(), 0, height(), look[border]);
    const Token colour = !live ? Token::textOff : i == current_ ? Token::accent : Token::text;
    paintText(painter, part, items_[i].text, look.fonts[typeOf(this)], look[colour], Qt::AlignHCenter);
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
  int next = current_ + step;
  while (next >= 0 && next < items_.size() && !items_[next].enabled) next += step;
  choose(next);
}

bool Segments::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = at(help->pos());
    const QString reason = index < 0 ? QString() : items_[index].reason;
    if (!reason.isEmpty()) {
      QToolTip::showText(help->globalPos(), tipText(reason), this);
      return true;
    }
  }
  return QWidget::event(event);
}

} // namespace loom
