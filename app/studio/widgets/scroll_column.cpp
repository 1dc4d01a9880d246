// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/scroll_column.h"
#include "app/studio/theme/roles.h"
#include <QEvent>
#include <QLayout>
#include <algorithm>

namespace loom {

ScrollColumn::ScrollColumn(QWidget* contents, QWidget* parent) : QScrollArea(parent) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setWidget(contents);
  setGround(this, Ground::surface);
  setGround(contents, Ground::surface);
  contents->installEventFilter(this);
  measure();
}

void ScrollColumn::measure() {
  const QLayout* layout = widget() != nullptr ? widget()->layout() : nullptr;
  if (layout == nullptr) return;
  const int width = std::clamp(viewport()->width(), widget()->minimumSizeHint().width(),
                               std::max(widget()->minimumSizeHint().width(), widget()->maximumWidth()));
  const int height =
      layout->hasHeightForWidth() ? layout->totalHeightForWidth(width) : layout->totalSizeHint().height();
  if (widget()->minimumHeight() != height) widget()->setMinimumHeight(height);
}

void ScrollColumn::resizeEvent(QResizeEvent* event) {
  QScrollArea::resizeEvent(event);
  measure();
}

bool ScrollColumn::eventFilter(QObject* watched, QEvent* event) {
  const bool answer = QScrollArea::eventFilter(watched, event);
  if (watched == widget() && event->type() == QEvent::LayoutRequest) measure();
  return answer;
}

} // namespace loom
