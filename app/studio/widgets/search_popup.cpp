// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/search_popup.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/chip.h"
#include <QKeyEvent>
#include <QRegion>

namespace loom {
namespace {

constexpr int largeLine = 48, smallLine = 40, foot = 32, groupHeight = 28, largeRow = 32, smallRow = 28;
constexpr int largeWidth = 640, smallWidth = 288, listRoom = 360;

// The text with the part that was typed in bold accent.
int paintMatched(QPainter& painter, QRectF area, const QString& text, const QString& words, const Look& look,
                 const QColor& colour) {
  const QFont &plain = look.fonts[Type::body], &strong = look.fonts[Type::bodyStrong];
  const qsizetype at = words.isEmpty() ? -1 : text.indexOf(words, 0, Qt::CaseInsensitive);
  if (at < 0) return paintText(painter, area, text, plain, colour);
  const double left = area.left();
  area.setLeft(left + paintText(painter, area, text.left(at), plain, colour));
  area.setLeft(area.left() +
               paintText(painter, area, text.mid(at, words.size()), strong, look[Token::accent]));
  area.setLeft(area.left() + paintText(painter, area, text.mid(at + words.size()), plain, colour));
  return int(area.left() - left);
}

} // namespace

SearchPopup::SearchPopup(Form form, const QString& placeholder, QWidget* parent)
    : QWidget(parent, Qt::Popup | Qt::FramelessWindowHint | Qt::NoDropShadowWindowHint), form_(form) {
  line_ = new QLineEdit(this);
  line_->setFrame(false);
  line_->setPlaceholderText(placeholder);
  line_->setAccessibleName(placeholder);
  line_->installEventFilter(this);
  setFocusProxy(line_);
  setMouseTracking(true);
  connect(line_, &QLineEdit::textChanged, this, &SearchPopup::queryChanged);
}

void SearchPopup::setHint(const QString& text) { hint_ = text; }

void SearchPopup::setFoot(const QStringList& left, const QString& right) {
  footLeft_ = left;
  footRight_ = right;
}

void SearchPopup::setEntries(const QVector<SearchEntry>& entries) {
  entries_ = entries;
  scroll_ = 0;
  current_ = -1;
  for (int i = 0; i < entries_.size() && current_ < 0; ++i)
    if (entries_[i].enabled) current_ = i;
  arrange();
}

void SearchPopup::popup(const QPoint& global) {
  const Look& look = lookOf(this);
  line_->setFont(look.fonts[Type::body]);
  if (form_ == Form::large) {
    QFont font = look.fonts[Type::body];
    font.setPixelSize(look.px(15));
    line_->setFont(font);
  }
  line_->clear();
  Q_EMIT queryChanged({});
  arrange();
  QWidget::move(global);
  show();
  line_->setFocus(Qt::PopupFocusReason);
}

QRect SearchPopup::listArea() const {
  const Look& look = lookOf(this);
  const int top = look.px(form_ == Form::large ? largeLine : smallLine) + 1;
  const int bottom = form_ == Form::large && !footLeft_.isEmpty() ? look.px(foot) + 1 : 1;
  return {1, top, width() - 2, height() - top - bottom};
}

void SearchPopup::arrange() {
  const Look& look = lookOf(this);
  lines_.clear();
  double top = look.px(4);
  const double row = look.px(form_ == Form::large ? largeRow : smallRow);
  for (int i = 0; i < entries_.size(); ++i) {
    const bool first = i == 0 || entries_[i].group != entries_[i - 1].group;
    if (first && !entries_[i].group.isEmpty()) {
      lines_.append({i, true, top, double(look.px(groupHeight))});
      top += look.px(groupHeight);
    }
    lines_.append({i, false, top, row});
    top += row;
  }
  contents_ = top + look.px(8);
  const int list = std::min(int(contents_), look.px(listRoom));
  const int head = look.px(form_ == Form::large ? largeLine : smallLine) + 1;
  const int bottom = form_ == Form::large && !footLeft_.isEmpty() ? look.px(foot) + 1 : 1;
  resize(look.px(form_ == Form::large ? largeWidth : smallWidth), head + list + bottom);
  resizeEvent(nullptr);
  update();
}

void SearchPopup::resizeEvent(QResizeEvent*) {
  const Look& look = lookOf(this);
  const bool large = form_ == Form::large;
  const int left = large ? look.px(16 + 20 + 8) : look.px(8 + 16 + 4);
  line_->setGeometry(left, 1, width() - left - look.px(8), look.px(large ? largeLine : smallLine) - 1);
  QBitmap shape(size());
  shape.clear();
  QPainter painter(&shape);
  painter.setBrush(Qt::color1);
  painter.setPen(Qt::color1);
  painter.drawRoundedRect(rect().adjusted(0, 0, -1, -1), 5, 5);
  painter.end();
  setMask(shape);
}

void SearchPopup::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  const bool large = form_ == Form::large;
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::raised]);
  paintBox(painter, rect(), {.ground = look[Token::raised], .border = look[Token::lineStrong], .radius = 6});
  const int head = look.px(large ? largeLine : smallLine), size = look.px(large ? 20 : 16);
  look.icons.paint(painter, QRectF(look.px(large ? 16 : 8), 0, size, head), QStringLiteral("search"), size,
                   look[large ? Token::text : Token::text2]);
  if (!hint_.isEmpty() && line_->text().size() < 24)
    paintText(painter, QRectF(0, 0, width() - look.px(16), head), hint_, look.fonts[Type::small],
              look[Token::text2], Qt::AlignRight);
  paintHorizontalLine(painter, 1, width() - 1, head, look[Token::line]);
  const QRect list = listArea();
  painter.save();
  painter.setClipRect(list);
  for (const Line& line : lines_) {
    const QRectF area(list.left(), list.top() + line.top - scroll_, list.width(), line.height);
    if (!area.intersects(list)) continue;
    if (line.heading)
      paintText(painter, area.adjusted(look.px(large ? 16 : 8), look.px(4), 0, 0), entries_[line.entry].group,
                look.fonts[Type::caption], look[Token::text2]);
    else
      paintEntry(painter, area, entries_[line.entry], line.entry == current_);
  }
  painter.restore();
  if (contents_ > list.height()) {
    const double length = list.height() * list.height() / contents_;
    const double top = list.top() + (list.height() - length) * scroll_ / (contents_ - list.height());
    paintBox(painter, QRectF(list.right() - 9, top, 8, length),
             {.ground = withAlpha(look[Token::lineStrong], .55), .radius = 4});
  }
  if (!large || footLeft_.isEmpty()) return;
  paintHorizontalLine(painter, 1, width() - 1, list.bottom() + 1, look[Token::line]);
  QRectF line(look.px(16), list.bottom() + 2, width() - look.px(32), look.px(foot) - 1);
  paintText(painter, line, footRight_, look.fonts[Type::captionPlain], look[Token::text2], Qt::AlignRight);
  for (const QString& words : footLeft_)
    line.setLeft(line.left() + look.px(16) +
                 paintText(painter, line, words, look.fonts[Type::captionPlain], look[Token::text2]));
}

