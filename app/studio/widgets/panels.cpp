// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/panels.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/text.h"
#include <QAction>
#include <QHBoxLayout>
#include <QPushButton>
#include <QTextLayout>
#include <QToolButton>
#include <QVBoxLayout>

namespace loom {

QPushButton* makeButton(const QString& text, const QString& name, ButtonRole role, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  if (!name.isEmpty()) button->setIcon(icon(name));
  setRole(button, role);
  button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  button->setAutoDefault(false);
  return button;
}

QToolButton* makeIconButton(const QString& name, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(icon(name));
  button->setAccessibleName(tip);
  button->setFocusPolicy(Qt::TabFocus);
  setTip(button, tip);
  return button;
}

QToolButton* makeIconButton(QAction* action, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setDefaultAction(action);
  button->setFocusPolicy(Qt::TabFocus);
  return button;
}

namespace {

// `text` in lines of at most `width`: a plain tool tip does not wrap by itself.
QStringList wrapped(const QString& text, const QFont& font, double width) {
  QStringList lines;
  QTextLayout layout(text, font);
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  layout.setTextOption(option);
  layout.beginLayout();
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(width);
    lines << text.mid(line.textStart(), line.textLength()).trimmed();
  }
  layout.endLayout();
  return lines;
}

} // namespace

QString tipText(const QString& text, const QString& second) {
  const Look& look = lookOf(nullptr);
  QStringList lines;
  for (const QString& part : {text, second})
    if (!part.isEmpty()) lines += wrapped(visible(part), look.fonts[Type::small], look.px(304));
  return lines.join(u'\n');
}

void setTip(QWidget* widget, const QString& text, const QString& second) {
  widget->setToolTip(text.isEmpty() ? QString() : tipText(text, second));
}

QVBoxLayout* columnOf(QWidget* widget, int margin, int spacing) {
  auto* layout = new QVBoxLayout(widget);
  layout->setContentsMargins(margin, margin, margin, margin);
  layout->setSpacing(spacing);
  return layout;
}

QHBoxLayout* rowOf(QWidget* widget, int margin, int spacing) {
  auto* layout = new QHBoxLayout(widget);
  layout->setContentsMargins(margin, margin, margin, margin);
  layout->setSpacing(spacing);
  return layout;
}

HairLine::HairLine(Qt::Orientation orientation, Token colour, QWidget* parent)
    : QWidget(parent), colour_(colour) {
  if (orientation == Qt::Horizontal)
    setFixedHeight(1);
  else
    setFixedWidth(1);
}

void HairLine::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), lookOf(this)[colour_]);
}

IconLabel::IconLabel(const QString& name, int size, Token colour, QWidget* parent)
    : QWidget(parent), name_(name), size_(size), colour_(colour) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void IconLabel::setIcon(const QString& name, Token colour) {
  name_ = name;
  colour_ = colour;
  update();
}

QSize IconLabel::sizeHint() const {
  const int size = lookOf(this).px(size_);
  return {size, size};
}

void IconLabel::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  look.icons.paint(painter, rect(), name_, look.px(size_), look[isEnabled() ? colour_ : Token::textOff]);
}

DockTitle::DockTitle(const QString& title, const QString& second, QWidget* parent) : QWidget(parent) {
  title_ = new Text(title, Type::smallStrong);
  second_ = new Text(second, Type::small, Token::text2);
  auto* row = rowOf(this);
  row->setContentsMargins(12, 0, 8, 1);
  left_ = new QHBoxLayout;
  right_ = new QHBoxLayout;
  left_->setSpacing(8);
  right_->setSpacing(4);
  row->addWidget(title_);
  row->addWidget(second_, 1);
  row->addLayout(left_);
  row->addStretch(0);
  row->addLayout(right_);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setGround(this, Ground::surface);
}

void DockTitle::setTitle(const QString& title, const QString& second) {
  title_->setText(title);
  second_->setText(second);
}

void DockTitle::addLeft(QWidget* widget) {
  auto* row = static_cast<QHBoxLayout*>(layout());
  row->setStretchFactor(second_, 0);
  row->setStretch(3, 1);
  left_->addWidget(widget);
}

void DockTitle::addRight(QWidget* widget) {
  if (qobject_cast<QAbstractButton*>(widget)) setSize(widget, ControlSize::small);
  right_->addWidget(widget);
}

QSize DockTitle::sizeHint() const { return {layout()->sizeHint().width(), lookOf(this).px(32)}; }

void DockTitle::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintHorizontalLine(painter, 0, width(), height() - 1, lookOf(this)[Token::line]);
}

namespace {

class SplitHandle : public QSplitterHandle {
 public:
  SplitHandle(Qt::Orientation orientation, QSplitter* parent) : QSplitterHandle(orientation, parent) {
    setAttribute(Qt::WA_Hover);
  }

 protected:
  // QSplitter lays out by the contents and leaves the margins to the grip, which lies over the neighbours.
  void resizeEvent(QResizeEvent* event) override {
    const bool upright = orientation() == Qt::Horizontal;
    setContentsMargins(upright ? 3 : 0, upright ? 0 : 3, upright ? 3 : 0, upright ? 0 : 3);
    QWidget::resizeEvent(event);
  }
  void mousePressEvent(QMouseEvent* event) override {
    held_ = true;
    QSplitterHandle::mousePressEvent(event);
    update();
  }
  void mouseReleaseEvent(QMouseEvent* event) override {
    held_ = false;
    QSplitterHandle::mouseReleaseEvent(event);
    update();
  }
  void paintEvent(QPaintEvent*) override {
    const bool touched = held_ || underMouse();
    const Look& look = lookOf(this);
    QPainter painter(this);
    const bool upright = orientation() == Qt::Horizontal;
    const QRect line =
        upright ? QRect(3, 0, touched ? 2 : 1, height()) : QRect(0, 3, width(), touched ? 2 : 1);
    painter.fillRect(line, look[touched ? Token::accent : Token::line]);
  }

 private:
  bool held_ = false;
};

} // namespace

Splitter::Splitter(Qt::Orientation orientation, QWidget* parent) : QSplitter(orientation, parent) {
  setHandleWidth(1);
  setChildrenCollapsible(false);
}

QSplitterHandle* Splitter::createHandle() { return new SplitHandle(orientation(), this); }

} // namespace loom
