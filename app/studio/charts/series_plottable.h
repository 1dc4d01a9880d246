// SPDX-License-Identifier: GPL-3.0-or-later
// One curve of a chart, drawn from the store's buckets (about one a device pixel): the min/max band, the raw
// means, the smoothed line, dots where there is one value an epoch, a ring at the live end, a cross at the
// top for what is no number. Nothing is resampled while drawing, so a spike is never lost and the same
// buckets give the same picture.
#pragma once
#include "app/studio/theme/look.h"
#include "core/store/store.h"
#include <qcustomplot.h>

namespace loom {

struct CurveStyle {
  int colour = 0;       // index into the theme's series
  QVector<qreal> dash;  // units of the pen's width; empty: solid
  bool dots = false;    // one value an epoch
  bool live = false;    // ring at the end
  bool band = false;    // min/max behind the line
  bool raw = false;     // the unsmoothed means, thin
  bool future = false;  // not measured yet: the schedule ahead, dashed 3 3
  double smoothing = 0; // 0..1, exponential, bias corrected, weighted by distance in steps
};

// How a curve's points lie on the x axis: by their steps, or by the seconds since the run began.
struct XScale {
  XScale(double stepsPerUnit = 1)
      : stepsPerUnit(stepsPerUnit > 0 ? stepsPerUnit : 1) {} // NOLINT: a number of steps
  static XScale time(double secondsPerUnit) {
    XScale scale;
    scale.secondsPerUnit = secondsPerUnit;
    return scale;
  }
  bool byTime() const { return secondsPerUnit > 0; }
  double first(const Bucket& bucket) const {
    return byTime() ? bucket.firstSeconds / secondsPerUnit : double(bucket.firstStep) / stepsPerUnit;
  }
  double last(const Bucket& bucket) const {
    return byTime() ? bucket.lastSeconds / secondsPerUnit : double(bucket.lastStep) / stepsPerUnit;
  }
  double behind(const Bucket& bucket) const { // where the band of this bucket ends
    return byTime() ? last(bucket) : double(bucket.lastStep + 1) / stepsPerUnit;
  }
  double stepsPerUnit = 1;
  double secondsPerUnit = 0; // 0: by steps
};

class SeriesPlottable : public QCPAbstractPlottable {
  Q_OBJECT

 public:
  SeriesPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis, const Look& look);

  void setBuckets(QVector<Bucket> buckets, const XScale& scale);
  void setStyle(const CurveStyle& style);
  void setLook(const Look& look) { look_ = &look; }
  const QVector<Bucket>& buckets() const { return buckets_; }
  const CurveStyle& style() const { return style_; }
  const XScale& scale() const { return scale_; }
  bool hasNonPositive() const; // what a log axis leaves out
  bool empty() const { return buckets_.isEmpty(); }
  // The value shown at or before this place of the x axis; nothing where the curve has no point yet.
  std::optional<double> valueAt(double x) const;
  std::optional<double> lastValue() const;
  QCPRange values(bool positiveOnly, const QCPRange& within) const; // size() 0 when there are none

  double selectTest(const QPointF& position, bool onlySelectable, QVariant* details = nullptr) const override;
  QCPRange getKeyRange(bool& found, QCP::SignDomain signs = QCP::sdBoth) const override;
  QCPRange getValueRange(bool& found, QCP::SignDomain signs = QCP::sdBoth,
                         const QCPRange& keys = QCPRange()) const override;

 protected:
  void draw(QCPPainter* painter) override;
  QRect clipRect() const override; // a dot on the last epoch is whole
  void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

 private:
  void smooth();
  void line(QCPPainter* painter, const QVector<QPointF>& points, const QColor& colour, double width) const;
  const Look* look_;
  CurveStyle style_;
  QVector<Bucket> buckets_;
  QVector<double> smoothed_;
  XScale scale_;
};

} // namespace loom
