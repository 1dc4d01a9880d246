// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/value_view.h"
#include "app/studio/charts/scatter.h"
#include "app/studio/model/run_words.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace loom {
namespace {

constexpr int shownWorst = 9;

QString signedText(double value) {
  return (value < 0 ? QString(QChar(0x2212)) : QString("+")) + figureText(std::abs(value));
}

} // namespace

ValueView::ValueView(QWidget* parent) : QWidget(parent) {
  setGround(this, Ground::surface);
  auto* across = rowOf(this, 0, 0);
  auto* left = new QWidget;
  auto* leftColumn = columnOf(left);
  leftColumn->setContentsMargins(16, 4, 16, 8);
  const auto title = [&](const QString& head, const QString& second) {
    auto* box = new QWidget;
    box->setFixedHeight(lookOf(this).px(32));
    auto* row = rowOf(box);
    row->addWidget(new Text(head, Type::bodyStrong));
    row->addWidget(new Text(second, Type::small, Token::text2), 1);
    leftColumn->addWidget(box);
  };
  title("Predicted and true", {});
  scatter_ = new ScatterPlot(ScatterPlot::Kind::diagonal);
  scatter_->setObjectName("predictedAndTrue");
  scatter_->setCaption("True; the grey band is ± the mean absolute error");
  leftColumn->addWidget(scatter_, 2);
  title("Residuals", "predicted − true, over predicted");
  residuals_ = new ScatterPlot(ScatterPlot::Kind::residual);
  residuals_->setObjectName("residuals");
  leftColumn->addWidget(residuals_, 1);
  across->addWidget(left, 592);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* middle = new QWidget;
  auto* middleColumn = columnOf(middle);
  middleColumn->addWidget(new DockTitle("Spread of the residuals"));
  bars_ = new ResidualBars;
  middleColumn->addWidget(bars_);
  middleColumn->addWidget(new HairLine);
  middleColumn->addStretch(1);
  across->addWidget(middle, 360);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right);
  worstTitle_ = new DockTitle("Worst rows");
  rightColumn->addWidget(worstTitle_);
  worst_ = new WorstList(none_);
  worst_->setObjectName("worstRows");
  rightColumn->addWidget(worst_);
  rightColumn->addStretch(1);
  across->addWidget(right, 424);
  connect(scatter_, &ScatterPlot::chosen, this, &ValueView::choose);
  connect(residuals_, &ScatterPlot::chosen, this, &ValueView::choose);
  connect(worst_, &WorstList::chosen, this, [this](int item) { choose(worst_->items()[item].index); });
}

void ValueView::choose(int row) {
  scatter_->setCurrent(row);
  residuals_->setCurrent(row);
}

void ValueView::setEvaluation(const Evaluation& evaluation) {
  const std::size_t count = evaluation.samples().size();
  const std::size_t targets = count > 0 ? std::max<std::size_t>(1, evaluation.targets().size() / count) : 1;
  QVector<QPointF> points, residuals;
  QVector<double> errors;
  for (std::size_t row = 0; row < count && row * targets < evaluation.outputs().size(); ++row) {
    const double truth = evaluation.targets()[row * targets], said = evaluation.outputs()[row * targets];
    points << QPointF(truth, said);
    residuals << QPointF(said, said - truth);
    errors << said - truth;
  }
  figures_ = {};
  figures_.count = errors.size();
  double mean = 0;
  for (const auto& point : points) mean += point.x() / std::max<double>(1, double(points.size()));
  QVector<double> sizes;
  for (qsizetype row = 0; row < errors.size(); ++row) {
    const double share = 1.0 / double(errors.size());
    figures_.mae += std::abs(errors[row]) * share;
    figures_.rmse += errors[row] * errors[row] * share;
    figures_.bias += errors[row] * share;
    figures_.meanOnly += std::abs(points[row].x() - mean) * share;
    sizes << std::abs(errors[row]);
  }
  figures_.rmse = std::sqrt(figures_.rmse);
  if (!sizes.isEmpty()) {
    std::nth_element(sizes.begin(), sizes.begin() + sizes.size() / 2, sizes.end());
    figures_.half = sizes[sizes.size() / 2];
  }
  scatter_->setPoints(points, figures_.mae);
  residuals_->setPoints(residuals, figures_.mae);
  bars_->setErrors(errors);
  QVector<int> order(errors.size());
  std::iota(order.begin(), order.end(), 0);
  const auto most = std::min<qsizetype>(shownWorst, order.size());
  std::partial_sort(order.begin(), order.begin() + most, order.end(),
                    [&](int a, int b) { return std::abs(errors[a]) > std::abs(errors[b]); });
  QVector<SampleItem> items;
  for (qsizetype at = 0; at < most; ++at) {
    const int row = order[at];
    items.push_back(
        {row, evaluation.samples()[std::size_t(row)],
         "Row " + text(formatCount(evaluation.samples()[std::size_t(row)])),
         QString("predicted %1, true %2").arg(figureText(points[row].y()), figureText(points[row].x())),
         signedText(errors[row])});
  }
  worst_->setItems(items, false);
  worstTitle_->setTitle("Worst rows", QString("%1 of %2").arg(most).arg(errors.size()));
}

} // namespace loom
