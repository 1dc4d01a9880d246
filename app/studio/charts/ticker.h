// SPDX-License-Identifier: GPL-3.0-or-later
// Where the lines of an axis stand and what is written there: 3 to 5 lines at 1-2-5 steps; on a log axis
// 1-2-3-5 a decade.
#pragma once
#include "app/studio/charts/value_format.h"
#include <qcustomplot.h>

namespace loom {

QString axisLabel(double value, double step, ValueFormat format);

class NiceTicker : public QCPAxisTicker {
 public:
  NiceTicker(ValueFormat format, int lines) : format_(format), lines_(lines) {}
  void setLines(int lines) { lines_ = lines; }

 protected:
  double getTickStep(const QCPRange& range) override;
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return axisLabel(tick, step_, format_);
  }

 private:
  ValueFormat format_;
  int lines_;
  double step_ = 1;
};

class LogTicker : public QCPAxisTicker {
 public:
  LogTicker(ValueFormat format, int lines) : format_(format), lines_(lines) {}
  void setLines(int lines) { lines_ = lines; }

 protected:
  QVector<double> createTickVector(double step, const QCPRange& range) override;
  int getSubTickCount(double) override { return 0; }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return axisLabel(tick, tick, format_);
  }

 private:
  ValueFormat format_;
  int lines_;
};

} // namespace loom
