// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with a node, in words, below it, with the fix as a button.
#pragma once
#include "core/network/validate.h"
#include <QFrame>

class QLabel;
class QPushButton;

namespace loom {

class FixBubble : public QFrame {
  Q_OBJECT

 public:
  explicit FixBubble(QWidget* parent);
  // Its words wrap so that it is at most `room` wide.
  void show(const Diagnostic& diagnostic, int room);
  QPushButton* button() const { return button_; }

 signals:
  void fixWanted(const loom::Diagnostic& diagnostic);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QLabel* cause_;
  QLabel* remedy_;
  QPushButton* button_;
  Diagnostic diagnostic_;
};

} // namespace loom
