// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/fitting.h"
#include <QLayout>

namespace loom {

void showWhatFits(QWidget* row, int width, const QList<QWidget*>& leaving) {
  // Layouts of layouts hear of a change later, by an event: here they are asked at once.
  const auto wanted = [row] {
    for (auto* layout : row->findChildren<QLayout*>()) layout->invalidate();
    row->layout()->invalidate();
    return row->layout()->sizeHint().width();
  };
  for (QWidget* one : leaving) one->setVisible(true);
  qsizetype gone = 0;
  for (; gone < leaving.size() && wanted() > width; ++gone) leaving[gone]->setVisible(false);
  // A wide one that left may have made room for small ones that went before it.
  for (qsizetype back = gone - 2; back >= 0; --back) {
    leaving[back]->setVisible(true);
    if (wanted() > width) leaving[back]->setVisible(false);
  }
}

void FittingRow::setLeaving(const QList<QWidget*>& leaving) {
  leaving_ = leaving;
  showWhatFits(this, width(), leaving_);
}

void FittingRow::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  showWhatFits(this, width(), leaving_);
}

} // namespace loom
