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
  const double size = look.px(detailPicture);
  if (pictured_) paintPicture(painter, QRectF(12, 12, size, size), pictures_, number_, look);
  const double left = pictured_ ? 12 + size + 16 : 12, right = width() - 12, line = look.px(20),
               figure = look.px(56);
  const double name = std::min<double>(look.px(88), (right - left) * 0.4);
  double y = 12;
  for (const auto& score : scores_) {
    if (y + line > height()) break;
    paintText(painter, QRectF(left, y, name - 8, line), score.name,
              look.fonts[score.truth ? Type::smallStrong : Type::small], look[Token::text]);
    const QRectF bar(left + name, std::floor(y + line / 2 - 2), right - figure - left - name, 4);
    paintBox(painter, bar, {.ground = look[Token::sunken], .radius = 2});
    const QColor colour = score.truth       ? look[Token::accent]
                          : score.predicted ? look.theme().wrong[4]
                                            : look[Token::lineStrong];
    painter.fillRect(
        QRectF(bar.left(), bar.top(), std::max(1.0, bar.width() * std::clamp(score.share, 0.0, 1.0)), 4),
        colour);
    paintText(painter, QRectF(right - figure, y, figure, line),
              QString::number(score.share * 100, 'f', 1) + QChar(0xA0) + "%", look.fonts[Type::small],
              look[Token::text], Qt::AlignRight);
    y += line;
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

QSize WorstList::sizeHint() const { return {lookOf(this).px(240), int(items_.size()) * lookOf(this).px(40)}; }

void WorstList::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  for (int item = 0; item < items_.size(); ++item) {
    const QRectF area = itemRect(item);
    if (item == current_) painter.fillRect(area, look[hasFocus() ? Token::accentSoft : Token::fill]);
    const double size = look.px(28);
    double left = 12;
    if (withPictures_) {
      paintPicture(painter, QRectF(left, area.top() + 6, size, size), pictures_, items_[item].number, look);
      left += size + 12;
    }
    const double half = look.px(17);
    paintText(painter, QRectF(left, area.top() + 2, area.width() - left - 80, half + 2), items_[item].first,
              look.fonts[Type::small], look[Token::text]);
    paintText(painter, QRectF(left, area.top() + half, area.width() - left - 80, half + 2),
              items_[item].second, look.fonts[Type::small], look[Token::text2]);
    paintText(painter, QRectF(area.right() - 92, area.top(), 80, area.height()), items_[item].figure,
              look.fonts[Type::small], look[Token::text], Qt::AlignRight);
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
