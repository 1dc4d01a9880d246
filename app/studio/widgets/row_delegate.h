// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of tables, trees and lists as the language wants them: the whole row is hovered, its ground runs
// through all cells. Subclasses paint cells of their own in paintCell.
#pragma once
#include "app/studio/theme/look.h"
#include <QAbstractItemView>
#include <QStyledItemDelegate>

namespace loom {

class RowDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  explicit RowDelegate(QAbstractItemView* view); // owned by the view; watches its viewport
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 protected:
  // The ground is painted already; `area` is the cell without its padding of 8. The standard paints an icon
  // named by Qt::DecorationRole (a QString) and the text.
  virtual void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                         const QModelIndex& index, const Look& look) const;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void setHovered(const QModelIndex& index);
  void updateRow(const QModelIndex& index);
  QAbstractItemView* view_;
  QPersistentModelIndex hovered_;
};

} // namespace loom
