// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/run_table.h"
#include "app/studio/model/run_words.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/spark_line.h"
#include "core/base/format.h"
#include <QDateTime>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <tuple>

namespace loom {
namespace {

constexpr qint64 typedTogether = 1000; // ms between letters of one word

bool isRight(int column) {
  return column == RunTableModel::parameters ||
         (column >= RunTableModel::rate && column <= RunTableModel::time && column != RunTableModel::spark);
}

class RunRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                 const QModelIndex& index, const Look& look) const override {
    switch (index.column()) {
    case RunTableModel::tick: {
      const bool on = option.state.testFlag(QStyle::State_Selected);
      const double size = look.px(16);
      const QRectF box(area.left() - 4, std::floor(area.center().y() - size / 2) + 1, size, size);
      paintBox(painter, box,
               on ? Box{.ground = look[Token::accent], .radius = 3}
                  : Box{.ground = look[Token::raised], .border = look[Token::lineStrong], .radius = 3});
      if (on) look.icons.paint(painter, box, "check", int(size) - 2, look[Token::onAccent]);
      return;
    }
    case RunTableModel::state:
      if (const auto* runs = qobject_cast<const RunTableModel*>(index.model()))
        paintState(painter, area, markOf(runs->viewAt(index.row())), look, index.data().toString());
      return;
    case RunTableModel::name: {
      // "lenet-5 · 37": the number is quieter than the name.
      const QString words = index.data().toString();
      const auto at = words.lastIndexOf(QString(" · "));
      const QString first = at > 0 ? words.left(at) : words;
      const int taken = paintText(painter, area, first, look.fonts[Type::smallMedium], look[Token::text]);
      if (at > 0)
        paintText(painter, area.adjusted(taken, 0, 0, 0), words.mid(at), look.fonts[Type::small],
                  look[Token::text2]);
      return;
    }
    case RunTableModel::spark: {
      const auto values = index.data(RunTableModel::sparkRole).value<QVector<double>>();
      const auto state = RunState(index.data(RunTableModel::stateRole).toInt());
      const bool bad = state == RunState::failed || state == RunState::diverged;
      const double high = look.px(16);
      paintSparkLine(
          painter, QRectF(area.left(), std::floor(area.center().y() - high / 2) + 1, area.width(), high - 2),
          {values.constData(), std::size_t(values.size())},
          bad ? look[Token::error] : look.theme().seriesAt(0));
      return;
    }
    case RunTableModel::tags: {
      double x = area.left();
      for (const QString& tag : index.data().toString().split(' ', Qt::SkipEmptyParts)) {
        if (x + 24 > area.right()) break;
        x += paintChip(painter, QRectF(x, area.top(), area.right() - x, area.height()), tag,
                       option.state.testFlag(QStyle::State_Selected) ? ChipKind::outline : ChipKind::plain,
                       look) +
             4;
      }
      return;
    }
    default:
      break;
    }
    const QString words = index.data().toString();
    const bool right = isRight(index.column());
    const bool best = index.data(RunTableModel::bestRole).toBool();
    const bool quiet = index.column() == RunTableModel::started;
    paintText(painter, area, words, look.fonts[best ? Type::smallStrong : Type::small],
              look[words == missingText ? Token::textOff
                   : quiet              ? Token::text2
                                        : Token::text],
              right ? Qt::AlignRight : Qt::AlignLeft);
  }
};

// Later than every date, in microseconds: what waits comes before what was started last, the next one first.
constexpr double afterAll = 9e15;

double keyOf(const RunView& view, int column) {
  const RunRow& row = view.row;
  const double none = -1e300;
  switch (column) {
  case RunTableModel::parameters:
    return double(row.parameters);
  case RunTableModel::rate:
    return settingOf(row, "lr").toDouble();
  case RunTableModel::batch:
    return settingOf(row, "batch").toDouble();
  case RunTableModel::epochs:
    return double(row.epochs);
  case RunTableModel::spark:
  case RunTableModel::validation:
    return bestValidation(row).value_or(none);
  case RunTableModel::test:
    return row.testMetric.value_or(none);
  case RunTableModel::time:
    return row.seconds;
  case RunTableModel::started:
    return view.waiting && view.place > 0 ? afterAll - view.place : double(row.created);
  default:
    return 0;
  }
}

