// SPDX-License-Identifier: GPL-3.0-or-later
// Points in a plane with the axes of every chart: predicted against true with its diagonal, residuals over
// predicted with their zero line; the band is ± the mean absolute error. And the spread of the residuals as
// bars. The error is predicted − true everywhere.
#pragma once
#include "app/studio/theme/look.h"
#include <QVector>
#include <QWidget>
#include <optional>

namespace loom {

class ScatterPlot : public QWidget {
  Q_OBJECT
 public:
  enum class Kind { diagonal, residual };
  explicit ScatterPlot(Kind kind, QWidget* parent = nullptr);
  void setPoints(const QVector<QPointF>& points,
                 double band);           // x true, y predicted; residual: x predicted, y error
  void setCurrent(int point);            // ringed; -1: none
  void setCaption(const QString& words); // under the x axis
  QPointF targetOf(int point) const;
  int pointAt(const QPointF& place) const; // -1: none near

 Q_SIGNALS:
  void chosen(int point);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  QRectF area() const;
  QPointF map(const QPointF& point) const;
  Kind kind_;
  QVector<QPointF> points_;
  QRectF range_;
  double band_ = 0;
  int current_ = -1;
  QString caption_;
};

class ResidualBars : public QWidget {
 public:
  explicit ResidualBars(QWidget* parent = nullptr);
  void setErrors(const QVector<double>& errors);
  QSize sizeHint() const override { return {lookOf(this).px(320), lookOf(this).px(136)}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QVector<int> counts_;
  double reach_ = 1; // the bars go from −reach to +reach
};

} // namespace loom
