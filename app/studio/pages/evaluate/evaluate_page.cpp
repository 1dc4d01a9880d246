// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace loom {
namespace {

constexpr int shownPictures = 24;

QString text(const std::string& value) { return QString::fromStdString(value); }

std::optional<double> figure(const Evaluation& evaluation, const char* ending) {
  for (const auto& [name, value] : evaluation.metrics)
    if (name.ends_with(ending)) return value;
  return std::nullopt;
}

} // namespace

EvaluatePage::EvaluatePage(PageContext& context) : Page(context), session_(sessionOf(context)) {
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  auto* bar = new PageToolBar("Evaluate");
  runs_ = new QComboBox;
  runs_->setObjectName("evaluateRuns");
  runs_->setAccessibleName("Run");
  runs_->setMinimumWidth(lookOf(this).px(220));
  bar->addWidget(runs_);
  column->addWidget(bar);
  message_ = new MessageBar;
  message_->hide();
  column->addWidget(message_);
  empty_ = new EmptyState("evaluate", "No finished run",
                          "A run is evaluated on the test part of its data when it has a checkpoint.");
  column->addWidget(empty_);
  body_ = new QWidget;
  auto* across = rowOf(body_, 0, 0);
  auto* left = new QWidget;
  auto* leftColumn = columnOf(left, 24, 12);
  auto* facts = new QWidget;
  auto* factRow = rowOf(facts, 0, 32);
  const auto fact = [&](Text*& label, Text*& value, const QString& words) {
    auto* box = new QWidget;
    auto* boxColumn = columnOf(box);
    label = new Text(words, Type::small, Token::text2);
    value = new Text(missingText, Type::display);
    boxColumn->addWidget(label);
    boxColumn->addWidget(value);
    factRow->addWidget(box);
  };
  Text* ignored = nullptr;
  fact(accuracyLabel_, accuracy_, "Test accuracy");
  fact(ignored, loss_, "Test loss");
  loss_->setType(Type::title);
  fact(ignored, count_, "Samples");
  count_->setType(Type::title);
  factRow->addStretch(1);
  leftColumn->addWidget(facts);
  matrix_ = new ConfusionMatrix;
  leftColumn->addWidget(matrix_, 1);
  across->addWidget(left, 3);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right);
  rightColumn->addWidget(new DockTitle("By class"));
  classes_ = new QTableWidget;
  classes_->setAccessibleName("Figures by class");
  classes_->setColumnCount(5);
  classes_->setHorizontalHeaderLabels({"Class", "Precision", "Recall", "F1", "Samples"});
  classes_->verticalHeader()->hide();
  classes_->verticalHeader()->setDefaultSectionSize(lookOf(this).row());
  classes_->setShowGrid(false);
  classes_->setFrameShape(QFrame::NoFrame);
  classes_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  classes_->setSelectionBehavior(QAbstractItemView::SelectRows);
  classes_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  for (int section = 1; section < 5; ++section)
    classes_->horizontalHeader()->resizeSection(section, lookOf(this).px(76));
  rightColumn->addWidget(classes_, 3);
  rightColumn->addWidget(new HairLine);
  auto* cellBox = new QWidget;
  cell_ = new Text("Click a cell to see its pictures.", Type::smallStrong);
  columnOf(cellBox, 12)->addWidget(cell_);
  rightColumn->addWidget(cellBox);
  pictures_ = new QWidget;
  auto* grid = new QGridLayout(pictures_);
  grid->setContentsMargins(12, 0, 12, 12);
  grid->setSpacing(8);
  rightColumn->addWidget(pictures_, 2);
  right->setFixedWidth(lookOf(this).px(480));
  across->addWidget(right);
  column->addWidget(body_, 1);
  connect(runs_, &QComboBox::activated, this, [this] { ask(runs_->currentData().toString()); });
  connect(matrix_, &ConfusionMatrix::cellChosen, this, &EvaluatePage::openCell);
  if (session_ != nullptr) {
    connect(session_, &Session::runsChanged, this, &EvaluatePage::refreshRuns);
    connect(session_, &Session::projectClosed, this, &EvaluatePage::refreshRuns);
    connect(&session_->bridge(), &Bridge::evaluated, this,
            [this](const QString& run, const Evaluation& evaluation) {
              if (run == run_) show(run, evaluation);
            });
    connect(&session_->bridge(), &Bridge::samplesReady, this,
            [this](const QString&, const QVector<int>& numbers, const QVector<QImage>& pictures,
                   const QStringList&) {
              auto* grid = static_cast<QGridLayout*>(pictures_->layout());
              for (auto* child : pictures_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
                delete child;
              for (qsizetype index = 0; index < numbers.size() && index < pictures.size(); ++index) {
                if (pictures[index].isNull()) continue;
                auto* picture = new QLabel;
                picture->setObjectName("sample");
                picture->setPixmap(QPixmap::fromImage(pictures[index]));
                picture->setToolTip(QString("Sample %1").arg(numbers[index]));
                grid->addWidget(picture, static_cast<int>(index / 8), static_cast<int>(index % 8));
              }
              grid->setRowStretch(4, 1);
              grid->setColumnStretch(8, 1);
            });
    connect(session_, &Session::failed, this, [this](const QString& what, const Error& error) {
      if (what != "evaluate" && what != "samples") return;
      message_->setError(error);
      message_->show();
    });
    connect(empty_->setPrimary("Open Train", "train"), &QPushButton::clicked, this,
            [this] { Q_EMIT this->context().pageRequested("train", {}); });
  }
  refreshRuns();
}

