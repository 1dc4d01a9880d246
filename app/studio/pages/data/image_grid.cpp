// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/picture.h"
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <algorithm>

namespace loom {
namespace {

constexpr int side = 16, top = 4, gap = 8, captionGap = 2, captionHeight = 16;

} // namespace

ImageGrid::ImageGrid(QWidget* parent) : QAbstractScrollArea(parent) {
  setObjectName("imageGrid");
  setAccessibleName("Pictures");
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(viewport(), Ground::surface);
}

int ImageGrid::pitchX() const { return lookOf(this).px(cell_ + 17); }
int ImageGrid::pitchY() const { return lookOf(this).px(cell_ + captionGap + captionHeight + gap - 2); }
int ImageGrid::columns() const { return std::max(1, (viewport()->width() - 2 * side + 17) / pitchX()); }

void ImageGrid::setSamples(const QVector<int>& numbers) {
  numbers_ = numbers;
  if (!numbers_.contains(current_)) current_ = -1;
  verticalScrollBar()->setValue(0);
  measure();
}

void ImageGrid::setCaptions(std::function<QString(int)> captionOf) { captionOf_ = std::move(captionOf); }

void ImageGrid::setPicture(int number, const QImage& picture) {
  asked_.remove(number);
  pictures_.insert(number, new QImage(picture));
  viewport()->update();
}

void ImageGrid::forget() {
  pictures_.clear();
  asked_.clear();
  current_ = -1;
}

void ImageGrid::setCell(int units) {
  cell_ = units;
  measure();
}

void ImageGrid::measure() {
  const int rows = (static_cast<int>(numbers_.size()) + columns() - 1) / columns();
  verticalScrollBar()->setSingleStep(pitchY() / 2);
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setRange(0, std::max(0, rows * pitchY() + top - viewport()->height()));
  viewport()->update();
}

QRect ImageGrid::rectOf(int number) const {
  const auto index = static_cast<int>(numbers_.indexOf(number));
  if (index < 0) return {};
  const int size = lookOf(this).px(cell_);
  return {side + index % columns() * pitchX(),
          top + index / columns() * pitchY() - verticalScrollBar()->value(), size, size};
}

void ImageGrid::ask(int first, int last) {
  QVector<int> missing;
  for (int index = first; index <= last; ++index) {
    const int number = numbers_[index];
    if (pictures_.contains(number) || asked_.contains(number)) continue;
    asked_.insert(number);
    missing << number;
  }
  if (!missing.isEmpty()) Q_EMIT wanted(missing);
}

void ImageGrid::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(viewport());
  if (numbers_.isEmpty()) {
    paintText(painter, QRectF(side, top, width() - 2 * side, look.px(28)), "No sample fits.",
              look.fonts[Type::small], look[Token::text2]);
    return;
  }
  const int wide = columns(), offset = verticalScrollBar()->value();
  const int first = std::max(0, (offset - top) / pitchY() * wide);
  const int last = std::min<int>(static_cast<int>(numbers_.size()) - 1,
                                 ((offset + viewport()->height() - top) / pitchY() + 1) * wide - 1);
  ask(first, last);
  const int size = look.px(cell_);
  for (int index = first; index <= last; ++index) {
    const int number = numbers_[index];
    const QRectF box(side + index % wide * pitchX(), top + index / wide * pitchY() - offset, size, size);
    if (const QImage* image = pictures_.object(number); image != nullptr && !image->isNull()) {
      painter.fillRect(box, look[Token::sunken]);
      paintFitted(painter, box, *image);
    } else {
      painter.fillRect(box, look[Token::sunken]);
    }
    if (number == current_)
      paintBox(painter, box.adjusted(-3, -3, 3, 3), {.border = look[Token::accent], .radius = 0, .width = 2});
    if (captionOf_)
      paintText(painter,
                QRectF(box.left() - look.px(8), box.bottom() + captionGap, size + look.px(16),
                       look.px(captionHeight)),
                captionOf_(number), look.fonts[Type::captionPlain], look[Token::text2], Qt::AlignHCenter);
  }
}

void ImageGrid::choose(int number) {
  if (!numbers_.contains(number)) return;
  current_ = number;
  reveal();
  viewport()->update();
  Q_EMIT chosen(number);
}

void ImageGrid::reveal() {
  revealing_ = true;
  const QRect box = rectOf(current_);
  if (box.top() < 0) verticalScrollBar()->setValue(verticalScrollBar()->value() + box.top() - top);
  if (const int over = box.bottom() + pitchY() - lookOf(this).px(cell_) - viewport()->height(); over > 0)
    verticalScrollBar()->setValue(verticalScrollBar()->value() + over);
  revealing_ = false;
  follow_ = true;
}

void ImageGrid::mousePressEvent(QMouseEvent* event) {
  const QPoint at = event->position().toPoint();
  const int column = (at.x() - side) / pitchX(),
            row = (at.y() + verticalScrollBar()->value() - top) / pitchY();
  const int index = row * columns() + column;
  if (at.x() >= side && column < columns() && index >= 0 && index < numbers_.size()) choose(numbers_[index]);
}

void ImageGrid::keyPressEvent(QKeyEvent* event) {
  if (numbers_.isEmpty()) return QAbstractScrollArea::keyPressEvent(event);
  const int last = static_cast<int>(numbers_.size()) - 1;
  int index = std::max(0, static_cast<int>(numbers_.indexOf(current_)));
  const int page = std::max(1, viewport()->height() / pitchY()) * columns();
  switch (event->key()) {
  case Qt::Key_Left:
    index -= 1;
    break;
  case Qt::Key_Right:
    index += current_ < 0 ? 0 : 1;
    break;
  case Qt::Key_Up:
    index -= columns();
    break;
  case Qt::Key_Down:
    index += current_ < 0 ? 0 : columns();
    break;
  case Qt::Key_PageUp:
    index -= page;
    break;
  case Qt::Key_PageDown:
    index += page;
    break;
  case Qt::Key_Home:
    index = 0;
    break;
  case Qt::Key_End:
    index = last;
    break;
  default:
    return QAbstractScrollArea::keyPressEvent(event);
  }
  choose(numbers_[std::clamp(index, 0, last)]);
}

void ImageGrid::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  const bool follow = follow_;
  measure();
  if (follow && current_ >= 0) reveal(); // what one was looking at stays in sight
}

void ImageGrid::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::StyleChange) measure();
}

void ImageGrid::scrollContentsBy(int, int) {
  if (!revealing_) follow_ = false; // the person went elsewhere
  viewport()->update();
}

} // namespace loom
