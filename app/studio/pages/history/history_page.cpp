// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/history_page.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace loom {
namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

std::optional<double> metricOf(const RunRow& row, const char* key, bool smallest) {
  for (const auto& one : row.metrics)
    if (one.key == key) return smallest ? one.minimum : one.maximum;
  return std::nullopt;
}

QString settingOf(const RunRow& row, const char* key) {
  for (const auto& [name, value] : row.settings)
    if (name == key) return text(value);
  return missingText;
}

class RunRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem&, const QModelIndex& index,
                 const Look& look) const override {
    if (index.column() == RunTableModel::state) {
      paintState(painter, area, stateMark(RunState(index.data(RunTableModel::stateRole).toInt())), look);
      return;
    }
    const QString words = index.data().toString();
    const bool right = index.column() >= RunTableModel::rate;
    paintText(painter, area, words,
              look.fonts[index.column() == RunTableModel::name ? Type::smallMedium : Type::small],
              look[words == missingText                             ? Token::textOff
                   : index.column() == RunTableModel::name || right ? Token::text
                                                                    : Token::text2],
              right ? Qt::AlignRight : Qt::AlignLeft);
  }
};

// What a column is sorted by.
double keyOf(const RunView& view, int column) {
  const RunRow& row = view.row;
  const double none = -1e300;
  switch (column) {
  case RunTableModel::rate:
    return settingOf(row, "lr").toDouble();
  case RunTableModel::batch:
    return settingOf(row, "batch").toDouble();
  case RunTableModel::epochs:
    return double(row.epochs);
  case RunTableModel::valLoss:
    return metricOf(row, "val/loss", true).value_or(1e300);
  case RunTableModel::valAccuracy:
    return metricOf(row, "val/accuracy", false).value_or(none);
  case RunTableModel::test:
    return row.testMetric.value_or(none);
  case RunTableModel::time:
    return row.seconds;
  case RunTableModel::created:
    return double(row.created);
  default:
    return 0;
  }
}

} // namespace

void RunTableModel::setRuns(const QVector<RunView>& runs) {
  const bool sameRows = runs.size() == runs_.size() &&
                        std::equal(runs.begin(), runs.end(), runs_.begin(),
                                   [](const RunView& a, const RunView& b) { return a.row.id == b.row.id; });
  runs_ = runs;
  if (sameRows && filter_.isEmpty()) {
    if (!rows_.isEmpty())
      Q_EMIT dataChanged(index(0, 0), index(static_cast<int>(rows_.size()) - 1, columnCountValue - 1));
    return;
  }
  arrange();
}

void RunTableModel::setFilter(const QString& words) {
  filter_ = words.trimmed().toLower();
  arrange();
}

void RunTableModel::sort(int column, Qt::SortOrder order) {
  column_ = column;
  order_ = order;
  arrange();
}

void RunTableModel::arrange() {
  beginResetModel();
  rows_.clear();
  for (int index = 0; index < runs_.size(); ++index) {
    const RunRow& row = runs_[index].row;
    QString all = text(row.name + " " + row.network + " " + row.optimizer + " " + row.note + " ") +
                  text(std::string(stateWord(row.state)));
    for (const auto& tag : row.tags) all += " " + text(tag);
    bool fits = true;
    for (const auto& word : filter_.split(' ', Qt::SkipEmptyParts))
      fits = fits && all.toLower().contains(word);
    if (fits) rows_.push_back(index);
  }
  std::stable_sort(rows_.begin(), rows_.end(), [this](int a, int b) {
    if (order_ == Qt::DescendingOrder) std::swap(a, b);
    if (column_ == name) return runs_[a].row.name < runs_[b].row.name;
    if (column_ == network) return runs_[a].row.network < runs_[b].row.network;
    if (column_ == optimizer) return runs_[a].row.optimizer < runs_[b].row.optimizer;
    if (column_ == state) return runs_[a].row.state < runs_[b].row.state;
    return keyOf(runs_[a], column_) < keyOf(runs_[b], column_);
  });
  endResetModel();
}

QString RunTableModel::idAt(int row) const {
  return row >= 0 && row < rows_.size() ? text(runs_[rows_[row]].row.id) : QString();
}

