// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/class_view.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/fitting.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace loom {
namespace {

constexpr int shownSamples = 60, shownWorst = 7, shownScores = 5;

QScrollArea* scrolling(QWidget* contents) {
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  scroll->setWidget(contents);
  return scroll;
}

class ClassRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem&, const QModelIndex& index,
                 const Look& look) const override {
    const bool mean = index.row() == index.model()->rowCount() - 1;
    const bool strong = mean ? index.column() == 0 || index.column() == 3 : index.column() == 3;
    paintText(painter, area, index.data().toString(), look.fonts[strong ? Type::smallStrong : Type::small],
              look[Token::text], index.column() > 0 ? Qt::AlignRight : Qt::AlignLeft);
  }
};

// The class has room for its name before there is a column for every figure: precision goes first, then
// recall.
class ClassTable : public QTableWidget {
 public:
  void fit() {
    const Look& look = lookOf(this);
    const QFontMetrics metrics(look.fonts[Type::smallStrong]);
    int name = look.px(56);
    for (int row = 0; row < rowCount(); ++row)
      if (const auto* cell = item(row, 0)) name = std::max(name, metrics.horizontalAdvance(cell->text()));
    name = std::min(name, look.px(160)) + look.px(18);
    const int wide = viewport()->width();
    const int figure = wide >= name + 3 * look.px(80) ? look.px(80) : look.px(62);
    setColumnHidden(1, wide < name + 3 * figure);
    setColumnHidden(2, wide < name + 2 * figure);
    for (int section = 1; section < 4; ++section) horizontalHeader()->resizeSection(section, figure);
  }

 protected:
  void resizeEvent(QResizeEvent* event) override {
    QTableWidget::resizeEvent(event);
    fit();
  }
};

} // namespace

ClassView::ClassView(const Pictures& pictures, QWidget* parent) : QWidget(parent), pictures_(pictures) {
  setGround(this, Ground::surface);
  const Look& look = lookOf(this);
  auto* across = rowOf(this, 0, 0);
  auto* left = new QWidget;
  auto* leftColumn = columnOf(left, 0, 4);
  leftColumn->setContentsMargins(16, 12, 12, 8);
  auto* headBox = new FittingRow;
  auto* head = rowOf(headBox);
  head->addWidget(new Text("Confusion", Type::bodyStrong));
  auto* reading = new Text("rows are true, columns are predicted", Type::small, Token::text2);
  head->addWidget(reading);
  head->addStretch(1);
  auto* unit = new Segments({"Count", "Share"});
  setSize(unit, ControlSize::small);
  head->addWidget(unit);
  headBox->setLeaving({reading});
  leftColumn->addWidget(headBox);
  matrix_ = new ConfusionMatrix;
  leftColumn->addWidget(matrix_, 1);
  across->addWidget(left, 604);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* middle = new QWidget;
  auto* middleColumn = columnOf(middle);
  cellTitle_ = new DockTitle("Samples");
  grid_ = new SampleGrid(pictures_);
  sampleTitle_ = new DockTitle("One sample");
  detail_ = new SampleDetail(pictures_);
  middleColumn->addWidget(cellTitle_);
  middleColumn->addWidget(scrolling(grid_), 1);
  middleColumn->addWidget(new HairLine);
  middleColumn->addWidget(sampleTitle_);
  middleColumn->addWidget(detail_);
  middle->setMinimumWidth(look.px(240));
  middle->setMaximumWidth(look.px(424));
  across->addWidget(middle, 400);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right);
  rightColumn->addWidget(new DockTitle("Per class"));
  classes_ = new ClassTable;
  classes_->setObjectName("perClass");
  classes_->setAccessibleName("Figures per class");
  classes_->setColumnCount(4);
  classes_->setHorizontalHeaderLabels({"Class", "Prec.", "Recall", "F1"});
  for (int section = 1; section < 4; ++section)
    classes_->horizontalHeaderItem(section)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  classes_->setItemDelegate(new ClassRows(classes_));
  classes_->verticalHeader()->hide();
  classes_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  classes_->verticalHeader()->setDefaultSectionSize(look.row());
  classes_->horizontalHeader()->setFixedHeight(look.px(28));
  classes_->horizontalHeader()->setHighlightSections(false);
  classes_->horizontalHeader()->setSectionsClickable(true);
  classes_->horizontalHeader()->setSortIndicatorShown(true);
  classes_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  classes_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  classes_->setShowGrid(false);
  classes_->setFrameShape(QFrame::NoFrame);
  classes_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  classes_->setSelectionMode(QAbstractItemView::SingleSelection);
  classes_->setTabKeyNavigation(false);
  rightColumn->addWidget(classes_, 12);
  rightColumn->addWidget(new HairLine);
  rightColumn->addWidget(new DockTitle("Worst samples", "by loss"));
  worst_ = new WorstList(pictures_);
  rightColumn->addWidget(scrolling(worst_), 7);
  right->setMinimumWidth(look.px(240));
  across->addWidget(right, 370);
  connect(unit, &Segments::chosen, this, [this](int index) { matrix_->setShare(index == 1); });
  connect(matrix_, &ConfusionMatrix::cellChosen, this, &ClassView::openCell);
  connect(grid_, &SampleGrid::chosen, this, [this](int item) { showSample(grid_->items()[item].index); });
  connect(worst_, &WorstList::chosen, this, [this](int item) { showSample(worst_->items()[item].index); });
  connect(classes_->horizontalHeader(), &QHeaderView::sectionClicked, this, &ClassView::sortClasses);
}

