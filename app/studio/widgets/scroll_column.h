// SPDX-License-Identifier: GPL-3.0-or-later
// A column that scrolls up and down and is always as high as its contents want at its width: QScrollArea asks
// for the least height, so that fields are squeezed and words that wrap are cut before it scrolls. Where it is
// narrower than its contents can be, it scrolls sideways as well.
#pragma once
#include <QScrollArea>

namespace loom {

class ScrollColumn : public QScrollArea {
 public:
  explicit ScrollColumn(QWidget* contents, QWidget* parent = nullptr);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void measure();
};

} // namespace loom
