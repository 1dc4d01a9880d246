// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/tool_bar.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

namespace loom {
namespace {

constexpr int narrowWindow =
    1152; // below it the rarer tools go behind "…"; counted after dividing by the text size

} // namespace

PageToolBar::PageToolBar(const QString& title, QWidget* parent) : QWidget(parent) {
  title_ = new Text(title, Type::heading);
  title_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
  subtitle_ = new Text({}, Type::small, Token::text2);
  subtitle_->hide();
  reason_ = new Text({}, Type::small, Token::error);
  reasonIcon_ = new IconLabel(QStringLiteral("st-error"), 16, Token::error);
  reason_->hide();
  reasonIcon_->hide();
  more_ = makeIconButton(QStringLiteral("more"), tr("More tools"));
  more_->setPopupMode(QToolButton::InstantPopup);
  more_->setMenu(new QMenu(more_));
  more_->hide();
  auto* row = rowOf(this, 0, 8);
  row->setContentsMargins(16, 0, 16, 1);
  left_ = new QHBoxLayout;
  right_ = new QHBoxLayout;
  left_->setSpacing(8);
  right_->setSpacing(8);
  row->addWidget(title_);
  row->addSpacing(4);
  row->addWidget(subtitle_);
  row->addLayout(left_);
  row->addWidget(more_);
  row->addStretch(1);
  row->addWidget(reasonIcon_);
  row->addWidget(reason_);
  row->addLayout(right_);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setGround(this, Ground::surface);
  measure();
}

void PageToolBar::setTitle(const QString& title) { title_->setText(title); }

void PageToolBar::setSubtitle(const QString& text) {
  subtitle_->setText(text);
  subtitle_->setVisible(!text.isEmpty());
}

void PageToolBar::addWidget(QWidget* widget) { left_->addWidget(widget); }

QToolButton* PageToolBar::addTool(QAction* action, bool rare) {
  QToolButton* button = makeIconButton(action);
  left_->addWidget(button);
  if (rare) {
    rare_.append(button);
    more_->menu()->addAction(action);
  }
  return button;
}

void PageToolBar::addLine() {
  auto* line = new HairLine(Qt::Vertical);
  line->setFixedHeight(20);
  left_->addSpacing(4);
  left_->addWidget(line);
  left_->addSpacing(4);
}

void PageToolBar::addRight(QWidget* widget) {
  right_->insertWidget(primary_ ? right_->indexOf(primary_) : -1, widget);
}

QPushButton* PageToolBar::setPrimary(const QString& text, const QString& icon, const QString& key) {
  primary_ = makeButton(text, icon, ButtonRole::primary);
  right_->addWidget(primary_);
  if (!key.isEmpty()) {
    key_ = new KeyCap(key);
    right_->addWidget(key_);
  }
  return primary_;
}

void PageToolBar::setPrimaryVisible(bool visible) {
  primary_->setVisible(visible);
  if (key_) key_->setVisible(visible);
}

void PageToolBar::setReason(const QString& text) {
  reason_->setText(text);
  reason_->setVisible(!text.isEmpty());
  reasonIcon_->setVisible(!text.isEmpty());
}

void PageToolBar::measure() { setFixedHeight(lookOf(this).px(48)); }

void PageToolBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintHorizontalLine(painter, 0, width(), height() - 1, lookOf(this)[Token::line]);
}

void PageToolBar::resizeEvent(QResizeEvent* event) {
  const bool narrow = window()->width() / lookOf(this).scale < narrowWindow;
  for (QToolButton* tool : std::as_const(rare_)) tool->setVisible(!narrow);
  more_->setVisible(narrow && !rare_.isEmpty());
  QWidget::resizeEvent(event);
}

void PageToolBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) measure();
  QWidget::changeEvent(event);
}

} // namespace loom
