// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/data/class_bars.h"
#include "app/studio/theme/paint.h"
#include "core/base/format.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>

namespace loom {
namespace {

constexpr int seriesOfPart[] = {0, 1, 7}; // train, validation, test keep their colours everywhere
constexpr int mostRows = 40;

qint64 sum(const std::array<qint64, 3>& parts) { return parts[0] + parts[1] + parts[2]; }

} // namespace

ClassBars::ClassBars(QWidget* parent) : QWidget(parent) {
  setObjectName("classBars");
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName("Class balance");
}

void ClassBars::setCounts(const QStringList& classes, const QVector<std::array<qint64, 3>>& counts,
                          bool byPart) {
  classes_ = classes;
  counts_ = counts;
  byPart_ = byPart;
  if (chosen_ >= classes_.size()) chosen_ = -1;
  QStringList words;
  for (qsizetype index = 0; index < classes_.size(); ++index)
    words << classes_[index] + ": " + QString::fromStdString(formatCount(sum(counts_[index])));
  setAccessibleDescription(words.join(", "));
  updateGeometry();
  update();
}

int ClassBars::rowHeight() const { return lookOf(this).px(byPart_ ? 28 : 20); }

QSize ClassBars::sizeHint() const {
  const int rows = static_cast<int>(std::min<qsizetype>(classes_.size(), mostRows));
  return {lookOf(this).px(200), rows * rowHeight() + (byPart_ ? lookOf(this).px(28) : 0)};
}

void ClassBars::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const int height = rowHeight(), side = byPart_ ? look.px(12) : 0;
  qint64 most = 1, all = 0;
  for (const auto& parts : counts_) {
    most = std::max(most, sum(parts));
    all += sum(parts);
  }
  const QFontMetrics metrics(look.fonts[Type::small]);
  int names = look.px(60);
  for (const auto& name : classes_) names = std::max(names, metrics.horizontalAdvance(name));
  names = std::min(names, width() * 2 / 5);
  const int figures =
      byPart_ ? 0 : metrics.horizontalAdvance(QString::fromStdString(formatCount(most))) + look.px(44);
  const qsizetype shown = std::min<qsizetype>(classes_.size(), mostRows);
  for (qsizetype index = 0; index < shown; ++index) {
    const QRectF row(0, double(index) * height, width(), height);
    if (index == chosen_)
      painter.fillRect(row, look[Token::accentSoft]);
    else if (index == hovered_)
      painter.fillRect(row, look[Token::hover]);
    paintText(painter, QRectF(side, row.top(), names, height), classes_[index], look.fonts[Type::small],
              look[Token::text]);
    const double left = side + names + look.px(12), room = width() - left - side - figures;
    const double thick = byPart_ ? look.px(8) : 4;
    double x = left;
    if (byPart_) {
      for (std::size_t part = 0; part < 3; ++part) {
        const double wide = room * double(counts_[index][part]) / double(most);
        if (counts_[index][part] > 0)
          painter.fillRect(QRectF(std::round(x), std::round(row.center().y() - thick / 2),
                                  std::max(1.0, std::round(wide) - 1), thick),
                           look.theme().seriesAt(seriesOfPart[part]));
        x += wide;
      }
    } else {
      const QRectF track(left, std::round(row.center().y() - thick / 2), room, thick);
      painter.fillRect(track, look[Token::sunken]);
      painter.fillRect(
          QRectF(track.topLeft(), QSizeF(room * double(sum(counts_[index])) / double(most), thick)),
          look.theme().seriesAt(static_cast<int>(index)));
      paintText(painter, row.adjusted(0, 0, -side - look.px(36), 0),
                QString::fromStdString(formatCount(sum(counts_[index]))), look.fonts[Type::small],
                look[Token::text], Qt::AlignRight);
      paintText(
          painter, row.adjusted(0, 0, -side, 0),
          QString("%1 %").arg(qRound(100.0 * double(sum(counts_[index])) / double(std::max<qint64>(all, 1)))),
          look.fonts[Type::small], look[Token::text2], Qt::AlignRight);
    }
    if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange) && index == current_)
      paintBox(painter, row.adjusted(1, 1, -1, -1), {.border = look[Token::focus], .width = 2});
  }
  if (!byPart_) return;
  double x = side;
  const double top = double(shown) * height;
  const char* words[] = {"train", "validation", "test"};
  for (int part = 0; part < 3; ++part) {
    painter.fillRect(QRectF(x, top + look.px(14) - 4, 8, 8), look.theme().seriesAt(seriesOfPart[part]));
    x += 12;
    x += paintText(painter, QRectF(x, top, look.px(90), look.px(28)), words[part],
                   look.fonts[Type::captionPlain], look[Token::text2]) +
         look.px(12);
  }
}

void ClassBars::choose(int index) {
  chosen_ = index == chosen_ ? -1 : index;
  update();
  Q_EMIT classChosen(chosen_);
}

void ClassBars::mouseReleaseEvent(QMouseEvent* event) {
  const int index = static_cast<int>(event->position().y()) / rowHeight();
  if (index >= 0 && index < classes_.size()) {
    current_ = index;
    choose(index);
  }
}

void ClassBars::mouseMoveEvent(QMouseEvent* event) {
  const int index = static_cast<int>(event->position().y()) / rowHeight();
  if (index == hovered_) return;
  hovered_ = index < classes_.size() ? index : -1;
  update();
}

void ClassBars::leaveEvent(QEvent*) {
  hovered_ = -1;
  update();
}

void ClassBars::keyPressEvent(QKeyEvent* event) {
  const int last = static_cast<int>(classes_.size()) - 1;
  switch (event->key()) {
  case Qt::Key_Down:
    current_ = std::min(last, current_ + 1);
    break;
  case Qt::Key_Up:
    current_ = std::max(0, current_ - 1);
    break;
  case Qt::Key_Return:
  case Qt::Key_Enter:
  case Qt::Key_Space:
    if (current_ <= last) choose(current_);
    break;
  default:
    return QWidget::keyPressEvent(event);
  }
  update();
}

} // namespace loom
