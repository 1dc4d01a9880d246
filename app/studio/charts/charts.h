// SPDX-License-Identifier: GPL-3.0-or-later
// The charts that a run has, as one table: what each shows, from which series, on which pages. A new chart of
// stored series is one row in charts.cpp; the boards, `--render` and the tests walk the table.
#pragma once
#include "app/studio/charts/chart.h"
#include <vector>

namespace loom {

struct ChartRow {
  ChartSpec spec;
  struct Line {
    const char* key;   // of the store
    const char* label; // in the legend
    const char* name;  // in the table beside the charts
    int colour;        // fixed meanings: train s1, validation s2, throughput s3, learning rate s6
    bool dots, band, raw;
  };
  std::vector<Line> lines;
  enum class Task { any, classification, regression } task = Task::any;
  bool compared = false; // on Compare, a colour a run; else on Train
  bool log = false;      // begins with a logarithmic axis
  const char* waiting;   // what stands there while it has no point
};
const std::vector<ChartRow>& chartTable();
std::vector<const ChartRow*> chartsFor(bool regression, bool compared);

} // namespace loom
