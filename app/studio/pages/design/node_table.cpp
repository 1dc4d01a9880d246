// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/node_table.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>
#include <QVBoxLayout>

namespace loom {
namespace {

class NodeRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                 const QModelIndex& index, const Look& look) const override {
    const QString text = index.data().toString();
    const int column = index.column();
    if (column == NodeTableModel::type) {
      const QColor family =
          familyColour(look.theme(), Family(index.data(NodeTableModel::familyRole).toInt()));
      painter.fillRect(QRectF(area.left(), area.center().y() - look.px(10), 4, look.px(20)), family);
      look.icons.paint(painter, QRectF(area.left() + look.px(10), area.top(), look.px(16), area.height()),
                       index.data(NodeTableModel::iconRole).toString(), look.px(16), family);
      paintText(painter, area.adjusted(look.px(32), 0, 0, 0), text, look.fonts[Type::smallMedium],
                look[Token::text]);
      return;
    }
    if (column == NodeTableModel::problem) {
      if (!text.isEmpty())
        look.icons.paint(painter, area, text, look.px(16),
                         look[text == "st-error" ? Token::error : Token::warn]);
      return;
    }
    const double share = index.data(NodeTableModel::shareRole).toDouble();
    if (column == NodeTableModel::parameters || column == NodeTableModel::multiplyAdds) {
      const double barWidth = look.px(68);
      if (share > 0)
        paintShareBar(painter, QRectF(area.right() - barWidth, area.center().y() - 2, barWidth, 4), share,
                      look.theme());
      paintText(painter, area.adjusted(0, 0, -barWidth - look.px(10), 0), text, look.fonts[Type::small],
                look[text == missingText ? Token::textOff : Token::text], Qt::AlignRight);
      return;
    }
    const bool right = column == NodeTableModel::number || column == NodeTableModel::memory;
    const bool quiet = column == NodeTableModel::number || column == NodeTableModel::name ||
                       column == NodeTableModel::settings;
    paintText(painter, area, text, look.fonts[Type::small],
              look[text == missingText ? Token::textOff
                   : quiet             ? Token::text2
                                       : Token::text],
              right ? Qt::AlignRight : Qt::AlignLeft);
    (void)option;
  }
};

QString orMissing(std::int64_t value, const QString& text) { return value > 0 ? text : QString(missingText); }

} // namespace

NodeTableModel::NodeTableModel(Document& document, QObject* parent)
    : QAbstractTableModel(parent), document_(document) {
  const auto again = [this] {
    beginResetModel();
    endResetModel();
  };
  connect(&document_, &Document::changed, this, again);
  connect(&document_, &Document::dataChanged, this, again);
  connect(&document_, &Document::reset, this, again);
}

int NodeTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(document_.analysis().order.size());
}
int NodeTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : columnCountValue;
}

NodeId NodeTableModel::nodeAt(int row) const {
  const auto& order = document_.analysis().order;
  return row >= 0 && static_cast<std::size_t>(row) < order.size() ? order[static_cast<std::size_t>(row)] : 0;
}

int NodeTableModel::rowOf(NodeId node) const {
  const auto& order = document_.analysis().order;
  const auto found = std::find(order.begin(), order.end(), node);
  return found == order.end() ? -1 : static_cast<int>(found - order.begin());
}

