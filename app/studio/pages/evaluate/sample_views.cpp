// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/sample_views.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/picture.h"
#include "core/base/format.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

namespace loom {
namespace {

constexpr int thumb = 56, cellWidth = 66, cellHeight = 76, lowThumb = 24, margin = 12, detailPicture = 112;

} // namespace

void paintPicture(QPainter& painter, const QRectF& area, const Pictures& pictures, int number,
                  const Look& look) {
  const auto found = pictures.constFind(number);
  if (found == pictures.constEnd() || found->isNull()) {
    paintBox(painter, area, {.ground = look[Token::canvas], .border = look[Token::line], .radius = 0});
    if (area.width() < look.px(40)) return;
    painter.setFont(look.fonts[Type::captionPlain]);
    painter.setPen(look[Token::text2]);
    painter.drawText(area, Qt::AlignCenter, QString::fromStdString(formatCount(number)));
    return;
  }
  paintFitted(painter, area, *found);
}

SampleGrid::SampleGrid(const Pictures& pictures, QWidget* parent) : QWidget(parent), pictures_(pictures) {
  setObjectName("sampleGrid");
  setAccessibleName("Samples of the chosen cell");
  setFocusPolicy(Qt::StrongFocus);
  setGround(this, Ground::surface);
}

void SampleGrid::setItems(const QVector<SampleItem>& items) {
  items_ = items;
  current_ = -1;
  updateGeometry();
  update();
}

void SampleGrid::setHint(const QString& words) {
  hint_ = words;
  update();
}

void SampleGrid::setPictured(bool pictured) {
  pictured_ = pictured;
  updateGeometry();
  update();
}

void SampleGrid::setCurrent(int item) {
  if (item < 0 || item >= items_.size()) return;
  current_ = item;
  update();
  Q_EMIT chosen(item);
}

int SampleGrid::columns() const {
  return std::max(1,
                  (width() - 2 * margin + lookOf(this).px(cellWidth - thumb)) / lookOf(this).px(cellWidth));
}

QRectF SampleGrid::itemRect(int item) const {
  const Look& look = lookOf(this);
  const double high = look.px(pictured_ ? thumb : lowThumb);
  return QRectF(margin + item % columns() * look.px(cellWidth),
                margin + double(item / columns()) * (high + look.px(cellHeight - thumb)), look.px(thumb),
                high);
}

QSize SampleGrid::sizeHint() const {
  const int rows = static_cast<int>((items_.size() + columns() - 1) / columns());
  return {lookOf(this).px(200),
          2 * margin + rows * lookOf(this).px(pictured_ ? cellHeight : cellHeight - thumb + lowThumb)};
}

void SampleGrid::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (minimumHeight() != sizeHint().height()) updateGeometry();
}

void SampleGrid::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  if (items_.isEmpty()) {
    painter.setFont(look.fonts[Type::small]);
    painter.setPen(look[Token::text2]);
    painter.drawText(rect().adjusted(margin, margin, -margin, -margin), Qt::TextWordWrap, hint_);
  }
  for (int item = 0; item < items_.size(); ++item) {
    const QRectF area = itemRect(item);
    paintPicture(painter, area, pictures_, items_[item].number, look);
    if (item == current_) {
      QPen pen(look[Token::accent], 2);
      pen.setJoinStyle(Qt::MiterJoin);
      painter.setPen(pen);
      painter.setBrush(Qt::NoBrush);
      painter.drawRect(area.adjusted(-2, -2, 2, 2));
    }
    paintText(painter, QRectF(area.left() - 5, area.bottom() + 1, area.width() + 10, look.px(14)),
              items_[item].figure, look.fonts[Type::captionPlain], look[Token::text2], Qt::AlignHCenter);
  }
}

void SampleGrid::mousePressEvent(QMouseEvent* event) {
  setFocus(Qt::MouseFocusReason);
  for (int item = 0; item < items_.size(); ++item)
    if (itemRect(item).contains(event->position())) setCurrent(item);
}

void SampleGrid::keyPressEvent(QKeyEvent* event) {
  const int last = static_cast<int>(items_.size()) - 1;
  int to = std::max(0, current_);
  switch (event->key()) {
  case Qt::Key_Left:
    --to;
    break;
  case Qt::Key_Right:
    to += current_ < 0 ? 0 : 1;
    break;
  case Qt::Key_Up:
    to -= columns();
    break;
  case Qt::Key_Down:
    to += columns();
    break;
  default:
    return QWidget::keyPressEvent(event);
  }
  setCurrent(std::clamp(to, 0, std::max(0, last)));
}

SampleDetail::SampleDetail(const Pictures& pictures, QWidget* parent) : QWidget(parent), pictures_(pictures) {
  setObjectName("sampleDetail");
  setGround(this, Ground::surface);
}

void SampleDetail::setSample(int number, const QVector<Score>& scores) {
  number_ = number;
  scores_ = scores;
  update();
}

void SampleDetail::setPictured(bool pictured) {
  pictured_ = pictured;
  update();
}

