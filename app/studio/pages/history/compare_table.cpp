// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/compare_table.h"
#include "app/studio/model/run_words.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "core/base/format.h"
#include <QPainter>
#include <cmath>
#include <map>
#include <set>

namespace loom {
namespace {

constexpr int labelWidth = 148;

QString settingLabel(const std::string& name) {
  static const std::map<std::string, QString> labels = {{"lr", "Learning rate"},
                                                        {"network", "Network"},
                                                        {"data", "Data"},
                                                        {"optimizer", "Optimizer"},
                                                        {"schedule", "Schedule"},
                                                        {"keep_checkpoints", "Checkpoints kept"},
                                                        {"checkpoint_every", "Checkpoint every"}};
  if (const auto found = labels.find(name); found != labels.end()) return found->second;
  QString words = text(name).replace('_', ' ');
  if (!words.isEmpty()) words[0] = words[0].toUpper();
  return words;
}

} // namespace

QVector<CompareRow> settingRows(const QVector<RunView>& runs, bool onlyDiffering) {
  std::map<std::string, QStringList> values;
  const auto put = [&](const std::string& key, qsizetype run, const QString& value) {
    auto& list = values[key];
    while (list.size() < runs.size()) list << QString(missingText);
    list[run] = value;
  };
  for (qsizetype run = 0; run < runs.size(); ++run) {
    for (const auto& [key, value] : runs[run].row.settings) put(key, run, text(value));
    put("parameters", run, text(formatCount(runs[run].row.parameters)));
  }
  QVector<CompareRow> rows;
  const auto take = [&](const std::string& key, bool follows) {
    const auto found = values.find(key);
    if (found == values.end()) return;
    const QStringList& list = found->second;
    std::set<QString> different(list.begin(), list.end());
    // Where an optimizer or a schedule has no such value, the row of its name says so already.
    if (follows) different.erase(QString(missingText));
    if (!onlyDiffering || different.size() > 1) rows.push_back({settingLabel(key), list, -1, false, {}});
    values.erase(found);
  };
  for (const char* first : {"network", "parameters", "data", "optimizer", "lr", "schedule", "weight_decay",
                            "epochs", "batch", "seed"})
    take(first, false);
  while (!values.empty()) take(values.begin()->first, true);
  return rows;
}

QVector<CompareRow> resultRows(const QVector<RunView>& runs) {
  QVector<CompareRow> rows;
  const auto add = [&](const QString& label, const std::function<std::optional<double>(const RunRow&)>& value,
                       const std::function<QString(const RunRow&, double)>& words, bool smallest,
                       bool judged = true) {
    CompareRow row{label, {}, -1, false, {}};
    std::optional<double> best;
    for (qsizetype index = 0; index < runs.size(); ++index) {
      const auto each = value(runs[index].row);
      row.cells << (each ? words(runs[index].row, *each) : QString(missingText));
      // What is no number is no best; nor is it one to have failed soonest.
      if (!judged || !each || !std::isfinite(*each) ||
          (label == "Time" && runs[index].row.state != RunState::finished))
        continue;
      if (!best || (smallest ? *each < *best : *each > *best)) {
        best = each;
        row.best = static_cast<int>(index);
      }
    }
    const bool any = std::any_of(row.cells.begin(), row.cells.end(),
                                 [](const QString& cell) { return cell != missingText; });
    if (std::set<QString>(row.cells.begin(), row.cells.end()).size() < 2) row.best = -1;
    if (any) rows.push_back(row);
  };
  const auto share = [](const RunRow& row, double value) { return shareText(value, isRegression(row)); };
  const FigureKind validation = validationKind(runs), test = testKind(runs);
  const auto lowest = [](const char* key) {
    return [key](const RunRow& row) -> std::optional<double> {
      const auto* one = summaryOf(row, key);
      return one != nullptr ? std::optional(one->minimum) : std::nullopt;
    };
  };
  const auto loss = [](const RunRow&, double value) { return text(formatLoss(value)); };
  add(
      figureLabel("Validation", validation), [](const RunRow& row) { return bestValidation(row); }, share,
      false, validation != FigureKind::mixed);
  add(
      figureLabel("Test", test), [](const RunRow& row) { return row.testMetric; }, share, false,
      test != FigureKind::mixed);
  add("Validation loss, lowest", lowest("val/loss"), loss, true);
  add(
      "Train loss, last",
      [](const RunRow& row) -> std::optional<double> {
        const auto* one = summaryOf(row, "train/loss");
        return one != nullptr ? std::optional(one->last) : std::nullopt;
      },
      loss, true);
  add(
      "Epoch of the best",
      [](const RunRow& row) -> std::optional<double> {
        if (row.checkpoint < 0 || row.stepsPerEpoch <= 0) return std::nullopt;
        return double((row.checkpoint + row.stepsPerEpoch - 1) / row.stepsPerEpoch);
      },
      [](const RunRow&, double value) { return QString::number(value); }, true, false);
  add(
      "Time", [](const RunRow& row) { return row.seconds > 0 ? std::optional(row.seconds) : std::nullopt; },
      [](const RunRow&, double value) { return text(formatDuration(value)); }, true);
  return rows;
}

CompareTable::CompareTable(QWidget* parent) : QWidget(parent) {
  setObjectName("compareTable");
  setGround(this, Ground::surface);
}

void CompareTable::setRows(const QVector<CompareRow>& rows, int columns) {
  rows_ = rows;
  columns_ = columns;
  updateGeometry();
  update();
}

double CompareTable::rowHeight(const CompareRow& row) const { return lookOf(this).px(row.heading ? 32 : 26); }

QSize CompareTable::sizeHint() const {
  double height = 0;
  for (const auto& row : rows_) height += rowHeight(row);
  return {lookOf(this).px(640), static_cast<int>(height)};
}

QSize CompareTable::minimumSizeHint() const {
  return {lookOf(this).px(labelWidth + 96 * std::max(1, columns_)), sizeHint().height()};
}

void CompareTable::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const double left = look.px(16), first = look.px(16 + labelWidth);
  const double wide = columns_ > 0 ? (width() - first) / columns_ : 0;
  double y = 0;
  for (const auto& row : rows_) {
    const double high = rowHeight(row);
    if (row.heading) {
      if (y > 0) paintHorizontalLine(painter, 0, width(), y, look[Token::line]);
      const int taken = paintText(painter, QRectF(left, y, width() - left, high), row.label,
                                  look.fonts[Type::smallStrong], look[Token::text]);
      paintText(painter, QRectF(left + taken + look.px(8), y, width() - left - taken, high), row.second,
                look.fonts[Type::small], look[Token::text2]);
    } else {
      paintText(painter, QRectF(left, y, first - left - 8, high), row.label, look.fonts[Type::small],
                look[Token::text2]);
      const double shift = row.named ? look.px(22) : 0;
      for (int column = 0; column < row.cells.size() && column < columns_; ++column) {
        if (row.named)
          painter.fillRect(QRectF(first + column * wide, std::floor(y + high / 2) - 1, 16, 2),
                           look.theme().seriesAt(column));
        paintText(painter, QRectF(first + column * wide + shift, y, wide - 8 - shift, high),
                  row.cells[column], look.fonts[column == row.best ? Type::smallStrong : Type::small],
                  look[row.cells[column] == missingText ? Token::textOff : Token::text]);
      }
    }
    y += high;
    paintHorizontalLine(painter, 0, width(), y - 1, look[row.heading ? Token::line : Token::hover]);
  }
}

} // namespace loom