int RunTableModel::rowOf(const QString& id) const {
  for (int row = 0; row < rows_.size(); ++row)
    if (idAt(row) == id) return row;
  return -1;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rows_.size()) return {};
  const RunView& view = runs_[rows_[index.row()]];
  const RunRow& row = view.row;
  if (role == stateRole) return int(row.state);
  if (role == idRole) return text(row.id);
  if (role == Qt::ToolTipRole && index.column() == state && !row.error.empty()) return text(row.error);
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
  case name:
    return text(row.name);
  case state:
    return text(std::string(stateWord(row.state)));
  case network:
    return text(row.network);
  case optimizer:
    return text(row.optimizer);
  case rate:
    return settingOf(row, "lr");
  case batch:
    return settingOf(row, "batch");
  case epochs:
    return QString::number(row.epochs);
  case valLoss: {
    const auto value = metricOf(row, "val/loss", true);
    return value ? text(formatLoss(*value)) : QString(missingText);
  }
  case valAccuracy: {
    const auto value = metricOf(row, "val/accuracy", false);
    return value ? text(formatPercent(*value)) : QString(missingText);
  }
  case test:
    if (!row.testMetric) return QString(missingText);
    return row.testMetricName.ends_with("accuracy") ? text(formatPercent(*row.testMetric))
                                                    : QString::number(*row.testMetric, 'f', 3);
  case time:
    return text(formatDuration(row.seconds));
  case created: {
    const auto at = QDateTime::fromMSecsSinceEpoch(row.created / 1000);
    return at.date() == QDate::currentDate() ? at.toString("HH:mm") : at.toString("d MMM");
  }
  default:
    return {};
  }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const char* const titles[] = {"Run",    "State",     "Network",       "Optimizer", "Rate", "Batch",
                                       "Epochs", "Val. loss", "Val. accuracy", "Test",      "Time", "When"};
  if (role == Qt::DisplayRole) return QString(titles[section]);
  if (role == Qt::TextAlignmentRole)
    return int((section >= rate ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  return {};
}

HistoryPage::HistoryPage(PageContext& context) : Page(context), session_(sessionOf(context)) {
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  auto* bar = new PageToolBar("History");
  filter_ = new QLineEdit;
  filter_->setObjectName("historyFilter");
  filter_->setPlaceholderText("Filter by name, network, state, tag");
  filter_->setAccessibleName("Filter");
  filter_->setFixedWidth(lookOf(this).px(280));
  bar->addWidget(filter_);
  column->addWidget(bar);
  empty_ = new EmptyState("history", "No run yet",
                          "Every run is kept here, with its curves, settings and results.");
  column->addWidget(empty_);
  auto* split = new Splitter(Qt::Vertical);
  body_ = split;
  model_ = new RunTableModel(this);
  table_ = new QTableView;
  table_->setObjectName("historyTable");
  table_->setAccessibleName("Runs");
  table_->setModel(model_);
  table_->setItemDelegate(new RunRows(table_));
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setShowGrid(false);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setSortingEnabled(true);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(lookOf(this).row());
  table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  auto* head = table_->horizontalHeader();
  head->setHighlightSections(false);
  head->setFixedHeight(lookOf(this).px(28));
  head->setSectionsMovable(true);
  const int widths[] = {180, 120, 120, 92, 80, 64, 64, 88, 104, 84, 84, 84};
  for (int section = 0; section < RunTableModel::columnCountValue; ++section)
    head->resizeSection(section, lookOf(this).px(widths[section]));
  head->setSectionResizeMode(RunTableModel::name, QHeaderView::Stretch);
  table_->sortByColumn(RunTableModel::created, Qt::DescendingOrder);
  split->addWidget(table_);
  compare_ = new QWidget;
  setGround(compare_, Ground::surface);
  auto* compareColumn = columnOf(compare_);
  heading_ =
      new Text("Choose a run to see its curves, two or more to compare them.", Type::small, Token::text2);
  auto* headingBox = new QWidget;
  columnOf(headingBox, 12)->addWidget(heading_);
  compareColumn->addWidget(headingBox);
  auto* lower = new QWidget;
  auto* lowerRow = rowOf(lower, 0, 0);
  board_ = new Board;
  board_->setObjectName("historyBoard");
  board_->setSession(session_);
  lowerRow->addWidget(board_, 1);
  lowerRow->addWidget(new HairLine(Qt::Vertical));
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setFixedWidth(lookOf(this).px(320));
  setGround(scroll, Ground::surface);
  differing_ = new QWidget;
  setGround(differing_, Ground::surface);
  columnOf(differing_, 12, 6);
  scroll->setWidget(differing_);
  lowerRow->addWidget(scroll);
  compareColumn->addWidget(lower, 1);
  split->addWidget(compare_);
  split->setSizes({300, 420});
  column->addWidget(split, 1);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& words) {
    following_ = true;
    model_->setFilter(words);
    following_ = false;
    chosenChanged();
  });
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &HistoryPage::chosenChanged);
  connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
    Q_EMIT this->context().pageRequested("train", model_->idAt(index.row()));
  });
  if (session_ != nullptr) {
    connect(session_, &Session::runsChanged, this, &HistoryPage::refresh);
    connect(session_, &Session::projectClosed, this, &HistoryPage::refresh);
    context.actions.bind("edit.find", this, [this] { filter_->setFocus(); });
    context.actions.bind("history.rebuild", this, [this] { session_->bridge().rebuildHistory(); });
    connect(empty_->setPrimary("Open Train", "train"), &QPushButton::clicked, this,
            [this] { Q_EMIT this->context().pageRequested("train", {}); });
  }
  refresh();
}