QSize SampleDetail::sizeHint() const { return {lookOf(this).px(320), lookOf(this).px(detailPicture) + 24}; }

void SampleDetail::paintEvent(QPaintEvent*) {
  if (number_ < 0) return;
  const Look& look = lookOf(this);
  QPainter painter(this);
  // Names and figures come first: where they need the room the bars leave, then the picture gets smaller.
  const QFontMetricsF metrics(look.fonts[Type::smallStrong]);
  double widest = 0;
  for (const auto& score : scores_) widest = std::max(widest, metrics.horizontalAdvance(score.name));
  const double right = width() - 12, line = look.px(20), figure = look.px(56), leastBar = look.px(24);
  const double name = std::min<double>(look.px(132), widest) + look.px(10), words = name + figure;
  const double size = std::clamp<double>(right - words - 12 - 16, look.px(56), look.px(detailPicture));
  if (pictured_) paintPicture(painter, QRectF(12, 12, size, size), pictures_, number_, look);
  const double left = pictured_ ? 12 + size + 16 : 12;
  const bool bars = right - left - words >= leastBar;
  double y = 12;
  for (const auto& score : scores_) {
    if (y + line > height()) break;
    paintText(painter, QRectF(left, y, std::min(name, right - figure - left) - 8, line), score.name,
              look.fonts[score.truth ? Type::smallStrong : Type::small], look[Token::text]);
    paintText(painter, QRectF(right - figure, y, figure, line),
              QString::number(score.share * 100, 'f', 1) + QChar(0xA0) + "%", look.fonts[Type::small],
              look[Token::text], Qt::AlignRight);
    const double top = std::exchange(y, y + line);
    if (!bars) continue;
    const QRectF bar(left + name, std::floor(top + line / 2 - 2), right - left - words, 4);
    paintBox(painter, bar, {.ground = look[Token::sunken], .radius = 2});
    const QColor colour = score.truth       ? look[Token::accent]
                          : score.predicted ? look.theme().wrong[4]
                                            : look[Token::lineStrong];
    painter.fillRect(
        QRectF(bar.left(), bar.top(), std::max(1.0, bar.width() * std::clamp(score.share, 0.0, 1.0)), 4),
        colour);
  }
}

WorstList::WorstList(const Pictures& pictures, QWidget* parent) : QWidget(parent), pictures_(pictures) {
  setObjectName("worstSamples");
  setAccessibleName("Worst samples");
  setFocusPolicy(Qt::StrongFocus);
  setGround(this, Ground::surface);
}

void WorstList::setItems(const QVector<SampleItem>& items, bool withPictures) {
  items_ = items;
  withPictures_ = withPictures;
  current_ = -1;
  updateGeometry();
  update();
}

QRectF WorstList::itemRect(int item) const {
  const double high = lookOf(this).px(40);
  return QRectF(0, item * high, width(), high);
}

QRectF WorstList::secondRect(int item) const {
  const Look& look = lookOf(this);
  const QRectF area = itemRect(item);
  const double left = withPictures_ ? 12 + look.px(28) + 12 : 12, half = look.px(17);
  return QRectF(left, area.top() + half, area.width() - left - 12, half + 2);
}

QSize WorstList::sizeHint() const { return {lookOf(this).px(240), int(items_.size()) * lookOf(this).px(40)}; }

void WorstList::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  for (int item = 0; item < items_.size(); ++item) {
    const QRectF area = itemRect(item);
    if (item == current_) painter.fillRect(area, look[hasFocus() ? Token::accentSoft : Token::fill]);
    const double size = look.px(28);
    if (withPictures_)
      paintPicture(painter, QRectF(12, area.top() + (area.height() - size) / 2, size, size), pictures_,
                   items_[item].number, look);
    // The figure is in the first line, so that the second has the whole width.
    const QFont& font = look.fonts[Type::small];
    const QRectF second = secondRect(item);
    const QRectF first(second.left(), area.top() + 2, second.width(), second.height());
    const double figure = QFontMetricsF(font).horizontalAdvance(items_[item].figure) + 2;
    paintText(painter, first.adjusted(0, 0, -figure - 8, 0), items_[item].first, font, look[Token::text]);
    paintText(painter, first.adjusted(first.width() - figure, 0, 0, 0), items_[item].figure, font,
              look[Token::text], Qt::AlignRight);
    paintText(painter, second, items_[item].second, font, look[Token::text2]);
    paintHorizontalLine(painter, 0, width(), area.bottom() - 1, look[Token::hover]);
  }
}

void WorstList::mousePressEvent(QMouseEvent* event) {
  for (int item = 0; item < items_.size(); ++item)
    if (itemRect(item).contains(event->position())) {
      current_ = item;
      update();
      Q_EMIT chosen(item);
    }
}

void WorstList::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if (step == 0 || items_.isEmpty()) return QWidget::keyPressEvent(event);
  current_ = std::clamp(current_ + step, 0, static_cast<int>(items_.size()) - 1);
  update();
  Q_EMIT chosen(current_);
}

} // namespace loom
