// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with the drawing, one row each with its fix as a button; F8 goes to the next one.
#pragma once
#include "app/studio/drawing/document.h"
#include <QWidget>

class QVBoxLayout;

namespace loom {

class Chip;
class DockTitle;

class Problems : public QWidget {
  Q_OBJECT

 public:
  explicit Problems(Document& document, QWidget* parent = nullptr);
  void next(int by);             // chooses the next or previous problem
  void setOneLine(bool oneLine); // a low window: one problem in sight, the others behind F8

 Q_SIGNALS:
  void nodeWanted(loom::NodeId node);

 private:
  void refresh();
  Document& document_;
  Chip *errors_, *warnings_;
  DockTitle* title_;
  bool oneLine_ = false;
  QWidget* rows_ = nullptr;
  QVBoxLayout* column_;
  int current_ = -1;
};

} // namespace loom
