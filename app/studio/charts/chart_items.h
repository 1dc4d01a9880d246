// SPDX-License-Identifier: GPL-3.0-or-later
// What stands over the curves of a chart and is no curve: upright markers with their words, and the crosshair
// with its tag on the axis and a dot on every curve. Each is one item of QCustomPlot that paints itself, so
// that nothing is laid out or allocated while the pointer moves.
#pragma once
#include "app/studio/theme/look.h"
#include <optional>
#include <qcustomplot.h>

namespace loom {

struct ChartMarker {
  double x = 0; // in units of the x axis
  QString text;
  bool flag = false; // best: in ok, with a flag
};

class MarkerItem : public QCPAbstractItem {
  Q_OBJECT
 public:
  MarkerItem(QCustomPlot* plot, const Look& look);
  void setMarkers(const QVector<ChartMarker>& markers) { markers_ = markers; }
  void setLook(const Look& look) { look_ = &look; }
  double selectTest(const QPointF&, bool, QVariant* = nullptr) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  const Look* look_;
  QVector<ChartMarker> markers_;
};

class CrossItem : public QCPAbstractItem {
  Q_OBJECT
 public:
  struct Dot {
    double value;
    int colour;
  };
  CrossItem(QCustomPlot* plot, const Look& look);
  void setCross(std::optional<double> x, const QString& tag, const QVector<Dot>& dots);
  void setLook(const Look& look) { look_ = &look; }
  double selectTest(const QPointF&, bool, QVariant* = nullptr) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  const Look* look_;
  std::optional<double> x_;
  QString tag_;
  QVector<Dot> dots_;
};

} // namespace loom
