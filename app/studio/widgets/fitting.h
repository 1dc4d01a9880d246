// SPDX-License-Identifier: GPL-3.0-or-later
// What gives way in a small window: parts of a row leave whole, in an order that is chosen, so that what
// stays is never cut.
#pragma once
#include <QWidget>

namespace loom {

// Shows all of `leaving`, then hides one after another until `row`, a widget with a layout, needs no more
// than `width`.
void showWhatFits(QWidget* row, int width, const QList<QWidget*>& leaving);

// A row that does so by itself whenever its width changes.
class FittingRow : public QWidget {
 public:
  using QWidget::QWidget;
  void setLeaving(const QList<QWidget*>& leaving);
  QSize minimumSizeHint() const override { return {0, QWidget::minimumSizeHint().height()}; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QList<QWidget*> leaving_;
};

} // namespace loom
