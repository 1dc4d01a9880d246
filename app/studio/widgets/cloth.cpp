// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/cloth.h"
#include "app/studio/theme/paint.h"
#include <algorithm>

namespace loom {

int clothEpochsPerTick(double width, int epochs) {
  if (epochs <= 0 || width <= 0) return 0;
  constexpr int mantissa[] = {1, 5};
  for (int decade = 1; decade < 1'000'000'000; decade *= 10)
    for (const int digit : mantissa)
      if (width * digit * decade / epochs >= 4) return digit * decade;
  return epochs;
}

void paintCloth(QPainter& painter, const QRectF& area, const ClothProgress& progress, const Theme& theme) {
  paintBox(painter, area, {.ground = theme[Token::sunken], .radius = 1});
  const double share = std::clamp(progress.share, 0.0, 1.0);
  const Token thread = progress.state == ClothProgress::State::paused   ? Token::lineStrong
                       : progress.state == ClothProgress::State::failed ? Token::error
                                                                        : Token::accent;
  painter.fillRect(QRectF(area.left(), area.top(), area.width() * share, area.height()), theme[thread]);
  const int step = clothEpochsPerTick(area.width(), progress.epochs);
  for (int epoch = step; step > 0 && epoch < progress.epochs; epoch += step)
    paintVerticalLine(painter, std::round(area.left() + area.width() * epoch / progress.epochs), area.top(),
                      area.bottom(), theme[Token::window]);
  if (progress.now)
    painter.fillRect(
        QRectF(std::round(area.left() + area.width() * share) - 1, area.top() - 1, 2, area.height() + 2),
        theme[Token::text]);
}

void paintShareBar(QPainter& painter, const QRectF& area, double share, const Theme& theme, bool onlyLoad) {
  paintBox(painter, area, {.ground = theme[Token::sunken], .radius = 2});
  const double width = area.width() * std::clamp(share, 0.0, 1.0);
  if (width <= 0) return;
  painter.save();
  QPainterPath inside;
  inside.addRoundedRect(area, 2, 2);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setClipPath(inside);
  painter.fillRect(QRectF(area.left(), area.top(), width, area.height()),
                   theme[onlyLoad ? Token::lineStrong : Token::accent]);
  painter.restore();
}

Cloth::Cloth(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

void Cloth::setProgress(const ClothProgress& progress) {
  progress_ = progress;
  setAccessibleName(tr("%1 % done").arg(qRound(progress.share * 100)));
  update();
}

QSize Cloth::sizeHint() const { return {lookOf(this).px(180), progress_.now ? 10 : 8}; }

void Cloth::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintCloth(painter, QRectF(0, (height() - 8) / 2, width(), 8), progress_, lookOf(this).theme());
}

ShareBar::ShareBar(double share, QWidget* parent) : QWidget(parent), share_(share) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ShareBar::setShare(double share) {
  share_ = share;
  update();
}

QSize ShareBar::sizeHint() const { return {lookOf(this).px(48), 4}; }

void ShareBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintShareBar(painter, QRectF(0, (height() - 4) / 2, width(), 4), share_, lookOf(this).theme());
}

} // namespace loom
