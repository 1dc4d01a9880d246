// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/charts.h"

namespace loom {

const std::vector<ChartRow>& chartTable() {
  using Task = ChartRow::Task;
  static const char* const perEpoch = "Measured at the end of each epoch.";
  static const char* const perStep = "No step has been measured yet.";
  static const std::vector<ChartRow> table = {
      {{"loss", "Loss", {}, ValueFormat::loss, true, true},
       {{"train/loss", "train", "train loss", 0, false, false, true},
        {"val/loss", "validation", "val. loss", 1, true, false, false}},
       Task::any,
       false,
       true,
       perStep},
      {{"accuracy", "Accuracy", {}, ValueFormat::percent, true, false},
       {{"val/accuracy", "validation", "val. accuracy", 1, true, false, false}},
       Task::classification,
       false,
       false,
       perEpoch},
      {{"r2", "R²", {}, ValueFormat::number, false, false},
       {{"val/r2", "validation", "val. R²", 1, true, false, false}},
       Task::regression,
       false,
       false,
       perEpoch},
      {{"speed", "Speed", "samples/s, min to max", ValueFormat::number, false, false},
       {{"train/samples_per_second", "", "samples/s", 2, false, true, false}},
       Task::any,
       false,
       false,
       perStep},
      {{"rate", "Learning rate", {}, ValueFormat::rate, true, false},
       {{"train/lr", "", "learning rate", 5, false, false, false}},
       Task::any,
       false,
       false,
       perStep},
      {{"val_accuracy", "Validation accuracy", {}, ValueFormat::percent, true, false},
       {{"val/accuracy", "", "accuracy", 1, false, false, false}},
       Task::classification,
       true,
       false,
       perEpoch},
      {{"val_r2", "Validation R²", {}, ValueFormat::number, false, false},
       {{"val/r2", "", "R²", 1, false, false, false}},
       Task::regression,
       true,
       false,
       perEpoch},
      {{"val_loss", "Validation loss", {}, ValueFormat::loss, true, false},
       {{"val/loss", "", "loss", 1, false, false, false}},
       Task::any,
       true,
       true,
       perEpoch},
  };
  return table;
}

std::vector<const ChartRow*> chartsFor(bool regression, bool compared) {
  std::vector<const ChartRow*> rows;
  for (const auto& row : chartTable())
    if (row.compared == compared &&
        row.task != (regression ? ChartRow::Task::classification : ChartRow::Task::regression))
      rows.push_back(&row);
  return rows;
}

} // namespace loom
