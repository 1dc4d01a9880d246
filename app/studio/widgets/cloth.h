// SPDX-License-Identifier: GPL-3.0-or-later
// Cloth: the progress of a run as a bar cut by one tick an epoch, so that one glance says how far of how
// many. Where ticks would stand closer than 4 px they stand for 5, then 10, 20, 50 … epochs. And the share
// bar, its plain sister.
#pragma once
#include "app/studio/theme/look.h"
#include <QPainter>

namespace loom {

struct ClothProgress {
  enum class State { running, paused, failed };
  double share = 0; // 0–1
  int epochs = 0;   // 0: no ticks
  State state = State::running;
  bool now = false; // a 2 px line where the run stands: the run page
};

int clothEpochsPerTick(double width, int epochs);
void paintCloth(QPainter& painter, const QRectF& area, const ClothProgress& progress, const Theme& theme);
// 4 px high: a share of a whole in accent, or in line-strong where it is only load.
void paintShareBar(QPainter& painter, const QRectF& area, double share, const Theme& theme,
                   bool onlyLoad = false);

class Cloth : public QWidget {
 public:
  explicit Cloth(QWidget* parent = nullptr);
  void setProgress(const ClothProgress& progress);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  ClothProgress progress_;
};

class ShareBar : public QWidget {
 public:
  explicit ShareBar(double share = 0, QWidget* parent = nullptr);
  void setShare(double share);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  double share_;
};

} // namespace loom