double ClassView::share(int index, int label) const {
  const std::size_t classes = evaluation_.classes().size();
  const std::size_t at = std::size_t(index) * classes + std::size_t(label);
  return label >= 0 && at < evaluation_.outputs().size() ? double(evaluation_.outputs()[at]) : 0;
}

void ClassView::setEvaluation(const Evaluation& evaluation) {
  evaluation_ = evaluation;
  QStringList names;
  QVector<QVector<qint64>> counts;
  for (const auto& name : evaluation_.classes()) names << text(name);
  for (const auto& row : evaluation_.confusion()) counts.push_back(QVector<qint64>(row.begin(), row.end()));
  matrix_->setCounts(names, counts);
  sorted_ = 3;
  descending_ = true;
  sortClasses(3);
  grid_->setItems({});
  grid_->setHint("Click a cell of the matrix to see its samples.");
  cellTitle_->setTitle("Samples");
  sampleTitle_->setTitle("One sample");
  detail_->setSample(-1, {});
  // The loss of one sample is −log of what was given to the truth.
  QVector<int> order(qsizetype(evaluation_.samples().size()));
  std::iota(order.begin(), order.end(), 0);
  const auto most = std::min<qsizetype>(shownWorst, order.size());
  std::partial_sort(order.begin(), order.begin() + most, order.end(), [&](int a, int b) {
    const double x = share(a, evaluation_.labels()[std::size_t(a)]),
                 y = share(b, evaluation_.labels()[std::size_t(b)]);
    return x != y ? x < y : a < b;
  });
  QVector<SampleItem> items;
  QVector<int> numbers;
  for (qsizetype at = 0; at < most; ++at) {
    const auto index = std::size_t(order[at]);
    const auto label = evaluation_.labels()[index], said = evaluation_.predictions()[index];
    const double loss = -std::log(std::max(share(order[at], label), 1e-12));
    items.push_back({order[at], evaluation_.samples()[index], text(evaluation_.classes()[std::size_t(label)]),
                     said == label ? QString("correct, low confidence")
                                   : "predicted " + text(evaluation_.classes()[std::size_t(said)]),
                     QString::number(loss, 'f', 2)});
    numbers << evaluation_.samples()[index];
  }
  worst_->setItems(items, pictured_);
  Q_EMIT picturesWanted(numbers);
}

void ClassView::sortClasses(int column) {
  descending_ = column == sorted_ ? !descending_ : column == 0 ? false : true;
  if (column == sorted_ && column == 3 && classes_->rowCount() == 0) descending_ = false;
  sorted_ = column;
  std::vector<ClassReport> rows = evaluation_.perClass();
  std::stable_sort(rows.begin(), rows.end(), [&](const ClassReport& a, const ClassReport& b) {
    const auto key = [&](const ClassReport& one) {
      return column == 1 ? one.precision : column == 2 ? one.recall : one.f1;
    };
    if (column == 0) return descending_ ? b.name < a.name : a.name < b.name;
    return descending_ ? key(b) < key(a) : key(a) < key(b);
  });
  classes_->horizontalHeader()->setSortIndicator(column,
                                                 descending_ ? Qt::DescendingOrder : Qt::AscendingOrder);
  ClassReport mean{"Mean", 0, 0, 0, 0};
  for (const auto& one : rows) {
    mean.precision += one.precision / double(rows.size());
    mean.recall += one.recall / double(rows.size());
    mean.f1 += one.f1 / double(rows.size());
  }
  if (!rows.empty()) rows.push_back(mean);
  classes_->setRowCount(int(rows.size()));
  for (int row = 0; row < classes_->rowCount(); ++row) {
    const auto& one = rows[std::size_t(row)];
    const auto figure = [](double value) { return QString::number(value * 100, 'f', 1); };
    const QString cells[] = {text(one.name), figure(one.precision), figure(one.recall), figure(one.f1)};
    for (int section = 0; section < 4; ++section)
      classes_->setItem(row, section, new QTableWidgetItem(cells[section]));
    // What a narrow window leaves out stands here.
    classes_->item(row, 0)->setToolTip(
        tipText(QString("%1: precision %2 %, recall %3 %")
                    .arg(text(one.name), figure(one.precision), figure(one.recall)) +
                (one.support > 0 ? ", " + plural(one.support, "sample") : QString())));
  }
  static_cast<ClassTable*>(classes_)->fit();
}

