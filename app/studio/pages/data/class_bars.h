// SPDX-License-Identifier: GPL-3.0-or-later
// How many samples each class has, and how they fall into train, validation and test: one bar a class, the
// longest is the whole width. A click (or Enter) keeps one class, another click all of them.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/theme/look.h"

namespace loom {

class ClassBars : public QWidget {
  Q_OBJECT
 public:
  explicit ClassBars(QWidget* parent = nullptr);
  // `byPart`: bars in the colours of the parts, with their legend; else one colour a class with its count.
  void setCounts(const QStringList& classes, const QVector<std::array<qint64, 3>>& counts, bool byPart);
  int chosen() const { return chosen_; } // -1: all
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 Q_SIGNALS:
  void classChosen(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  int rowHeight() const;
  void choose(int index);
  QStringList classes_;
  QVector<std::array<qint64, 3>> counts_;
  bool byPart_ = true;
  int chosen_ = -1, hovered_ = -1, current_ = 0;
};

} // namespace loom
