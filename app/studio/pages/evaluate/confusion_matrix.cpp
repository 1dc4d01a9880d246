// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/panels.h"
#include "core/base/format.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr const char *legendRight = "Right", *legendWrong = "Wrong",
                     *legendRange = "from one to 9 % of a row and more";
constexpr int stepWidth = 17, stepsWidth = (mapSteps - 1) * stepWidth;

} // namespace

ConfusionMatrix::ConfusionMatrix(QWidget* parent) : QWidget(parent) {
  setObjectName("confusion");
  setAccessibleName("Confusion matrix");
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(280, 260);
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

void ConfusionMatrix::setShare(bool share) {
  share_ = share;
  update();
}

QRectF ConfusionMatrix::grid() const {
  const Look& look = lookOf(this);
  const QFontMetricsF metrics(look.fonts[Type::small]);
  double widest = 0;
  for (const auto& name : classes_) widest = std::max(widest, metrics.horizontalAdvance(name));
  const double left = std::min<double>(look.px(132), widest) + look.px(12),
               bottom = look.px(legendInOneLine(left) ? 60 : 80);
  const double count = std::max<double>(1, double(classes_.size()));
  const auto cellBelow = [&](double top) {
    return std::floor(std::clamp(std::min((width() - left - 2) / count, (height() - top - bottom) / count),
                                 6.0, double(look.px(64))));
  };
  double top = look.px(24), cell = cellBelow(top);
  if (!upright(cell)) {
    // Turned by a right angle they take as much height as the longest needs.
    top = std::clamp(std::min<double>(widest + look.px(8), height() / 4.0), top, double(look.px(104)));
    cell = cellBelow(top);
  }
  return QRectF(left, top, cell * count, cell * count);
}

bool ConfusionMatrix::upright(double cellWidth) const {
  const QFontMetricsF metrics(lookOf(this).fonts[Type::captionStrong]);
  return std::all_of(classes_.begin(), classes_.end(),
                     [&](const QString& name) { return metrics.horizontalAdvance(name) <= cellWidth + 3; });
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

// By the share of the row, so that classes of any size compare: success is told from 76 % on, an error from
// the first.
int ConfusionMatrix::stepOf(int row, int column) const {
  constexpr double right[] = {0, .76, .85, .90, .96}, wrong[] = {0, .01, .03, .06, .09};
  if (counts_[row][column] == 0) return 0;
  qint64 sum = 0;
  for (const auto count : counts_[row]) sum += count;
  const double share = double(counts_[row][column]) / double(std::max<qint64>(1, sum));
  int step = 0;
  for (const double least : row == column ? right : wrong) step += share >= least ? 1 : 0;
  return std::clamp(step, 1, mapSteps - 1);
}

void ConfusionMatrix::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::surface]);
  if (classes_.isEmpty()) return;
  const QRectF all = grid();
  const int last = static_cast<int>(classes_.size()) - 1;
  const double cellWidth = all.width() / double(classes_.size());
  for (int row = 0; row <= last; ++row) {
    const QRectF first = cellRect(row, 0);
    if (first.height() >= look.px(12))
      paintText(painter, QRectF(0, first.top(), all.left() - look.px(8), first.height()), classes_[row],
                look.fonts[current_.y() == row ? Type::smallStrong : Type::small], look[Token::text],
                Qt::AlignRight);
    qint64 sum = 0;
    for (const auto count : counts_[row]) sum += count;
    for (int column = 0; column <= last; ++column) {
      const qint64 count = counts_[row][column];
      const QRectF cell = cellRect(row, column).adjusted(0, 0, -1, -1);
      const int step = stepOf(row, column);
      const auto& map = row == column ? look.theme().seq : look.theme().wrong;
      if (count == 0) continue;
      painter.fillRect(cell, map[std::size_t(step)]);
      const QString words = share_ ? QString::number(100.0 * double(count) / double(sum), 'f', 1)
                                   : QString::fromStdString(formatCount(count));
      const QFont& font = look.fonts[row == column ? Type::captionStrong : Type::captionPlain];
      if (QFontMetricsF(font).horizontalAdvance(words) + 2 > cell.width() || cell.height() < look.px(12))
        continue;
      painter.setFont(font);
      painter.setPen(look.theme().onMap[std::size_t(step)]);
      painter.drawText(cell, Qt::AlignCenter, words);
    }
  }
  painter.setPen(QPen(look[Token::line], 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(all.adjusted(-0.5, -0.5, -0.5, -0.5));
  for (const auto& [place, chosen] : {std::pair{hovered_, false}, std::pair{current_, true}}) {
    if (place.x() < 0 || place.x() > last || place.y() > last) continue;
    painter.setBrush(Qt::NoBrush);
    QPen pen(look[chosen ? Token::text : Token::text2], chosen ? 2 : 1);
    pen.setJoinStyle(Qt::MiterJoin);
    painter.setPen(pen);
    const double out = chosen ? 0 : 0.5;
    painter.drawRect(cellRect(place.y(), place.x()).adjusted(-out, -out, out - 1, out - 1));
  }
  // Names of columns as far as there is room; all are said by the tool tip.
  const bool turned = all.top() > look.px(24);
  for (int column = 0; column <= last && cellWidth >= look.px(turned ? 12 : 18); ++column) {
    painter.setFont(look.fonts[current_.x() == column ? Type::captionStrong : Type::captionPlain]);
    painter.setPen(look[current_.x() == column ? Token::text : Token::text2]);
    const double room = turned ? all.top() - look.px(4) : cellWidth + 3;
    const QString words =
        QFontMetricsF(painter.font()).elidedText(visible(classes_[column]), Qt::ElideRight, room);
    if (!turned) {
      painter.drawText(QRectF(cellRect(0, column).left() - 2, 0, room, all.top() - 2), Qt::AlignCenter,
                       words);
      continue;
    }
    painter.save();
    painter.translate(cellRect(0, column).left(), all.top() - look.px(4));
    painter.rotate(-90);
    painter.drawText(QRectF(0, 0, room, cellWidth), Qt::AlignLeft | Qt::AlignVCenter, words);
    painter.restore();
  }
  paintLegend(painter, look);
}

// In one line where there is room, else what is wrong stands below what is right.
bool ConfusionMatrix::legendInOneLine(double left) const {
  const Look& look = lookOf(this);
  const QFontMetricsF metrics(look.fonts[Type::small]);
  double wide = 2 * stepsWidth + look.px(16 + 5 * 8);
  for (const char* words : {legendRight, legendWrong, legendRange})
    wide += metrics.horizontalAdvance(QString(words)) + 1;
  return left + wide <= width();
}

void ConfusionMatrix::paintLegend(QPainter& painter, const Look& look) const {
  const QRectF all = grid();
  const double high = look.px(12), line = look.px(20);
  double x = all.left(), y = all.bottom() + look.px(14);
  const auto words = [&](const QString& said) {
    x += paintText(painter, QRectF(x, y - 4, width() - x, high + 8), said, look.fonts[Type::small],
                   look[Token::text2]) +
         look.px(8);
  };
  const auto steps = [&](const auto& map) {
    for (int step = 1; step < mapSteps; ++step) {
      painter.fillRect(QRectF(x, y, stepWidth - 1, high), map[std::size_t(step)]);
      x += stepWidth;
    }
    x += look.px(8);
  };
  const double before = x;
  words(legendRight);
  const double behindRight = x;
  steps(look.theme().seq);
  if (legendInOneLine(all.left())) {
    x += look.px(16);
    words(legendWrong);
  } else {
    x = before;
    y += line;
    words(legendWrong);
    x = std::max(x, behindRight);
  }
  steps(look.theme().wrong);
  const QFontMetricsF metrics(look.fonts[Type::small]);
  words(x + metrics.horizontalAdvance(QString(legendRange)) < width() ? legendRange
                                                                      : "to 9 % of a row and more");
  if (!isVisible()) return; // in a picture there is nothing to press
  QString keys = "Arrow keys move over the cells, Enter opens the samples.";
  if (metrics.horizontalAdvance(keys) > width() - before) keys = "Arrows move, Enter opens.";
  paintText(painter, QRectF(before, y + line, width() - before, line), keys, look.fonts[Type::small],
            look[Token::text2]);
}

void ConfusionMatrix::mousePressEvent(QMouseEvent* event) {
  const QPoint cell = cellAt(event->position());
  if (cell.x() < 0) return;
  setFocus(Qt::MouseFocusReason);
  setCurrent(cell.y(), cell.x());
  Q_EMIT cellChosen(cell.y(), cell.x());
}

void ConfusionMatrix::mouseMoveEvent(QMouseEvent* event) {
  const QPoint cell = cellAt(event->position());
  if (cell == hovered_) return;
  hovered_ = cell;
  if (cell.x() >= 0)
    setTip(this, QString("%1, called %2: %3")
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
