// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/palette.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/words.h"
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>

namespace loom {
namespace {

enum Role { typeRole = Qt::UserRole, familyRole, iconRole };

// Group heads are captions; layers have their family's icon.
class PaletteRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Look& look = lookOf(option.widget);
    const bool head = index.data(typeRole).toString().isEmpty();
    return {80, look.px(head ? (index.row() == 0 ? 20 : 28) : 24)};
  }

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem&, const QModelIndex& index,
                 const Look& look) const override {
    const QString type = index.data(typeRole).toString();
    if (type.isEmpty()) {
      paintText(painter, QRectF(area.left(), area.bottom() - look.px(20), area.width(), look.px(20)),
                index.data().toString(), look.fonts[Type::caption], look[Token::text2]);
      return;
    }
    look.icons.paint(painter, QRectF(area.left(), area.top(), look.px(16), area.height()),
                     index.data(iconRole).toString(), look.px(16),
                     familyColour(look.theme(), Family(index.data(familyRole).toInt())));
    paintText(painter, area.adjusted(look.px(22), 0, 0, 0), type, look.fonts[Type::body], look[Token::text]);
  }
};

} // namespace

Palette::Palette(QWidget* parent) : QWidget(parent) {
  setObjectName("palette");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  column->addWidget(new DockTitle("Layers"));
  field_ = new QLineEdit;
  field_->setPlaceholderText("Find a layer");
  field_->setAccessibleName("Find a layer");
  field_->addAction(icon("search"), QLineEdit::LeadingPosition);
  setTip(field_, "Find a layer", "/ on the canvas");
  auto* box = new QWidget;
  columnOf(box, 8)->addWidget(field_);
  column->addWidget(box);
  list_ = new QListWidget;
  list_->setObjectName("paletteList");
  list_->setAccessibleName("Layers");
  list_->setItemDelegate(new PaletteRows(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  column->addWidget(list_, 1);
  setGround(list_, Ground::surface);
  list_->viewport()->installEventFilter(this);
  list_->installEventFilter(this);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, &Palette::fill);
  connect(list_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
    if (const QString type = item->data(typeRole).toString(); !type.isEmpty()) Q_EMIT picked(type);
  });
  fill();
}

void Palette::focusSearch() {
  field_->setFocus(Qt::ShortcutFocusReason);
  field_->selectAll();
}

void Palette::showFamily(Family family) {
  field_->clear();
  for (int row = 0; row < list_->count(); ++row) {
    const auto* item = list_->item(row);
    if (item->data(typeRole).toString().isEmpty() || Family(item->data(familyRole).toInt()) != family)
      continue;
    list_->setCurrentRow(row);
    const bool headed = row > 0 && list_->item(row - 1)->data(typeRole).toString().isEmpty();
    list_->scrollToItem(list_->item(headed ? row - 1 : row), QAbstractItemView::PositionAtTop);
    break;
  }
  list_->setFocus(Qt::OtherFocusReason);
}

void Palette::fill() {
  list_->clear();
  QString group;
  const bool searching = !field_->text().trimmed().isEmpty();
  for (const auto* layer : matchLayers(field_->text())) {
    if (!searching && text(layer->group) != group) {
      group = text(layer->group);
      auto* head = new QListWidgetItem(group, list_);
      head->setFlags(Qt::NoItemFlags);
    }
    auto* item = new QListWidgetItem(text(layer->type), list_);
    item->setData(typeRole, text(layer->type));
    item->setData(familyRole, int(layer->family));
    item->setData(iconRole, text(layer->icon));
    item->setToolTip(tipText(text(layer->summary), "Drag it to the canvas, or press Enter"));
  }
  if (searching && list_->count() > 0) list_->setCurrentRow(0);
}

bool Palette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && !dragging_ && watched != list_->viewport() &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
    Q_EMIT closeWanted();
    return true;
  }
  if (watched == field_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Down && list_->count() > 0) {
      list_->setFocus();
      if (list_->currentRow() < 0) list_->setCurrentRow(0);
      return true;
    }
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && list_->currentItem() != nullptr) {
      if (const QString type = list_->currentItem()->data(typeRole).toString(); !type.isEmpty())
        Q_EMIT picked(type);
      return true;
    }
    return false;
  }
  if (watched == list_ && event->type() == QEvent::KeyPress && dragging_ &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
    dragging_ = false;
    pressed_.clear();
    Q_EMIT dragCancelled();
    return true;
  }
  if (watched != list_->viewport()) return QWidget::eventFilter(watched, event);
  switch (event->type()) {
  case QEvent::MouseButtonPress: {
    auto* mouse = static_cast<QMouseEvent*>(event);
    const auto* item = list_->itemAt(mouse->position().toPoint());
    pressed_ =
        item != nullptr && mouse->button() == Qt::LeftButton ? item->data(typeRole).toString() : QString();
    pressedAt_ = mouse->position().toPoint();
    return false;
  }
  case QEvent::MouseMove: {
    auto* mouse = static_cast<QMouseEvent*>(event);
    if (pressed_.isEmpty() || (mouse->buttons() & Qt::LeftButton) == 0) return false;
    if (!dragging_ && (mouse->position().toPoint() - pressedAt_).manhattanLength() < 6) return true;
    dragging_ = true;
    list_->viewport()->setCursor(Qt::ClosedHandCursor);
    Q_EMIT dragged(pressed_, mouse->globalPosition().toPoint());
    return true;
  }
  case QEvent::MouseButtonRelease: {
    const QString type = pressed_;
    const bool was = dragging_;
    pressed_.clear();
    dragging_ = false;
    list_->viewport()->unsetCursor();
    if (!was) return false;
    Q_EMIT dropped(type, static_cast<QMouseEvent*>(event)->globalPosition().toPoint());
    return true;
  }
  default:
    return false;
  }
}

} // namespace loom