// "2nd in the queue, waiting 00:03:12: 2 of 2 cores are in use"
QString whyQueued(const RunView& view) {
  QStringList place{queueText(view), waitedText(view)};
  place.removeAll({});
  QStringList parts{place.join(", waiting "), view.waitsFor};
  parts.removeAll({});
  return parts.join(": ");
}

// "92.04" where the column's head contains the percent sign, else "92.04 %".
QString cellText(double value, bool regression, FigureKind column) {
  return column == FigureKind::accuracy ? QString::number(value * 100, 'f', 2) : shareText(value, regression);
}

QString headText(const QString& part, FigureKind column) {
  return column == FigureKind::accuracy ? part + ", %" : figureLabel(part, column);
}

} // namespace

void RunTableModel::setRuns(const QVector<RunView>& runs) {
  const bool sameRows =
      runs.size() == runs_.size() &&
      std::equal(runs.begin(), runs.end(), runs_.begin(), [](const RunView& a, const RunView& b) {
        return a.row.id == b.row.id && a.row.archived == b.row.archived && stateOf(a) == stateOf(b) &&
               a.place == b.place && a.impossible == b.impossible;
      });
  runs_ = runs;
  const auto kinds = std::pair(validationKind(runs_), testKind(runs_));
  if (kinds != std::pair(validation_, test_)) {
    std::tie(validation_, test_) = kinds;
    Q_EMIT headerDataChanged(Qt::Horizontal, validation, test);
  }
  best_ = -1e300;
  for (const auto& view : runs_)
    if (!isRegression(view.row) && !view.row.archived)
      best_ = std::max(best_, bestValidation(view.row).value_or(-1e300));
  if (sameRows && filter_.empty()) {
    if (!rows_.isEmpty()) Q_EMIT dataChanged(index(0, 0), index(int(rows_.size()) - 1, columnCountValue - 1));
    return;
  }
  arrange();
}

void RunTableModel::setFilter(const RunFilter& filter) {
  filter_ = filter;
  arrange();
}

void RunTableModel::setShown(std::function<bool(const RunView&)> view) {
  shown_ = std::move(view);
  arrange();
}

void RunTableModel::forget() {
  runs_.clear();
  sparks_.clear();
  asked_.clear();
  validation_ = test_ = FigureKind::none;
  Q_EMIT headerDataChanged(Qt::Horizontal, validation, test);
  best_ = -1e300;
  arrange();
}

void RunTableModel::setSpark(const QString& run, std::int64_t version, QVector<double> values) {
  sparks_[run] = {version, std::move(values)};
  if (const int row = rowOf(run); row >= 0) Q_EMIT dataChanged(index(row, spark), index(row, spark));
}

void RunTableModel::sort(int column, Qt::SortOrder order) {
  if (column == tick || column == tags) return;
  column_ = column;
  order_ = order;
  arrange();
}

void RunTableModel::arrange() {
  QVector<int> rows;
  for (int index = 0; index < runs_.size(); ++index)
    if ((!shown_ || shown_(runs_[index])) && filter_.fits(runs_[index])) rows.push_back(index);
  const auto less = [this](int a, int b) {
    const RunView &left = runs_[a], &right = runs_[b];
    switch (column_) {
    case name:
      return left.row.name < right.row.name;
    case optimizer:
      return left.row.optimizer < right.row.optimizer;
    case state:
      return stateOf(left) < stateOf(right);
    default:
      return keyOf(left, column_) < keyOf(right, column_);
    }
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](int a, int b) { return order_ == Qt::DescendingOrder ? less(b, a) : less(a, b); });
  // What is chosen and where one is stays with the run, not with the row.
  Q_EMIT layoutAboutToBeChanged();
  const QModelIndexList before = persistentIndexList();
  QStringList ids;
  ids.reserve(before.size());
  for (const auto& one : before) ids << idAt(one.row());
  rows_ = rows;
  QHash<QString, int> places;
  for (int row = 0; row < rows_.size(); ++row) places.insert(idAt(row), row);
  QModelIndexList after;
  for (qsizetype at = 0; at < before.size(); ++at) {
    const int row = places.value(ids[at], -1);
    after << (row >= 0 ? index(row, before[at].column()) : QModelIndex());
  }
  changePersistentIndexList(before, after);
  Q_EMIT layoutChanged();
}

