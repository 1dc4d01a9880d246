// SPDX-License-Identifier: GPL-3.0-or-later
// Rows true, columns predicted. The diagonal in the colours of success, all else in those of error, each by
// its share of the row, so that errors stand out. A click, or the arrows and Enter, opens the samples of a
// cell.
#pragma once
#include "app/studio/theme/look.h"
#include <QStringList>
#include <QVector>
#include <QWidget>

namespace loom {

class ConfusionMatrix : public QWidget {
  Q_OBJECT
 public:
  explicit ConfusionMatrix(QWidget* parent = nullptr);
  void setCounts(const QStringList& classes, const QVector<QVector<qint64>>& counts);
  void setCurrent(int row, int column); // -1: none
  void setShare(bool share);            // parts of the row in percent instead of counts
  QRectF cellRect(int row, int column) const;
  QSize sizeHint() const override { return {588, 588}; }

 Q_SIGNALS:
  void cellChosen(int row, int column);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF grid() const;
  bool upright(double cellWidth) const; // the columns' names fit as they are read
  QPoint cellAt(QPointF at) const;
  int stepOf(int row, int column) const; // of the colour map
  bool legendInOneLine(double left) const;
  void paintLegend(QPainter& painter, const Look& look) const;
  bool share_ = false;
  QStringList classes_;
  QVector<QVector<qint64>> counts_;
  QPoint current_{-1, -1}, hovered_{-1, -1};
};

} // namespace loom
