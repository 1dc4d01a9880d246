// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/data/data_table.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/row_delegate.h"
#include "core/base/format.h"
#include "core/data/table_options.h"
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>

namespace loom {

class DataTableModel : public QAbstractTableModel {
 public:
  using QAbstractTableModel::QAbstractTableModel;
  void take(const DataView& view) {
    beginResetModel();
    view_ = view;
    options_ = tableOptions(view.spec);
    endResetModel();
  }
  const DataView& view() const { return view_; }
  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(view_.cells.size());
  }
  int columnCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(view_.columns.size()) + 1;
  }
  QVariant data(const QModelIndex& index, int role) const override {
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) return {};
    if (index.column() == 0) return index.row() + 1;
    const QString cell = view_.cells[index.row()].value(index.column() - 1);
    return cell.isEmpty() ? QString("missing") : cell;
  }
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == 0 ? QString("Row") : QString::fromStdString(view_.columns[section - 1].report.name);
  }
  const ColumnReport& report(int section) const { return view_.columns[section - 1].report; }
  bool isTarget(int section) const { return section > 0 && report(section).name == options_.target; }
  bool isLeftOut(int section) const {
    const auto& out = options_.leftOut;
    return section > 0 && (report(section).type == ColumnType::text ||
                           std::find(out.begin(), out.end(), report(section).name) != out.end());
  }

 private:
  DataView view_;
  TableOptions options_; // of view_
};

namespace {

constexpr int headHeight = 132, roleHeight = 28, barsHeight = 34;

QString typeWord(ColumnType type) {
  return type == ColumnType::number ? "number" : type == ColumnType::category ? "category" : "text";
}

QString figure(double value) {
  const double size = std::abs(value);
  if (size < 1e9 && value == std::round(value)) return QString::number(std::int64_t(value)); // a year is 2007
  return QString::fromStdString(formatNumber(value));
}

QString rangeText(const ColumnReport& report) {
  if (report.type == ColumnType::number) return figure(report.minimum) + " to " + figure(report.maximum);
  return QString::fromStdString(formatCount(report.distinct)) + (report.distinct == 1 ? " value" : " values");
}

class DataRows : public RowDelegate {
 public:
  DataRows(QAbstractItemView* view, const DataTableModel& model) : RowDelegate(view), model_(model) {}

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                 const QModelIndex& index, const Look& look) const override {
    const int column = index.column();
    if (column == 0) {
      paintText(painter, area, index.data().toString(), look.fonts[Type::small], look[Token::text2],
                Qt::AlignRight);
      return;
    }
    const QString& cell = model_.view().cells[index.row()].value(column - 1);
    const QRectF whole(option.rect);
    if (cell.isEmpty())
      painter.fillRect(whole.adjusted(0, 0, 0, -1), look[Token::warnSoft]);
    else if (model_.isTarget(column))
      painter.fillRect(whole.adjusted(0, 0, 0, -1), look[Token::accentSoft]);
    const bool number = model_.report(column).type == ColumnType::number;
    paintText(painter, area, cell.isEmpty() ? QString("missing") : cell, look.fonts[Type::small],
              look[cell.isEmpty()             ? Token::warn
                   : model_.isLeftOut(column) ? Token::textOff
                                              : Token::text],
              number ? Qt::AlignRight : Qt::AlignLeft);
  }

 private:
  const DataTableModel& model_;
};

} // namespace

class DataHeads : public QHeaderView {
 public:
  DataHeads(DataTableModel& model, QWidget* parent) : QHeaderView(Qt::Horizontal, parent), model_(model) {
    setSectionsClickable(true);
    setHighlightSections(false);
    setMinimumSectionSize(64);
  }
  QSize sizeHint() const override {
    return {QHeaderView::sizeHint().width(), lookOf(this).px(headHeight + roleHeight)};
  }
  bool editable = false;

 protected:
  void paintSection(QPainter* painter, const QRect& rect, int section) const override {
    const Look& look = lookOf(this);
    painter->save();
    const QRectF all(rect);
    const double roles = all.bottom() - look.px(roleHeight) + 1;
    painter->fillRect(all, look[model_.isTarget(section) ? Token::accentSoft : Token::surface]);
    painter->fillRect(QRectF(all.left(), roles, all.width(), look.px(roleHeight)), look[Token::surface]);
    const double left = all.left() + look.px(8), wide = all.width() - look.px(16);
    const QRectF roleRow(left, roles, wide, look.px(roleHeight) - 1);
    paintHorizontalLine(*painter, all.left(), all.right() + 1, roles - 1, look[Token::line]);
    paintHorizontalLine(*painter, all.left(), all.right() + 1, all.bottom() - 1, look[Token::line]);
    if (section == 0) {
      paintText(*painter, roleRow, "Row", look.fonts[Type::captionPlain], look[Token::text2], Qt::AlignRight);
      painter->restore();
      return;
    }
    paintVerticalLine(*painter, all.left(), all.top(), roles, look[Token::hover]);
    const ColumnReport& report = model_.report(section);
    const bool target = model_.isTarget(section), out = model_.isLeftOut(section) && !target;
    double y = all.top() + look.px(8);
    paintText(*painter, QRectF(left, y, wide, look.px(20)), QString::fromStdString(report.name),
              look.fonts[Type::smallStrong], look[out ? Token::text2 : Token::text]);
    y += look.px(20);
    const int typeWidth = paintText(*painter, QRectF(left, y, wide, look.px(18)), typeWord(report.type),
                                    look.fonts[Type::captionPlain], look[Token::text2]);
    if (editable)
      paintChevron(*painter, QPointF(left + typeWidth + look.px(10), y + look.px(9)), Side::down,
                   look[Token::text2]);
    y += look.px(20);
    paintBars(*painter, QRectF(left, y, std::min<double>(wide, look.px(120)), look.px(barsHeight)), section,
              target, out, look);
    y += look.px(barsHeight + 4);
    paintText(*painter, QRectF(left, y, wide, look.px(16)), rangeText(report), look.fonts[Type::captionPlain],
              look[Token::text2]);
    y += look.px(16);
    const bool some = report.missing > 0;
    paintText(*painter, QRectF(left, y, wide, look.px(16)),
              some ? QString::fromStdString(formatCount(report.missing)) + " missing"
                   : QString("none missing"),
              look.fonts[Type::captionPlain], look[some ? Token::warn : Token::textOff]);
    paintChip(*painter, roleRow,
              target ? "target"
              : out  ? "left out"
                     : "input",
              target ? ChipKind::accent
              : out  ? ChipKind::outline
                     : ChipKind::plain,
              look);
    painter->restore();
  }

