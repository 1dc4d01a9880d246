// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/run_words.h"
#include "core/base/format.h"
#include <QDateTime>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

FigureKind together(FigureKind kind, bool r2) {
  const FigureKind one = r2 ? FigureKind::r2 : FigureKind::accuracy;
  return kind == FigureKind::none || kind == one ? one : FigureKind::mixed;
}

} // namespace

bool living(const RunView& view) {
  return view.row.state == RunState::running || view.row.state == RunState::paused;
}

bool underWay(const RunView& view) { return view.waiting || view.starting || living(view); }

bool willTrain(const RunView& view) { return underWay(view) && !view.impossible; }

bool releasable(const RunView& view) { return view.waiting && (view.failed || view.held); }

bool resumable(const RunView& view) {
  const auto state = view.row.state;
  return !underWay(view) && (state == RunState::stopped || state == RunState::killed ||
                             state == RunState::failed || state == RunState::outOfMemory);
}

RunState stateOf(const RunView& view) {
  return view.waiting || view.starting ? RunState::waiting : view.row.state;
}

const MetricSummary* summaryOf(const RunRow& row, std::string_view key) {
  for (const auto& one : row.metrics)
    if (one.key == key) return &one;
  return nullptr;
}

QString settingOf(const RunRow& row, std::string_view name) {
  for (const auto& [key, value] : row.settings)
    if (key == name) return text(value);
  return missingText;
}

bool isRegression(const RunRow& row) {
  return summaryOf(row, "val/r2") != nullptr || row.testMetricName.ends_with("r2");
}

std::optional<double> bestValidation(const RunRow& row) {
  if (row.validation) return row.validation;
  for (const char* key : {"val/accuracy", "val/r2"})
    if (const auto* one = summaryOf(row, key); one != nullptr && one->count > one->nonFinite)
      return one->maximum;
  return std::nullopt;
}

QString shareText(double value, bool regression) {
  return regression ? QString::number(value, 'f', 3) : text(formatPercent(value));
}

FigureKind validationKind(const QVector<RunView>& runs) {
  FigureKind kind = FigureKind::none;
  for (const auto& view : runs)
    if (bestValidation(view.row)) kind = together(kind, isRegression(view.row));
  return kind;
}

FigureKind testKind(const QVector<RunView>& runs) {
  FigureKind kind = FigureKind::none;
  for (const auto& view : runs)
    if (view.row.testMetric) kind = together(kind, isRegression(view.row));
  return kind;
}

QString figureLabel(const QString& part, FigureKind kind) {
  switch (kind) {
  case FigureKind::accuracy:
    return part + " accuracy";
  case FigureKind::r2:
    return part + " R²";
  case FigureKind::none:
  case FigureKind::mixed:
    break;
  }
  return part;
}

QString figureText(double value) {
  if (std::abs(value) >= 100) return text(formatCount(std::llround(value)));
  return text(formatNumber(QString::number(value, 'g', 3).toDouble()));
}

QString bestCheckpointText(const RunView& view) {
  const RunRow& row = view.row;
  if (row.checkpoint < 0) return "No checkpoint yet";
  const std::int64_t perEpoch = std::max<std::int64_t>(1, row.stepsPerEpoch);
  const auto epochAt = [&](std::int64_t step) { return (step + perEpoch - 1) / perEpoch; };
  QString words = QString("Best checkpoint: epoch %1, step %2")
                      .arg(epochAt(row.checkpoint))
                      .arg(text(formatCount(row.checkpoint)));
  const auto* loss = summaryOf(row, "val/loss");
  if (living(view) && loss != nullptr && loss->count > loss->nonFinite && loss->minimumStep > row.checkpoint)
    words += QString("; epoch %1 is better and is not saved yet").arg(epochAt(loss->minimumStep));
  return words;
}

QString speedText(double perSecond) {
  if (!(perSecond > 0)) return missingText;
  if (perSecond >= 100) return text(formatCount(std::llround(perSecond)));
  return QString::number(perSecond, 'f', perSecond < 10 ? 2 : 1);
}

QString epochsText(const RunRow& row) {
  if (row.epochs <= 0) return missingText;
  if (row.totalSteps == 0) return QString::number(row.epochs); // it has not begun
  const std::int64_t done = row.stepsPerEpoch > 0 ? row.step / row.stepsPerEpoch : 0;
  if (done >= row.epochs) return QString::number(row.epochs);
  return QString("%1 of %2").arg(done).arg(row.epochs);
}

QString whenText(std::int64_t microseconds, qint64 nowSeconds) {
  if (microseconds <= 0) return missingText;
  const auto at = QDateTime::fromMSecsSinceEpoch(microseconds / 1000);
  const auto now = nowSeconds > 0 ? QDateTime::fromSecsSinceEpoch(nowSeconds) : QDateTime::currentDateTime();
  const QLocale english(QLocale::English, QLocale::UnitedKingdom);
  if (at.date() == now.date()) return english.toString(at, "HH:mm");
  if (at.date().daysTo(now.date()) == 1) return "yesterday";
  return english.toString(at, at.date().year() == now.date().year() ? "d MMM" : "d MMM yyyy");
}

QString clockText(const RunRow& row, double seconds) {
  if (row.created <= 0) return {};
  return QDateTime::fromMSecsSinceEpoch(row.created / 1000 + std::llround(seconds * 1000))
      .toString("HH:mm:ss");
}

QString placeText(const RunView& view) {
  const RunRow& row = view.row;
  QStringList parts{"This computer"};
  if (!row.device.empty()) parts << (row.device == "cpu" ? QString("CPU") : text(row.device));
  const QString threads = settingOf(row, "threads");
  if (threads != missingText && threads != "0") parts << plural(threads.toLongLong(), "thread");
  return parts.join(", ");
}

QString ordinalText(int number) {
  const int tens = number % 100, ones = number % 10;
  const char* end = tens >= 11 && tens <= 13 ? "th"
                    : ones == 1              ? "st"
                    : ones == 2              ? "nd"
                    : ones == 3              ? "rd"
                                             : "th";
  return QString::number(number) + QString::fromLatin1(end);
}

QString queueText(const RunView& view) {
  return view.waiting && view.place > 0 ? ordinalText(view.place) + " in the queue" : QString();
}

QString waitedText(const RunView& view, qint64 nowSeconds) {
  if (!view.waiting || view.queued <= 0) return {};
  const qint64 now = nowSeconds > 0 ? nowSeconds : QDateTime::currentSecsSinceEpoch();
  return text(formatDuration(double(std::max<qint64>(0, now - view.queued / 1'000'000))));
}

QString plural(qint64 count, const QString& one, const QString& many) {
  return text(formatCount(count)) + " " + (count == 1 ? one : many.isEmpty() ? one + "s" : many);
}

} // namespace loom
