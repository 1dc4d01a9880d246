// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/rail.h"
#include "app/studio/theme/keys.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include <QEvent>
#include <QVBoxLayout>

namespace loom {

RailButton::RailButton(const PageRow& row, QWidget* parent) : QAbstractButton(parent), row_(row) {
  setText(tr(row.title));
  setCheckable(true);
  setAutoExclusive(true);
  setFocusPolicy(Qt::TabFocus);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void RailButton::setDot(bool on) {
  dot_ = on;
  update();
}

void RailButton::setLow(bool low) {
  if (low == low_) return;
  low_ = low;
  updateGeometry();
}

QSize RailButton::sizeHint() const { return {lookOf(this).px(64), lookOf(this).px(low_ ? 48 : 56)}; }

void RailButton::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const Token colour = !isEnabled()   ? Token::textOff
                       : isChecked()  ? Token::accent
                       : underMouse() ? Token::text
                                      : Token::text2;
  const int icon = look.px(24), line = look.px(16);
  const double top = std::floor((height() - icon - 2 - line) / 2.0);
  if (isChecked()) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(look[Token::accent]);
    painter.setClipRect(QRectF(0, 0, 3, height()));
    painter.drawRoundedRect(QRectF(-3, look.px(8), 6, height() - 2 * look.px(8)), 2, 2);
    painter.restore();
  }
  look.icons.paint(painter, QRectF(0, top, width(), icon), QString::fromLatin1(row_.icon), icon,
                   look[colour]);
  paintText(painter, QRectF(0, top + icon + 2, width(), line), text(), look.fonts[Type::caption],
            look[colour], Qt::AlignHCenter);
  if (dot_)
    paintBox(painter, QRectF(width() / 2.0 + look.px(10), look.px(8), 8, 8),
             {.ground = look[Token::accent], .border = look[Token::window], .radius = 4});
}

Rail::Rail(std::span<const PageRow> pages, QWidget* parent) : QWidget(parent) {
  auto* column = columnOf(this);
  column->setContentsMargins(0, 8, 1, 8);
  bool foot = false;
  for (const PageRow& row : pages) {
    if (row.atFoot && !foot) column->addStretch(1);
    foot = foot || row.atFoot;
    auto* button = new RailButton(row, this);
    connect(button, &QAbstractButton::clicked, this, [this, &row] { Q_EMIT pageWanted(row.id); });
    column->addWidget(button);
    buttons_.append(button);
  }
  if (!foot) column->addStretch(1);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
  setProjectOpen(false);
}

RailButton* Rail::button(PageId id) const {
  for (RailButton* button : buttons_)
    if (button->row().id == id) return button;
  return nullptr;
}

void Rail::setCurrent(PageId id) {
  if (RailButton* one = button(id)) one->setChecked(true);
}

void Rail::setDot(PageId id, bool on) {
  if (RailButton* one = button(id)) one->setDot(on);
}

void Rail::setProjectOpen(bool open) {
  for (RailButton* button : std::as_const(buttons_)) {
    const PageRow& row = button->row();
    const bool usable = open || !row.needsProject;
    button->setEnabled(usable);
    const QString key = keyText(QString::fromLatin1(row.keys));
    setTip(button, tr(row.title), usable ? key : tr("Open a project first, or begin with a template."));
  }
}

QSize Rail::sizeHint() const { return {lookOf(this).px(64), 0}; }

void Rail::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::window]);
  paintVerticalLine(painter, width() - 1, 0, height(), look[Token::line]);
}

void Rail::resizeEvent(QResizeEvent* event) {
  const bool low = window()->height() / lookOf(this).scale < 700;
  for (RailButton* button : std::as_const(buttons_)) button->setLow(low);
  QWidget::resizeEvent(event);
}

void Rail::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) updateGeometry();
  QWidget::changeEvent(event);
}

} // namespace loom
