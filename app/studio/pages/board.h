// SPDX-License-Identifier: GPL-3.0-or-later
// The charts of one or more runs, four of them, sharing x axis and crosshair. Pulls series through the bridge
// when a run has something new, at most ten times a second, and only while it is shown.
#pragma once
#include "app/studio/charts/chart.h"
#include "app/studio/pages/session.h"
#include "app/studio/theme/roles.h"
#include <QTimer>

namespace loom {

// One row a chart: what it shows and from which series.
struct BoardChart {
  ChartSpec spec;
  struct Line {
    const char* key;
    const char* label;
    int colour;
    bool dots, band, raw;
  };
  std::vector<Line> lines;
};
const std::vector<BoardChart>& boardCharts(bool regression);

class Board : public QWidget {
  Q_OBJECT

 public:
  explicit Board(QWidget* parent = nullptr);
  void setSession(Session* session);
  // One run: its own colours; several: a colour a run. `regression` chooses R² instead of accuracy.
  void setRuns(const QStringList& runs, bool regression);
  void setMarkers(const QVector<ChartMarker>& markers);
  void give(const QString& run, const QString& key,
            const QVector<Bucket>& buckets); // by hand: shots, tests, --render
  void setAxis(double stepsPerEpoch, double epochs);
  const std::vector<Chart*>& charts() const { return charts_; }
  struct Value {
    QString label, text;
    int colour = 0;
  };
  QVector<Value> valuesAt(double x) const;
  void refresh(bool all = false); // asks for what is new

 Q_SIGNALS:
  void crosshairMoved(double x);
  void crosshairLeft();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void makeCharts();
  void take(const SeriesAnswer& answer);
  Session* session_ = nullptr;
  std::vector<Chart*> charts_;
  QStringList runs_;
  bool regression_ = false;
  double stepsPerEpoch_ = 1;
  QTimer* timer_;
  bool due_ = true;
};

} // namespace loom