 private:
  void paintBars(QPainter& painter, const QRectF& area, int section, bool target, bool out,
                 const Look& look) const {
    const auto& bars = model_.view().columns[section - 1].bars;
    if (bars.isEmpty()) return;
    const double most = double(std::max<qint64>(1, *std::max_element(bars.begin(), bars.end())));
    const double step = std::min(area.width() / double(bars.size()), double(look.px(26)));
    for (qsizetype index = 0; index < bars.size(); ++index) {
      const double height = bars[index] > 0 ? std::max(1.0, area.height() * double(bars[index]) / most) : 0;
      const QColor colour = target && model_.view().spec.task == Task::classification
                                ? look.theme().seriesAt(static_cast<int>(index))
                                : withAlpha(look[Token::lineStrong], out ? 0.35 : 1);
      painter.fillRect(
          QRectF(area.left() + double(index) * step, area.bottom() - height, std::max(1.0, step - 1), height),
          colour);
    }
  }
  DataTableModel& model_;
};

DataTable::DataTable(QWidget* parent) : QTableView(parent), model_(new DataTableModel(this)) {
  setObjectName("dataTable");
  setAccessibleName("Rows of the table");
  heads_ = new DataHeads(*model_, this);
  setHorizontalHeader(heads_);
  setModel(model_);
  setItemDelegate(new DataRows(this, *model_));
  verticalHeader()->hide();
  setShowGrid(false);
  setFrameShape(QFrame::NoFrame);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  setTabKeyNavigation(false);
  setWordWrap(false);
  setGround(this, Ground::surface);
  connect(heads_, &QHeaderView::sectionClicked, this, &DataTable::openMenu);
}

void DataTable::setData(const DataView& view, bool editable) {
  editable_ = editable;
  heads_->editable = editable;
  model_->take(view);
  measure();
}

void DataTable::measure() {
  const Look& look = lookOf(this);
  verticalHeader()->setDefaultSectionSize(look.px(26));
  heads_->resizeSection(0, look.px(48));
  const QFontMetrics head(look.fonts[Type::smallStrong]), cell(look.fonts[Type::small]),
      range(look.fonts[Type::captionPlain]);
  for (int section = 1; section < model_->columnCount(); ++section) {
    int wide = head.horizontalAdvance(QString::fromStdString(model_->report(section).name));
    for (qsizetype row = 0; row < std::min<qsizetype>(50, model_->view().cells.size()); ++row)
      wide = std::max(wide, cell.horizontalAdvance(model_->view().cells[row].value(section - 1)));
    wide = std::max(wide, range.horizontalAdvance(rangeText(model_->report(section))) + 2);
    heads_->resizeSection(section, std::clamp(wide + look.px(24), look.px(92), look.px(220)));
  }
  heads_->updateGeometry();
}

void DataTable::openMenu(int section) {
  if (!editable_ || section < 1 || section >= model_->columnCount()) return;
  auto* menu = new QMenu(this);
  menu->setObjectName("columnMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  const QString name = QString::fromStdString(model_->report(section).name);
  const bool target = model_->isTarget(section);
  if (!target)
    connect(menu->addAction("Predict this column"), &QAction::triggered, this,
            [this, name] { Q_EMIT targetChosen(name); });
  menu->addSection("Type");
  for (const auto type : {ColumnType::number, ColumnType::category, ColumnType::text}) {
    auto* action = menu->addAction("Take as " + typeWord(type));
    action->setCheckable(true);
    action->setChecked(model_->report(section).type == type);
    connect(action, &QAction::triggered, this, [this, name, type] { Q_EMIT typeChosen(name, type); });
  }
  if (!target) {
    menu->addSeparator();
    const bool out = model_->isLeftOut(section);
    connect(menu->addAction(out ? "Use as an input" : "Leave out"), &QAction::triggered, this,
            [this, name, out] { Q_EMIT useChosen(name, out); });
  }
  menu->popup(heads_->mapToGlobal(QPoint(heads_->sectionViewportPosition(section), lookOf(this).px(48))));
}

void DataTable::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Menu)
    return openMenu(currentIndex().column());
  QTableView::keyPressEvent(event);
}

void DataTable::changeEvent(QEvent* event) {
  QTableView::changeEvent(event);
  if (event->type() == QEvent::StyleChange) measure();
}

} // namespace loom