QString RunTableModel::idAt(int row) const {
  return row >= 0 && row < rows_.size() && rows_[row] < runs_.size() ? text(runs_[rows_[row]].row.id)
                                                                     : QString();
}

int RunTableModel::rowOf(const QString& id) const {
  const std::string wanted = id.toStdString();
  for (int row = 0; row < rows_.size(); ++row)
    if (runs_[rows_[row]].row.id == wanted) return row;
  return -1;
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const {
  auto flags = QAbstractTableModel::flags(index);
  if (index.column() == name) flags |= Qt::ItemIsEditable;
  return flags;
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString name = value.toString().trimmed();
  if (role != Qt::EditRole || index.column() != RunTableModel::name || name.isEmpty()) return false;
  if (name != data(index, Qt::DisplayRole).toString()) Q_EMIT renamed(idAt(index.row()), name);
  return true;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rows_.size()) return {};
  const RunView& view = runs_[rows_[index.row()]];
  const RunRow& row = view.row;
  const bool regression = isRegression(row);
  switch (role) {
  case stateRole:
    return int(stateOf(view));
  case idRole:
    return text(row.id);
  case bestRole:
    return index.column() == validation && !regression && bestValidation(row) == best_;
  case sparkRole: {
    const QString id = text(row.id);
    const auto known = sparks_.constFind(id);
    if ((known == sparks_.constEnd() || known->version != view.version) &&
        asked_.value(id, -1) != view.version && bestValidation(row)) {
      asked_[id] = view.version;
      Q_EMIT sparkWanted(id, view.version);
    }
    return known != sparks_.constEnd() ? QVariant::fromValue(known->values) : QVariant();
  }
  case Qt::ToolTipRole:
    if (index.column() == state && view.waiting) return tipText(whyQueued(view));
    if (index.column() == state && !row.error.empty()) return tipText(text(row.error));
    if (index.column() == started && view.waiting && view.queued > 0)
      return "Queued " + text(formatTime(view.queued));
    if (index.column() == started && row.created > 0) return text(formatTime(row.created));
    if (index.column() == name && !row.note.empty()) return tipText(text(row.note));
    return {};
  case Qt::EditRole:
    return index.column() == name ? text(row.name) : QVariant();
  case Qt::DisplayRole:
    break;
  default:
    return {};
  }
  switch (index.column()) {
  case state: {
    const QString word = markOf(view).word;
    return view.waiting && view.place > 0 ? word + ", " + ordinalText(view.place) : word;
  }
  case name:
    return text(row.name);
  case parameters:
    return row.parameters > 0 ? text(formatCount(row.parameters)) : QString(missingText);
  case optimizer:
    return text(row.optimizer);
  case rate:
    return settingOf(row, "lr");
  case batch:
    return settingOf(row, "batch");
  case epochs:
    return epochsText(row);
  case validation: {
    const auto value = bestValidation(row);
    return value ? cellText(*value, regression, validation_) : QString(missingText);
  }
  case test:
    return row.testMetric ? cellText(*row.testMetric, regression, test_) : QString(missingText);
  case time:
    return row.seconds > 0 ? text(formatDuration(row.seconds)) : QString(missingText);
  case started:
    return whenText(row.created, now_);
  case tags: {
    QStringList words;
    for (const auto& tag : row.tags) words << text(tag);
    return words.join(' ');
  }
  default:
    return {};
  }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const char* const titles[] = {"",     "State", "Run",     "Parameters", "Optimizer",
                                       "Rate", "Batch", "Epochs",  "",           "Validation",
                                       "Test", "Time",  "Started", "Tags"};
  if (role == Qt::DisplayRole && section == validation) return headText(titles[section], validation_);
  if (role == Qt::DisplayRole && section == test) return headText(titles[section], test_);
  if (role == Qt::DisplayRole) return QString(titles[section]);
  if (role == Qt::ToolTipRole && section == validation)
    return QString("At the end of the epoch with the lowest validation loss");
  if (role == Qt::ToolTipRole && section == test) return QString("Of the best checkpoint");
  if (role == Qt::TextAlignmentRole)
    return int((isRight(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  return {};
}

RunTable::RunTable(QWidget* parent) : QTableView(parent) {
  setObjectName("historyTable");
  setAccessibleName("Runs");
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::ExtendedSelection);
  setShowGrid(false);
  setFrameShape(QFrame::NoFrame);
  setSortingEnabled(true);
  setEditTriggers(QAbstractItemView::EditKeyPressed);
  setTabKeyNavigation(false);
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  setWordWrap(false);
  verticalHeader()->hide();
}

void RunTable::setRunModel(RunTableModel* model) {
  runs_ = model;
  setModel(model);
  setItemDelegate(new RunRows(this));
  verticalHeader()->setSectionResizeMode(
      QHeaderView::Fixed); // measuring a thousand rows costs, and they are all alike
  auto* head = horizontalHeader();
  head->setHighlightSections(false);
  head->setSectionsMovable(true);
  // What a person made wider stays so: another theme changes no width, another text size all of them alike.
  followLook(this, [this, head, scale = 0.0](const Look& look) mutable {
    verticalHeader()->setDefaultSectionSize(look.row());
    head->setFixedHeight(look.px(28));
    head->setMinimumSectionSize(look.px(28));
    static constexpr int widths[] = {32, 124, 160, 88, 80, 64, 60, 96, 68, 108, 72, 80, 76, 88};
    for (int section = 0; section < RunTableModel::columnCountValue && scale != look.scale; ++section)
      head->resizeSection(section, scale > 0 ? qRound(head->sectionSize(section) * look.scale / scale)
                                             : look.px(widths[section]));
    scale = look.scale;
  });
  head->setSectionResizeMode(RunTableModel::tick, QHeaderView::Fixed);
  head->setSectionResizeMode(RunTableModel::name, QHeaderView::Stretch);
  sortByColumn(RunTableModel::started, Qt::DescendingOrder);
  connect(this, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
    if (index.column() != RunTableModel::tick) Q_EMIT opened(runs_->idAt(index.row()));
  });
}

QItemSelectionModel::SelectionFlags RunTable::selectionCommand(const QModelIndex& index,
                                                               const QEvent* event) const {
  const bool press = event != nullptr && event->type() == QEvent::MouseButtonPress;
  const bool release = event != nullptr && event->type() == QEvent::MouseButtonRelease;
  const bool move = event != nullptr && event->type() == QEvent::MouseMove;
  if (index.isValid() && index.column() == RunTableModel::tick && (press || release || move))
    return press ? QItemSelectionModel::Toggle | QItemSelectionModel::Rows : QItemSelectionModel::NoUpdate;
  return QTableView::selectionCommand(index, event);
}

void RunTable::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (enter && (event->modifiers() & Qt::ControlModifier)) return Q_EMIT compareWanted();
  if (enter && state() != QAbstractItemView::EditingState && currentIndex().isValid())
    return Q_EMIT opened(runs_->idAt(currentIndex().row()));
  if (event->key() == Qt::Key_Delete) return Q_EMIT binWanted();
  if (event->key() == Qt::Key_F2 && currentIndex().isValid()) {
    const QModelIndex cell = currentIndex().siblingAtColumn(RunTableModel::name);
    setCurrentIndex(cell);
    edit(cell);
    return;
  }
  QTableView::keyPressEvent(event);
}

void RunTable::keyboardSearch(const QString& words) {
  const qint64 now = QDateTime::currentMSecsSinceEpoch();
  typed_ = now - typedAt_ > typedTogether ? words : typed_ + words;
  typedAt_ = now;
  const int count = runs_->rowCount(), from = std::max(0, currentIndex().row());
  for (int step = 0; step < count; ++step) {
    const int row = (from + step) % count;
    if (!runs_->data(runs_->index(row, RunTableModel::name), Qt::DisplayRole)
             .toString()
             .contains(typed_, Qt::CaseInsensitive))
      continue;
    setCurrentIndex(runs_->index(row, RunTableModel::name));
    return;
  }
}

} // namespace loom
