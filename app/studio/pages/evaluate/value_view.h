// SPDX-License-Identifier: GPL-3.0-or-later
// A regression: predicted against true, the residuals and their spread, the rows that were missed most.
#pragma once
#include "app/studio/pages/evaluate/sample_views.h"
#include "core/run/evaluation.h"
#include <QWidget>

namespace loom {

class DockTitle;
class ResidualBars;
class ScatterPlot;

class ValueView : public QWidget {
  Q_OBJECT
 public:
  explicit ValueView(QWidget* parent = nullptr);
  void setEvaluation(const Evaluation& evaluation); // of the first target
  struct Figures {
    double mae = 0, rmse = 0, bias = 0, half = 0, meanOnly = 0; // in the target's own unit
    qsizetype count = 0;
  };
  const Figures& figures() const { return figures_; }
  WorstList& worst() { return *worst_; }
  ScatterPlot& scatter() { return *scatter_; }

 private:
  void choose(int row);
  ScatterPlot *scatter_, *residuals_;
  ResidualBars* bars_;
  WorstList* worst_;
  DockTitle* worstTitle_;
  Figures figures_;
  Pictures none_;
};

} // namespace loom
