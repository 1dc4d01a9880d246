// SPDX-License-Identifier: GPL-3.0-or-later
// A chart as every page shows it: title and legend above, no box, few grid lines, crosshair shared by all
// charts of a page, markers, log axis, smoothing, zoom. QCustomPlot does axes and interaction;
// SeriesPlottable draws.
#pragma once
#include "app/studio/charts/chart_items.h"
#include "app/studio/charts/series_plottable.h"
#include "app/studio/charts/value_format.h"
#include <QWidget>
#include <functional>

class QToolButton;

namespace loom {

class ChartHead;

// A place of the x axis: "epoch 12", "step 6,752", "1.5 min".
QString formatPlace(double x, const QString& unit, const XScale& scale);

struct ChartSpec {
  QString id, title, subtitle;
  ValueFormat format = ValueFormat::number;
  bool mayLog = true, maySmooth = false;
};

struct Curve {
  QString id;    // unique in the chart: "<run>/<key>"
  QString label; // legend and crosshair table
  CurveStyle style;
  std::optional<XScale> scale = {}; // where runs differ; nothing: the chart's
};

class Chart : public QWidget {
  Q_OBJECT

 public:
  explicit Chart(const ChartSpec& spec, QWidget* parent = nullptr);
  ~Chart() override;
  const ChartSpec& spec() const { return spec_; }

  void setCurves(const QVector<Curve>& curves); // keeps the data of those that stay
  void setData(const QString& curve, const QVector<Bucket>& buckets);
  SeriesPlottable* curve(const QString& id) const;
  void setMarkers(const QVector<ChartMarker>& markers);
  void setXAxis(const QString& unit, const XScale& scale,
                double end);            // end: where the axis ends when fitted; 0: at the data
  void setXTitle(const QString& words); // under the axis: pictures that stand alone
  void setCrosshair(std::optional<double> x);
  void setSmoothing(double factor);
  double smoothing() const { return smoothing_; }
  void setLog(bool on);
  bool log() const { return log_; }
  ChartHead* head() const { return head_; }
  std::optional<double> crosshair() const { return cross_; }
  void setMessage(const QString& text); // instead of data: "No data yet."
  void fit();
  bool fitted() const { return fitted_; }
  QCPRange xRange() const;
  void setXRange(const QCPRange& range); // from another chart of the page
  int pixels() const;                    // device pixels across
  QCustomPlot* plot() const { return plot_; }
  void replot(); // queued; at most once a frame

 Q_SIGNALS:
  void rangeChosen(const QCPRange& range); // by a person; all charts of a page follow
  void fitChosen();
  void crosshairMoved(double x);
  void crosshairLeft();
  void smoothingChosen(double factor);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void applyLook();
  void rescaleValues();
  void fitX();
  int lines() const; // that fit across the y axis
  void nameLegend();
  void movePoints(int points);
  void moveCrosshair(double x);
  ChartSpec spec_;
  ChartHead* head_;
  QCustomPlot* plot_;
  const XScale& scaleOf(const QString& curve) const;
  QVector<Curve> curves_;
  QHash<QString, SeriesPlottable*> plottables_;
  MarkerItem* markers_;
  CrossItem* crosshair_;
  QCPItemText* message_;
  QString unit_ = "step", xTitle_;
  XScale scale_;
  double end_ = 0, smoothing_ = 0;
  bool fitted_ = true, log_ = false;
  std::optional<double> cross_;
  std::optional<QPoint> dragFrom_;
  QCPItemRect* zoomBox_;
};

} // namespace loom