void ClassView::openCell(int row, int column) {
  const auto classes = int(evaluation_.classes().size());
  if (row < 0 || column < 0 || row >= classes || column >= classes) return;
  QVector<int> hits;
  for (std::size_t index = 0; index < evaluation_.samples().size(); ++index)
    if (evaluation_.labels()[index] == row && evaluation_.predictions()[index] == column) hits << int(index);
  std::stable_sort(hits.begin(), hits.end(),
                   [&](int a, int b) { return share(a, column) > share(b, column); });
  const QString truth = text(evaluation_.classes()[std::size_t(row)]),
                said = text(evaluation_.classes()[std::size_t(column)]);
  const QString count = plural(hits.size(), "sample");
  cellTitle_->setTitle(row == column ? truth + ", right" : truth + ", predicted " + said,
                       hits.size() > shownSamples ? QString("%1, the %2 surest").arg(count).arg(shownSamples)
                                                  : count);
  QVector<SampleItem> items;
  QVector<int> numbers;
  for (const int index : hits.mid(0, shownSamples)) {
    items.push_back({index, evaluation_.samples()[std::size_t(index)], truth, said,
                     QString::number(qRound(share(index, column) * 100)) + QChar(0xA0) + "%"});
    numbers << evaluation_.samples()[std::size_t(index)];
  }
  grid_->setItems(items);
  grid_->setHint("No sample falls into this cell.");
  Q_EMIT picturesWanted(numbers);
  if (!items.isEmpty())
    showSample(items.front().index);
  else
    detail_->setSample(-1, {});
}

void ClassView::showSample(int index) {
  const auto at = std::size_t(index);
  QVector<SampleDetail::Score> scores;
  for (int label = 0; label < int(evaluation_.classes().size()); ++label)
    scores.push_back({text(evaluation_.classes()[std::size_t(label)]), share(index, label),
                      label == evaluation_.predictions()[at], label == evaluation_.labels()[at]});
  std::stable_sort(scores.begin(), scores.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  // The truth is always among those that are shown.
  const auto truth = std::find_if(scores.begin(), scores.end(), [](const auto& one) { return one.truth; });
  if (truth != scores.end() && truth - scores.begin() >= shownScores) {
    const auto kept = *truth;
    scores = scores.mid(0, shownScores - 1);
    scores << kept;
  }
  sampleTitle_->setTitle("Sample " + text(formatCount(evaluation_.samples()[at])),
                         text(evaluation_.split()) + " part");
  detail_->setSample(evaluation_.samples()[at], scores.mid(0, shownScores));
  if (!pictures_.contains(evaluation_.samples()[at])) Q_EMIT picturesWanted({evaluation_.samples()[at]});
}

void ClassView::picturesCame() {
  // A table's samples have no pictures, and then there is no place for one.
  const bool pictured = std::any_of(pictures_.begin(), pictures_.end(),
                                    [](const QImage& picture) { return !picture.isNull(); });
  if (pictured != pictured_) {
    pictured_ = pictured;
    worst_->setItems(worst_->items(), pictured);
    grid_->setPictured(pictured);
    detail_->setPictured(pictured);
  }
  grid_->update();
  detail_->update();
  worst_->update();
}

QString ClassView::weakest() const {
  const ClassReport* weak = nullptr;
  for (const auto& one : evaluation_.perClass())
    if (one.support > 0 && (weak == nullptr || one.recall < weak->recall)) weak = &one;
  if (weak == nullptr || weak->recall > 0.97) return {};
  const auto row = std::size_t(weak - evaluation_.perClass().data());
  qint64 wrong = 0, most = 0;
  std::size_t into = row;
  for (std::size_t column = 0; column < evaluation_.classes().size(); ++column) {
    const auto count = evaluation_.confusion()[row][column];
    if (column == row) continue;
    wrong += count;
    if (count > most) {
      most = count;
      into = column;
    }
  }
  return QString("%1 is the weak class: %2 of %3 are wrong, %4 of them predicted %5.")
      .arg(text(weak->name), text(formatCount(wrong)), text(formatCount(weak->support)),
           text(formatCount(most)), text(evaluation_.classes()[into]));
}

} // namespace loom
