// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/settings/theme_choice.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include <QHBoxLayout>
#include <QPainterPath>
#include <QStyleOption>

namespace loom {
namespace {

constexpr int wide = 112, high = 64, ring = 3;

// One half or all of the small window: rail, two nodes, the thread between them.
void paintMiniature(QPainter& painter, const QRectF& area, const QRectF& clip, const Theme& theme) {
  painter.save();
  painter.setClipRect(clip, Qt::IntersectClip);
  painter.fillRect(area, theme[Token::surface]);
  const double unit = area.width() / wide;
  const auto at = [&](double x, double y) { return area.topLeft() + QPointF(x, y) * unit; };
  painter.fillRect(QRectF(at(0, 0), at(14, high)), theme[Token::window]);
  QPainterPath thread(at(50, 21));
  thread.cubicTo(at(60, 21), at(58, 39), at(68, 39));
  painter.setPen(QPen(theme[Token::lineStrong], 1.5));
  painter.drawPath(thread);
  for (const QPointF corner : {at(22, 14), at(68, 32)})
    paintBox(painter, QRectF(corner, QSizeF(28, 14) * unit),
             {.ground = theme[Token::raised], .border = theme[Token::line], .radius = 2});
  painter.restore();
}

} // namespace

ThemeCard::ThemeCard(const QString& text, const Theme& left, const Theme& right, QWidget* parent)
    : QAbstractButton(parent), left_(left), right_(right) {
  setText(text);
  setCheckable(true);
  setAutoExclusive(true);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

QSize ThemeCard::sizeHint() const {
  const Look& look = lookOf(this);
  return {wide + 2 * ring, high + 2 * ring + look.px(8 + 20)};
}

void ThemeCard::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF window(ring, ring, wide, high);
  QPainterPath shape;
  shape.addRoundedRect(window, 4, 4);
  painter.save();
  painter.setClipPath(shape);
  const QRectF half(window.left(), window.top(), window.width() / 2, window.height());
  paintMiniature(painter, window, half, left_);
  paintMiniature(painter, window, half.translated(half.width(), 0), right_);
  painter.restore();
  paintBox(painter, window, {.border = look[Token::lineStrong]});
  if (isChecked()) paintFocusRing(painter, window, look);
  QStyleOption radio;
  radio.initFrom(this);
  const int size = look.px(16), top = int(window.bottom()) + look.px(8) + ring;
  radio.rect = QRect(ring, top, size, size);
  radio.state.setFlag(QStyle::State_On, isChecked());
  style()->drawPrimitive(QStyle::PE_IndicatorRadioButton, &radio, &painter, this);
  paintText(painter, QRectF(ring + size + look.px(8), top - 2, width(), size + 4), text(),
            look.fonts[Type::small], look[Token::text]);
}

ThemeChoice::ThemeChoice(int current, QWidget* parent) : QWidget(parent) {
  auto* row = rowOf(this, 0, 24 - 2 * ring);
  cards_ = {new ThemeCard(tr("System"), lightTheme(), darkTheme()),
            new ThemeCard(tr("Light"), lightTheme(), lightTheme()),
            new ThemeCard(tr("Dark"), darkTheme(), darkTheme())};
  for (int i = 0; i < cards_.size(); ++i) {
    row->addWidget(cards_[i]);
    connect(cards_[i], &QAbstractButton::clicked, this, [this, i] { Q_EMIT chosen(i); });
  }
  setCurrent(current);
}

void ThemeChoice::setCurrent(int index) { cards_[index]->setChecked(true); }

} // namespace loom
