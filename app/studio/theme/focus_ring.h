// SPDX-License-Identifier: GPL-3.0-or-later
// Shows where the keyboard is, and only after a key was pressed: a mouse press hides the ring, the next Tab
// or arrow shows it again. One per application, which owns it.
#pragma once
#include <QApplication>
#include <QFocusFrame>
#include <QPointer>

namespace loom {

class FocusRing : public QObject {
  Q_OBJECT
 public:
  explicit FocusRing(QApplication& application);
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void setKeyboard(bool on);
  void follow(QWidget* widget);
  bool keyboard_ = false;
  QPointer<QFocusFrame> frame_; // dies with the window it was shown in
};

} // namespace loom
