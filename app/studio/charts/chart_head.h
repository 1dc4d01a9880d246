// SPDX-License-Identifier: GPL-3.0-or-later
// The line above a chart: title, legend with samples of the lines, tools at the right.
#pragma once
#include "app/studio/theme/look.h"
#include <QWidget>

class QHBoxLayout;
class QLineEdit;
class QToolButton;

namespace loom {

struct LegendEntry {
  QString text;
  int colour = 0;
  QVector<qreal> dash;
};

class ChartHead : public QWidget {
  Q_OBJECT

 public:
  ChartHead(const QString& title, const QString& subtitle, bool mayLog, bool maySmooth,
            QWidget* parent = nullptr);
  void setLegend(const QVector<LegendEntry>& entries);
  void setLog(bool on);
  void setNote(const QString& note); // behind the legend, in text-2
  void setToolsVisible(bool visible);
  void addTool(QWidget* tool); // before the others
  void setSmoothing(double factor);
  QLineEdit* smoothField() const { return smooth_; }
  QSize sizeHint() const override;

 Q_SIGNALS:
  void logToggled(bool on);
  void fitWanted();
  void smoothingChosen(double factor);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString title_, subtitle_, note_;
  QVector<LegendEntry> legend_;
  QHBoxLayout* tools_;
  QToolButton *log_ = nullptr, *fit_ = nullptr;
  QLineEdit* smooth_ = nullptr;
};

} // namespace loom
