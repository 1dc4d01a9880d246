// SPDX-License-Identifier: GPL-3.0-or-later
// How a run is spoken of on every page: its state, name, figures and times in the words and numbers of the
// look. Pure functions over what the bridge told.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/model/state_mark.h"
#include "app/studio/widgets/words.h"

namespace loom {

bool living(const RunView& view);     // trains or is paused
bool underWay(const RunView& view);   // living, waiting or starting; also what is queued and cannot start
bool willTrain(const RunView& view);  // under way, without what is queued and cannot start
bool releasable(const RunView& view); // in the queue until a person starts it (again)
bool resumable(const RunView& view);  // ended before its last epoch, not by diverging
RunState stateOf(const RunView& view);
const MetricSummary* summaryOf(const RunRow& row, std::string_view key);
QString settingOf(const RunRow& row, std::string_view name); // "–" when there is none
bool isRegression(const RunRow& row);
// Accuracy or R² of the validation, of the best checkpoint: the one with the lowest validation loss.
std::optional<double> bestValidation(const RunRow& row);
QString shareText(double value, bool regression); // "91.80 %" or "0.911"
// What the figures of several runs are. A run without a figure does not count: what it will measure is not known.
enum class FigureKind { none, accuracy, r2, mixed };
FigureKind validationKind(const QVector<RunView>& runs);
FigureKind testKind(const QVector<RunView>& runs);
QString figureLabel(const QString& part, FigureKind kind); // "Test accuracy", "Test R²"; else the part alone
QString figureText(double value);                          // of a target: "256", "5,176", "0.0421"
QString bestCheckpointText(const RunView& view); // which one it is, and whether a better one is not saved yet
QString speedText(double perSecond);             // "38.2", "1,240"
QString epochsText(const RunRow& row);           // "30", "12 of 30" when it has not done them all
QString whenText(std::int64_t microseconds, qint64 nowSeconds = 0); // "14:28", "yesterday", "22 Nov"
QString clockText(const RunRow& row,
                  double seconds);      // of an event, so many seconds of training after the start
QString placeText(const RunView& view); // "This computer, CPU, 8 threads"
QString ordinalText(int number);        // "1st", "2nd", "11th"
QString queueText(const RunView& view); // "2nd in the queue"; empty when it has no place there
QString waitedText(const RunView& view,
                   qint64 nowSeconds = 0); // "00:03:12" since it was queued; may be empty
QString plural(qint64 count, const QString& one, const QString& many = {}); // "1 run", "3 runs"

} // namespace loom
