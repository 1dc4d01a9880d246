// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/layer_search.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/look.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/words.h"
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {
namespace {

enum Role { typeRole = Qt::UserRole, resultRole, iconRole, familyRole, fitsRole };

class RowPainter : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {100, lookOf(option.widget).px(28)};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Look& look = lookOf(option.widget);
    const bool fits = index.data(fitsRole).toBool();
    if ((option.state & QStyle::State_Selected) != 0)
      painter->fillRect(option.rect, look[Token::accentSoft]);
    else if ((option.state & QStyle::State_MouseOver) != 0)
      painter->fillRect(option.rect, look[Token::hover]);
    const QRect box = option.rect.adjusted(look.px(8), 0, -look.px(8), 0);
    const auto colour = familyColour(look.theme(), Family(index.data(familyRole).toInt()));
    look.icons.paint(*painter, QRectF(box.left(), box.top(), look.px(16), box.height()),
                     index.data(iconRole).toString(), look.px(16), fits ? colour : look[Token::textOff]);
    painter->setFont(look.fonts[Type::body]);
    painter->setPen(look[fits ? Token::text : Token::textOff]);
    painter->drawText(box.adjusted(look.px(24), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      index.data(typeRole).toString());
    painter->setFont(look.fonts[Type::small]);
    painter->setPen(look[fits ? Token::text2 : Token::textOff]);
    const int nameWidth =
        QFontMetrics(look.fonts[Type::body]).horizontalAdvance(index.data(typeRole).toString()) + look.px(36);
    const QRect rest = box.adjusted(nameWidth, 0, 0, 0);
    painter->drawText(rest, Qt::AlignVCenter | Qt::AlignRight,
                      QFontMetrics(look.fonts[Type::small])
                          .elidedText(index.data(resultRole).toString(), Qt::ElideRight, rest.width()));
  }
};

} // namespace

std::vector<const LayerSpec*> matchLayers(const QString& words) {
  std::vector<std::pair<int, const LayerSpec*>> ranked;
  const QString wanted = words.trimmed().toLower();
  for (const auto* layer : layerTable()) {
    const QString name = text(layer->type).toLower();
    int rank = -1;
    if (wanted.isEmpty() || name.startsWith(wanted))
      rank = 0;
    else if (name.contains(wanted))
      rank = 1;
    else if (text(layer->group).toLower().contains(wanted) ||
             std::any_of(layer->keywords.begin(), layer->keywords.end(),
                         [&](auto word) { return text(word).toLower().contains(wanted); }))
      rank = 2;
    if (rank >= 0) ranked.emplace_back(rank, layer);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const LayerSpec*> result;
  for (const auto& [rank, layer] : ranked) result.push_back(layer);
  return result;
}

LayerSearch::LayerSearch(QWidget* parent) : QFrame(parent, Qt::Popup) {
  setObjectName("layerSearch");
  setFrameShape(QFrame::StyledPanel);
  setGround(this, Ground::raised);
  title_ = new QLabel(this);
  field_ = new QLineEdit(this);
  field_->setPlaceholderText("Find a layer");
  field_->setAccessibleName("Find a layer");
  field_->setClearButtonEnabled(false);
  list_ = new QListWidget(this);
  list_->setItemDelegate(new RowPainter(list_));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setUniformItemSizes(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setAccessibleName("Layers that match");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 8, 8, 8);
  column->setSpacing(8);
  column->addWidget(field_);
  column->addWidget(title_);
  column->addWidget(list_);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, &LayerSearch::fill);
  connect(list_, &QListWidget::itemClicked, this, &LayerSearch::take);
}

void LayerSearch::open(QPoint globalPosition, const std::optional<loom::Shape>& input) {
  input_ = input;
  title_->setText(input ? "Layer for " + QString::fromStdString(toTextWithoutBatch(*input))
                        : QString("Layer"));
  title_->setFont(lookOf(this).fonts[Type::caption]);
  field_->clear();
  fill();
  shrink();
  move(globalPosition);
  show();
  field_->setFocus();
}

void LayerSearch::fill() {
  list_->clear();
  QList<QListWidgetItem*> off;
  for (const auto* layer : matchLayers(field_->text())) {
    auto* item = new QListWidgetItem;
    QString result;
    bool fits = true;
    if (input_ && layer->shape != nullptr && layer->inputs.size() == 1 && !layer->inputs.front().many) {
      auto params = completeParams(*layer, {});
      const ShapeAnswer answer = params ? layer->shape({*input_}, *params) : ShapeAnswer{};
      fits = !answer.problem;
      result =
          fits ? (layer->hasOutput ? QString::fromStdString(toTextWithoutBatch(answer.output)) : QString())
               : QString::fromStdString(answer.problem->cause.text());
    }
    item->setData(typeRole, text(layer->type));
    item->setData(resultRole, result);
    item->setData(iconRole, text(layer->icon));
    item->setData(familyRole, int(layer->family));
    item->setData(fitsRole, fits);
    // What takes no input can follow nothing.
    if (input_ && layer->inputs.empty()) {
      fits = false;
      result = "Takes no input";
      item->setData(resultRole, result);
      item->setData(fitsRole, false);
    }
    item->setText(text(layer->type));
    item->setToolTip(tipText(fits ? text(layer->summary) : result));
    if (fits) {
      list_->addItem(item);
    } else {
      item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
      off << item;
    }
  }
  for (auto* item : off) list_->addItem(item);
  list_->setCurrentRow(0);
  shrink();
}

void LayerSearch::shrink() {
  const Look& look = lookOf(this);
  constexpr int fewest = 1, most = 8;
  const int rows = std::clamp(list_->count(), fewest, most);
  list_->setFixedHeight(rows * look.px(28) + 2);
  setFixedWidth(look.px(288));
  layout()->activate();
  setFixedHeight(layout()->sizeHint().height());
}

void LayerSearch::take() {
  auto* item = list_->currentItem();
  if (item == nullptr || (item->flags() & Qt::ItemIsEnabled) == 0) return;
  const QString type = item->data(typeRole).toString();
  hide();
  Q_EMIT chosen(type);
}

bool LayerSearch::eventFilter(QObject* watched, QEvent* event) {
  if (watched != field_ || event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
  switch (static_cast<QKeyEvent*>(event)->key()) {
  case Qt::Key_Down:
    list_->setCurrentRow(std::min(list_->currentRow() + 1, list_->count() - 1));
    return true;
  case Qt::Key_Up:
    list_->setCurrentRow(std::max(list_->currentRow() - 1, 0));
    return true;
  case Qt::Key_Return:
  case Qt::Key_Enter:
    take();
    return true;
  case Qt::Key_Escape:
    hide();
    return true;
  default:
    return false;
  }
}

void LayerSearch::hideEvent(QHideEvent* event) {
  QFrame::hideEvent(event);
  Q_EMIT closed();
}

} // namespace loom