void SearchPopup::paintEntry(QPainter& painter, const QRectF& area, const SearchEntry& entry,
                             bool current) const {
  const Look& look = lookOf(this);
  if (current) painter.fillRect(area, look[Token::accentSoft]);
  const int side = look.px(form_ == Form::large ? 16 : 8), size = look.px(16);
  const QColor& iconColour = !entry.enabled         ? look[Token::textOff]
                             : entry.tint.isValid() ? entry.tint
                                                    : look[current ? Token::accent : Token::text2];
  look.icons.paint(painter, QRectF(area.left() + side, area.top(), size, area.height()), entry.icon, size,
                   iconColour);
  double right = area.right() - side;
  for (qsizetype i = entry.keys.size(); i-- > 0;) {
    const int width = keyCapWidth(look, entry.keys[i]);
    right -= width;
    paintKeyCap(painter, QRectF(right, area.top(), width, area.height()), entry.keys[i], look);
    right -= look.px(8);
  }
  if (!entry.right.isEmpty()) {
    const int width = QFontMetrics(look.fonts[Type::small]).horizontalAdvance(entry.right) + 2;
    paintText(painter, QRectF(right - width, area.top(), width, area.height()), entry.right,
              look.fonts[Type::small], look[entry.enabled ? Token::text2 : Token::textOff], Qt::AlignRight);
    right -= width + look.px(8);
  }
  QRectF words(area.left() + side + size + look.px(8), area.top(), 0, area.height());
  words.setRight(right);
  const QString typed = line_->text();
  const QString sought =
      !typed.isEmpty() && QStringLiteral(">#@").contains(typed[0]) ? typed.mid(1).trimmed() : typed;
  const int width = paintMatched(painter, words, entry.text, sought, look,
                                 look[entry.enabled ? Token::text : Token::textOff]);
  const QString& detail = entry.enabled ? entry.detail : entry.reason;
  paintText(painter, words.adjusted(width + look.px(8), 0, 0, 0), detail, look.fonts[Type::small],
            look[entry.enabled ? Token::text2 : Token::textOff]);
}

int SearchPopup::entryAt(const QPointF& point) const {
  const QRect list = listArea();
  if (!list.contains(point.toPoint())) return -1;
  const double y = point.y() - list.top() + scroll_;
  for (const Line& line : lines_)
    if (!line.heading && y >= line.top && y < line.top + line.height) return line.entry;
  return -1;
}

void SearchPopup::step(int by) {
  const int count = int(entries_.size());
  for (int next = current_ + by; next >= 0 && next<count; next += by> 0 ? 1 : -1)
    if (entries_[next].enabled) {
      current_ = next;
      reveal();
      update();
      return;
    }
}

void SearchPopup::reveal() {
  const double room = listArea().height();
  for (const Line& line : lines_) {
    if (line.heading || line.entry != current_) continue;
    scroll_ = std::clamp(scroll_, line.top + line.height - room + 4, std::max(0.0, line.top - 32));
  }
  scroll_ = std::clamp(scroll_, 0.0, std::max(0.0, contents_ - room));
}

void SearchPopup::accept(int entry) {
  if (entry < 0 || entry >= entries_.size() || !entries_[entry].enabled) return;
  const int id = entries_[entry].id;
  hide();
  Q_EMIT chosen(id);
}

void SearchPopup::mouseMoveEvent(QMouseEvent* event) {
  const int entry = entryAt(event->position());
  if (entry < 0 || entry == current_ || !entries_[entry].enabled) return;
  current_ = entry;
  update();
}

void SearchPopup::mouseReleaseEvent(QMouseEvent* event) { accept(entryAt(event->position())); }

void SearchPopup::wheelEvent(QWheelEvent* event) {
  const double room = listArea().height();
  scroll_ = std::clamp(scroll_ - event->angleDelta().y() / 2.0, 0.0, std::max(0.0, contents_ - room));
  update();
}

void SearchPopup::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  Q_EMIT closed();
}

bool SearchPopup::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down:
      step(1);
      return true;
    case Qt::Key_Up:
      step(-1);
      return true;
    case Qt::Key_PageDown:
      step(8);
      return true;
    case Qt::Key_PageUp:
      step(-8);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      accept(current_);
      return true;
    case Qt::Key_Escape:
      hide();
      return true;
    default:
      break;
    }
  }
  return QWidget::eventFilter(object, event);
}

} // namespace loom