QVariant NodeTableModel::data(const QModelIndex& index, int role) const {
  const NodeId id = nodeAt(index.row());
  const Node* node = document_.network().node(id);
  const auto& analysis = document_.analysis();
  const auto info = analysis.nodes.find(id);
  if (node == nullptr || info == analysis.nodes.end()) return {};
  const auto* layer = findLayer(node->type);
  const NodeInfo& known = info->second;
  if (role == nodeRole) return id;
  if (role == familyRole) return layer != nullptr ? int(layer->family) : int(Family::block);
  if (role == iconRole)
    return layer != nullptr
               ? QString::fromUtf8(layer->icon.data(), static_cast<qsizetype>(layer->icon.size()))
               : QString("f-block");
  if (role == shareRole) {
    if (index.column() == parameters && analysis.parameters > 0)
      return double(known.parameterCount) / double(analysis.parameters);
    if (index.column() == multiplyAdds && analysis.multiplyAdds > 0)
      return double(known.multiplyAdds) / double(analysis.multiplyAdds);
    return 0.0;
  }
  if (role == Qt::ToolTipRole && index.column() == problem)
    if (const auto* diagnostic = document_.diagnosticOf(id))
      return tipText(QString::fromStdString(diagnostic->cause.text() + " " + diagnostic->remedy.text()));
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
  case number:
    return QString::number(index.row() + 1);
  case type:
    return QString::fromStdString(node->type);
  case name:
    return QString::fromStdString(node->name);
  case settings:
    return QString::fromStdString(known.facts);
  case output:
    return known.output ? QString::fromStdString(toTextWithoutBatch(*known.output)) : QString(missingText);
  case parameters:
    return orMissing(known.parameterCount, QString::fromStdString(formatCount(known.parameterCount)));
  case multiplyAdds:
    return orMissing(known.multiplyAdds, QString::fromStdString(formatCountShort(known.multiplyAdds)));
  case memory:
    return orMissing(known.activationElements,
                     QString::fromStdString(formatBytes(std::uint64_t(known.activationElements) * 4)));
  case problem:
    if (const auto* diagnostic = document_.diagnosticOf(id))
      return diagnostic->level == Diagnostic::Level::error ? QString("st-error") : QString("st-warn");
    return QString();
  default:
    return {};
  }
}

QVariant NodeTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const char* const titles[] = {"#",          "Type",          "Name",   "Settings", "Output",
                                       "Parameters", "Multiply-adds", "Memory", ""};
  if (role == Qt::DisplayRole) return QString(titles[section]);
  if (role == Qt::TextAlignmentRole)
    return int((section == number || section >= parameters ? Qt::AlignRight : Qt::AlignLeft) |
               Qt::AlignVCenter);
  if (role == Qt::ToolTipRole && section == memory)
    return QString("Output kept for the backward pass, one sample, float32");
  return {};
}

NodeTable::NodeTable(Document& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("nodeTable");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  model_ = new NodeTableModel(document, this);
  view_ = new QTableView;
  view_->setModel(model_);
  view_->setItemDelegate(new NodeRows(view_));
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setShowGrid(false);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setAccessibleName("Nodes in order of execution");
  view_->verticalHeader()->hide();
  view_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  view_->verticalHeader()->setDefaultSectionSize(lookOf(this).row());
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  auto* head = view_->horizontalHeader();
  head->setHighlightSections(false);
  fixHeight(head, 28);
  const int widths[] = {40, 220, 120, 180, 120, 160, 160, 100, 36};
  for (int section = 0; section < NodeTableModel::columnCountValue; ++section)
    head->resizeSection(section, lookOf(this).px(widths[section]));
  head->setSectionResizeMode(NodeTableModel::settings, QHeaderView::Stretch);
  column->addWidget(view_, 1);
  column->addWidget(new HairLine);
  auto* foot = new QWidget;
  fixHeight(foot, 28);
  auto* row = rowOf(foot);
  row->setContentsMargins(12, 0, 12, 0);
  row->addWidget(
      new Text("Memory: outputs kept for the backward pass, one sample, float32", Type::small, Token::text2),
      1);
  column->addWidget(foot);

  const auto follow = [this] {
    following_ = true;
    view_->clearSelection();
    for (const NodeId id : document_.selection())
      if (const int at = model_->rowOf(id); at >= 0)
        view_->selectionModel()->select(model_->index(at, 0),
                                        QItemSelectionModel::Select | QItemSelectionModel::Rows);
    if (const int at = model_->rowOf(document_.current()); at >= 0)
      view_->selectionModel()->setCurrentIndex(model_->index(at, 0), QItemSelectionModel::NoUpdate);
    following_ = false;
  };
  connect(&document_, &Document::selectionChanged, this, follow);
  connect(model_, &QAbstractItemModel::modelReset, this, follow);
  connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    if (following_) return;
    std::set<NodeId> chosen;
    for (const auto& index : view_->selectionModel()->selectedRows())
      chosen.insert(model_->nodeAt(index.row()));
    document_.select(chosen, model_->nodeAt(view_->currentIndex().row()));
  });
}

} // namespace loom
