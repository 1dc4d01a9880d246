// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/reading_order.h"
#include <QLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QSplitter>

namespace loom {
namespace {

void collect(QWidget* widget, QList<QWidget*>& order);

void collect(QLayout* layout, QList<QWidget*>& order) {
  for (int at = 0; at < layout->count(); ++at) {
    QLayoutItem* item = layout->itemAt(at);
    if (item->widget() != nullptr)
      collect(item->widget(), order);
    else if (item->layout() != nullptr)
      collect(item->layout(), order);
  }
}

void collect(QWidget* widget, QList<QWidget*>& order) {
  if ((widget->focusPolicy() & Qt::TabFocus) == Qt::TabFocus) order << widget;
  if (const auto* area = qobject_cast<QScrollArea*>(widget)) {
    if (area->widget() != nullptr) collect(area->widget(), order);
  } else if (const auto* splitter = qobject_cast<QSplitter*>(widget)) {
    for (int at = 0; at < splitter->count(); ++at) collect(splitter->widget(at), order);
  } else if (widget->layout() != nullptr) {
    collect(widget->layout(), order);
  }
}

} // namespace

void followReadingOrder(QWidget* page) {
  QList<QWidget*> order;
  collect(page, order);
  for (qsizetype at = 1; at < order.size(); ++at) QWidget::setTabOrder(order[at - 1], order[at]);
}

void focusField(QWidget* field) {
  field->setFocus(Qt::OtherFocusReason);
  if (auto* line = qobject_cast<QLineEdit*>(field)) line->selectAll();
  for (QWidget* around = field->parentWidget(); around != nullptr; around = around->parentWidget())
    if (auto* area = qobject_cast<QScrollArea*>(around)) area->ensureWidgetVisible(field);
}

} // namespace loom
