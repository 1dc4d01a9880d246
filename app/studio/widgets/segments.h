// SPDX-License-Identifier: GPL-3.0-or-later
// A few choices side by side, one of them chosen (view switch, schedule, text size). Arrow keys move the
// choice.
#pragma once
#include "app/studio/theme/roles.h"
#include <QStringList>
#include <QWidget>

namespace loom {

class Segments : public QWidget {
  Q_OBJECT
 public:
  explicit Segments(const QStringList& texts, int current = 0, QWidget* parent = nullptr);
  int current() const { return current_; }
  int count() const { return int(texts_.size()); }
  void setCurrent(int index); // emits nothing
  void setText(int index, const QString& text);
  QRect rectOf(int index) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 Q_SIGNALS:
  void chosen(int index); // by a person

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  int at(const QPoint& point) const;
  void choose(int index);
  QStringList texts_;
  int current_, hovered_ = -1;
};

} // namespace loom