void EvaluatePage::opened(const QVariant& what) {
  refreshRuns();
  const QString wanted = what.toString();
  if (!wanted.isEmpty())
    ask(wanted);
  else if (run_.isEmpty() && runs_->count() > 0)
    ask(runs_->itemData(0).toString());
}

void EvaluatePage::refreshRuns() {
  const QString chosen = run_;
  runs_->clear();
  if (session_ != nullptr)
    for (const auto& view : session_->runs())
      if (view.row.checkpoint >= 0) runs_->addItem(text(view.row.name), text(view.row.id));
  const int at = runs_->findData(chosen);
  if (at >= 0)
    runs_->setCurrentIndex(at);
  else
    run_.clear();
  const bool any = runs_->count() > 0 || !evaluation_.metrics.empty();
  empty_->setVisible(!any);
  body_->setVisible(any);
}

void EvaluatePage::ask(const QString& run) {
  if (session_ == nullptr || run.isEmpty()) return;
  run_ = run;
  message_->hide();
  session_->bridge().evaluate(run, "test");
}

void EvaluatePage::show(const QString& run, const Evaluation& evaluation) {
  run_ = run;
  evaluation_ = evaluation;
  empty_->hide();
  body_->show();
  const auto accuracy = figure(evaluation, "accuracy"), r2 = figure(evaluation, "r2"),
             loss = figure(evaluation, "loss");
  accuracyLabel_->setText(accuracy ? "Test accuracy" : "Test R²");
  accuracy_->setText(accuracy ? text(formatPercent(*accuracy))
                     : r2     ? QString::number(*r2, 'f', 3)
                              : QString(missingText));
  loss_->setText(loss ? text(formatLoss(*loss)) : QString(missingText));
  count_->setText(text(formatCount(static_cast<std::int64_t>(evaluation.samples.size()))));
  QStringList names;
  QVector<QVector<qint64>> counts;
  for (const auto& name : evaluation.classes) names << text(name);
  for (const auto& row : evaluation.confusion) counts.push_back(QVector<qint64>(row.begin(), row.end()));
  matrix_->setCounts(names, counts);
  classes_->setRowCount(static_cast<int>(evaluation.perClass.size()));
  for (int row = 0; row < classes_->rowCount(); ++row) {
    const auto& one = evaluation.perClass[static_cast<std::size_t>(row)];
    const QString cells[] = {text(one.name), text(formatPercent(one.precision)),
                             text(formatPercent(one.recall)), text(formatPercent(one.f1)),
                             text(formatCount(one.support))};
    for (int section = 0; section < 5; ++section) {
      auto* item = new QTableWidgetItem(cells[section]);
      item->setTextAlignment((section > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
      classes_->setItem(row, section, item);
    }
  }
}

void EvaluatePage::openCell(int row, int column) {
  QVector<int> numbers;
  qint64 count = 0;
  for (std::size_t index = 0; index < evaluation_.samples.size() && index < evaluation_.labels.size() &&
                              index < evaluation_.predictions.size();
       ++index)
    if (evaluation_.labels[index] == row && evaluation_.predictions[index] == column) {
      ++count;
      if (numbers.size() < shownPictures) numbers << evaluation_.samples[index];
    }
  const QString truth = text(evaluation_.classes[static_cast<std::size_t>(row)]),
                said = text(evaluation_.classes[static_cast<std::size_t>(column)]);
  cell_->setText(row == column ? QString("%1, right: %2").arg(truth, text(formatCount(count)))
                               : QString("%1 said to be %2: %3").arg(truth, said, text(formatCount(count))));
  for (auto* child : pictures_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  if (session_ != nullptr && !numbers.isEmpty())
    session_->bridge().samples(run_, numbers, lookOf(this).px(48));
}

} // namespace loom
