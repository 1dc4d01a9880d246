// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/theme/paint.h"
#include "core/base/format.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace loom {

ConfusionMatrix::ConfusionMatrix(QWidget* parent) : QWidget(parent) {
  setObjectName("confusion");
  setAccessibleName("Confusion matrix");
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(280, 240);
}

void ConfusionMatrix::setCounts(const QStringList& classes, const QVector<QVector<qint64>>& counts) {
  classes_ = classes;
  counts_ = counts;
  current_ = hovered_ = QPoint(-1, -1);
  update();
}

void ConfusionMatrix::setCurrent(int row, int column) {
  current_ = QPoint(column, row);
  update();
}

QRectF ConfusionMatrix::grid() const {
  const Look& look = lookOf(this);
  const double left = look.px(104), top = look.px(24), bottom = look.px(44);
  const double count = std::max<double>(1, double(classes_.size()));
  const double cell =
      std::floor(std::min((width() - left - 4) / count, (height() - top - bottom) / count * 1.35));
  const double high = std::floor(std::min(cell, (height() - top - bottom) / count));
  return QRectF(left, top, cell * count, high * count);
}

QRectF ConfusionMatrix::cellRect(int row, int column) const {
  const QRectF all = grid();
  const double w = all.width() / double(classes_.size()), h = all.height() / double(classes_.size());
  return QRectF(all.left() + w * column, all.top() + h * row, w, h);
}

QPoint ConfusionMatrix::cellAt(QPointF at) const {
  const QRectF all = grid();
  if (classes_.isEmpty() || !all.contains(at)) return {-1, -1};
  return {static_cast<int>((at.x() - all.left()) / all.width() * double(classes_.size())),
          static_cast<int>((at.y() - all.top()) / all.height() * double(classes_.size()))};
}

void ConfusionMatrix::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::surface]);
  if (classes_.isEmpty()) return;
  const QRectF all = grid();
  paintText(painter, QRectF(all.left(), 0, all.width(), look.px(20)), "Predicted across, true down",
            look.fonts[Type::captionPlain], look[Token::text2]);
  for (int row = 0; row < classes_.size(); ++row) {
    const QRectF first = cellRect(row, 0);
    paintText(painter, QRectF(0, first.top(), all.left() - 8, first.height()), classes_[row],
              look.fonts[Type::small], look[Token::text], Qt::AlignRight);
    qint64 sum = 0;
    for (const auto count : counts_[row]) sum += count;
    for (int column = 0; column < classes_.size(); ++column) {
      const QRectF cell = cellRect(row, column).adjusted(0.5, 0.5, -0.5, -0.5);
      const double share = sum > 0 ? double(counts_[row][column]) / double(sum) : 0;
      // Errors are rare: their scale is drawn up, so that one in fifty is seen.
      const double strength = row == column ? share : std::sqrt(share * 2.5);
      const int step = counts_[row][column] == 0
                           ? 0
                           : std::clamp(1 + static_cast<int>(strength * (mapSteps - 1)), 1, mapSteps - 1);
      const auto& map = row == column ? look.theme().seq : look.theme().wrong;
      painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), map[std::size_t(step)]);
      if (cell.width() >= look.px(26) && counts_[row][column] > 0) {
        painter.setFont(look.fonts[Type::captionPlain]);
        painter.setPen(look.theme().onMap[std::size_t(step)]);
        painter.drawText(cell, Qt::AlignCenter, QString::fromStdString(formatCount(counts_[row][column])));
      }
      const bool chosen = current_ == QPoint(column, row), hovered = hovered_ == QPoint(column, row);
      if (chosen || hovered) {
        painter.setPen(QPen(look[chosen ? Token::accent : Token::text2], chosen ? 2 : 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(cell.adjusted(0.5, 0.5, -0.5, -0.5));
      }
    }
  }
  for (int column = 0; column < classes_.size(); ++column) {
    const QRectF last = cellRect(static_cast<int>(classes_.size()) - 1, column);
    painter.setFont(look.fonts[Type::captionPlain]);
    painter.setPen(look[Token::text2]);
    const double offset = column % 2 == 0 ? 2 : look.px(18); // two lines, so that long names do not touch
    const QFontMetricsF metrics(painter.font());
    painter.drawText(
        QRectF(last.left() - last.width() / 2, last.bottom() + offset, last.width() * 2, look.px(16)),
        Qt::AlignCenter, metrics.elidedText(classes_[column], Qt::ElideRight, last.width() * 1.9));
  }
}

void ConfusionMatrix::mousePressEvent(QMouseEvent* event) {
  const QPoint cell = cellAt(event->position());
  if (cell.x() < 0) return;
  setCurrent(cell.y(), cell.x());
  Q_EMIT cellChosen(cell.y(), cell.x());
}

void ConfusionMatrix::mouseMoveEvent(QMouseEvent* event) {
  const QPoint cell = cellAt(event->position());
  if (cell == hovered_) return;
  hovered_ = cell;
  if (cell.x() >= 0)
    setToolTip(QString("%1 said to be %2: %3")
                   .arg(classes_[cell.y()], classes_[cell.x()],
                        QString::fromStdString(formatCount(counts_[cell.y()][cell.x()]))));
  update();
}

void ConfusionMatrix::keyPressEvent(QKeyEvent* event) {
  if (classes_.isEmpty()) return QWidget::keyPressEvent(event);
  QPoint to = current_.x() < 0 ? QPoint(0, 0) : current_;
  switch (event->key()) {
  case Qt::Key_Left:
    to.rx()--;
    break;
  case Qt::Key_Right:
    to.rx()++;
    break;
  case Qt::Key_Up:
    to.ry()--;
    break;
  case Qt::Key_Down:
    to.ry()++;
    break;
  case Qt::Key_Return:
  case Qt::Key_Enter:
    if (current_.x() >= 0) Q_EMIT cellChosen(current_.y(), current_.x());
    return;
  default:
    return QWidget::keyPressEvent(event);
  }
  const int last = static_cast<int>(classes_.size()) - 1;
  setCurrent(std::clamp(to.y(), 0, last), std::clamp(to.x(), 0, last));
}

} // namespace loom
