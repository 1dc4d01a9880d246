// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/theme/paint.h"
#include <QApplication>
#include <QMouseEvent>

namespace loom {

RowDelegate::RowDelegate(QAbstractItemView* view) : QStyledItemDelegate(view), view_(view) {
  view->setMouseTracking(true);
  view->viewport()->installEventFilter(this);
  view->setSelectionBehavior(QAbstractItemView::SelectRows);
}

void RowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
  QStyleOptionViewItem cell = option;
  initStyleOption(&cell, index);
  const bool hovered =
      hovered_.isValid() && hovered_.row() == index.row() && hovered_.parent() == index.parent();
  cell.state.setFlag(QStyle::State_MouseOver, hovered);
  const Look& look = lookOf(cell.widget);
  const QStyle* style = cell.widget ? cell.widget->style() : QApplication::style();
  style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget);
  if (view_->indexWidget(index) != nullptr) return; // its editor does not cover all of the old text
  paintCell(*painter, QRectF(cell.rect).adjusted(look.px(8), 0, -look.px(8), 0), cell, index, look);
}

void RowDelegate::paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                            const QModelIndex& index, const Look& look) const {
  QRectF words = area;
  const bool enabled = option.state.testFlag(QStyle::State_Enabled);
  const QVariant mark = index.data(Qt::DecorationRole);
  if (mark.typeId() == QMetaType::QString) {
    const int size = look.px(16);
    const Token colour = option.state.testFlag(QStyle::State_Selected) ? Token::accent : Token::text2;
    look.icons.paint(painter, QRectF(words.left(), words.top(), size, words.height()), mark.toString(), size,
                     look[enabled ? colour : Token::textOff]);
    words.setLeft(words.left() + size + look.px(8));
  }
  paintText(painter, words, option.text, option.font, look[enabled ? Token::text : Token::textOff],
            option.displayAlignment & Qt::AlignHorizontal_Mask);
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Look& look = lookOf(view_);
  return {QStyledItemDelegate::sizeHint(option, index).width() + look.px(16), look.row()};
}

bool RowDelegate::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::MouseMove)
    setHovered(view_->indexAt(static_cast<QMouseEvent*>(event)->position().toPoint()));
  else if (event->type() == QEvent::Leave)
    setHovered({});
  return QStyledItemDelegate::eventFilter(object, event);
}

void RowDelegate::setHovered(const QModelIndex& index) {
  if (hovered_.isValid() == index.isValid() && hovered_.row() == index.row() &&
      hovered_.parent() == index.parent())
    return;
  updateRow(hovered_);
  hovered_ = index;
  updateRow(hovered_);
}

void RowDelegate::updateRow(const QModelIndex& index) {
  if (!index.isValid()) return;
  const QRect cell = view_->visualRect(index);
  view_->viewport()->update(0, cell.top(), view_->viewport()->width(), cell.height());
}

} // namespace loom
