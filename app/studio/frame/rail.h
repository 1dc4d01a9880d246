// SPDX-License-Identifier: GPL-3.0-or-later
// The way through the work: one button a page, at the left edge of the window. The current one is accent with
// a thread at its left; a dot says that a run is live.
#pragma once
#include "app/studio/frame/page.h"
#include <QAbstractButton>

namespace loom {

class RailButton : public QAbstractButton {
  Q_OBJECT
 public:
  explicit RailButton(const PageRow& row, QWidget* parent = nullptr);
  const PageRow& row() const { return row_; }
  void setDot(bool on);
  void setLow(bool low); // 48 instead of 56 high: windows below 700
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const PageRow& row_;
  bool dot_ = false, low_ = false;
};

class Rail : public QWidget {
  Q_OBJECT
 public:
  explicit Rail(std::span<const PageRow> pages, QWidget* parent = nullptr);
  void setCurrent(PageId id);
  void setDot(PageId id, bool on);
  void setProjectOpen(bool open);
  RailButton* button(PageId id) const;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void pageWanted(loom::PageId id);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QList<RailButton*> buttons_;
};

} // namespace loom