void HistoryPage::opened(const QVariant&) { refresh(); }

QStringList HistoryPage::chosen() const {
  QStringList ids;
  for (const auto& index : table_->selectionModel()->selectedRows()) ids << model_->idAt(index.row());
  return ids;
}

void HistoryPage::refresh() {
  const QStringList before = chosen();
  following_ = true;
  model_->setRuns(session_ != nullptr ? session_->runs() : QVector<RunView>());
  for (const auto& id : before)
    if (const int row = model_->rowOf(id); row >= 0)
      table_->selectionModel()->select(model_->index(row, 0),
                                       QItemSelectionModel::Select | QItemSelectionModel::Rows);
  following_ = false;
  const bool any = session_ != nullptr && !session_->runs().isEmpty();
  empty_->setVisible(!any);
  body_->setVisible(any);
}

void HistoryPage::chosenChanged() {
  if (following_) return;
  const QStringList ids = chosen().mid(0, 8);
  for (auto* child : differing_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  auto* column = static_cast<QVBoxLayout*>(differing_->layout());
  while (column->count() > 0) delete column->takeAt(0);
  heading_->setText(ids.isEmpty() ? QString("Choose a run to see its curves, two or more to compare them.")
                    : ids.size() == 1 ? QString("One run. Add others with Ctrl or Shift to compare them.")
                                      : QString("%1 runs over each other").arg(ids.size()));
  if (session_ == nullptr || ids.isEmpty()) {
    board_->setRuns({}, false);
    return;
  }
  std::vector<const RunView*> views;
  double perEpoch = 1, epochs = 0;
  bool regression = false;
  for (const auto& id : ids)
    if (const auto* view = session_->run(id)) {
      views.push_back(view);
      perEpoch = std::max(perEpoch, double(view->row.stepsPerEpoch));
      epochs = std::max(epochs, double(view->row.epochs));
      for (const auto& metric : view->row.metrics) regression = regression || metric.key == "val/r2";
    }
  board_->setRuns(ids, regression);
  board_->setAxis(perEpoch, epochs);
  std::map<std::string, std::vector<std::string>> values;
  for (std::size_t index = 0; index < views.size(); ++index)
    for (const auto& [name, value] : views[index]->row.settings) {
      values[name].resize(views.size());
      values[name][index] = value;
    }
  column->addWidget(new Text(views.size() > 1 ? "What differs" : "Settings", Type::smallStrong));
  for (const auto& [name, list] : values) {
    if (views.size() > 1 && std::set<std::string>(list.begin(), list.end()).size() < 2) continue;
    auto* box = new QWidget;
    auto* line = rowOf(box, 0, 8);
    line->addWidget(new Text(text(name), Type::small, Token::text2), 1);
    for (const auto& value : list)
      line->addWidget(new Text(value.empty() ? QString(missingText) : text(value), Type::small));
    column->addWidget(box);
  }
  column->addStretch(1);
}

} // namespace loom
