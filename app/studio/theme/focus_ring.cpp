// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/focus_ring.h"
#include <QAbstractButton>
#include <QKeyEvent>

namespace loom {
namespace {

bool leadsFocus(int key) {
  switch (key) {
  case Qt::Key_Tab:
  case Qt::Key_Backtab:
  case Qt::Key_Left:
  case Qt::Key_Right:
  case Qt::Key_Up:
  case Qt::Key_Down:
    return true;
  default:
    return false;
  }
}

} // namespace

FocusRing::FocusRing(QApplication& application) : QObject(&application) {
  application.installEventFilter(this);
  connect(&application, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) { follow(now); });
}

bool FocusRing::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::KeyPress && leadsFocus(static_cast<QKeyEvent*>(event)->key()))
    setKeyboard(true);
  else if (event->type() == QEvent::MouseButtonPress && object->isWidgetType())
    setKeyboard(false);
  return false;
}

void FocusRing::setKeyboard(bool on) {
  if (keyboard_ == on) return;
  keyboard_ = on;
  QWidget* widget = QApplication::focusWidget();
  if (widget) widget->window()->setAttribute(Qt::WA_KeyboardFocusChange, on);
  follow(widget);
  if (widget) widget->update();
}

void FocusRing::follow(QWidget* widget) {
  if (widget) widget->window()->setAttribute(Qt::WA_KeyboardFocusChange, keyboard_);
  QWidget* ringed = keyboard_ && qobject_cast<QAbstractButton*>(widget) ? widget : nullptr;
  if (ringed && !frame_) frame_ = new QFocusFrame(ringed->parentWidget());
  if (frame_) frame_->setWidget(ringed);
}

} // namespace loom
