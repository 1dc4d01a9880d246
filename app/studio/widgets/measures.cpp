// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/measures.h"
#include <QEvent>
#include <QWidget>

namespace loom {
namespace {

class LookFollower : public QObject {
 public:
  LookFollower(QWidget* widget, std::function<void(const Look& look)> apply)
      : QObject(widget), widget_(widget), apply_(std::move(apply)) {
    widget->installEventFilter(this);
    apply_(lookOf(widget_));
  }
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (watched == widget_ && event->type() == QEvent::StyleChange) apply_(lookOf(widget_));
    return false;
  }

 private:
  QWidget* widget_;
  std::function<void(const Look& look)> apply_;
};

} // namespace

void followLook(QWidget* widget, std::function<void(const Look& look)> apply) {
  new LookFollower(widget, std::move(apply));
}

void fixWidth(QWidget* widget, double units) {
  followLook(widget, [widget, units](const Look& look) { widget->setFixedWidth(look.px(units)); });
}
void fixHeight(QWidget* widget, double units) {
  followLook(widget, [widget, units](const Look& look) { widget->setFixedHeight(look.px(units)); });
}
void leastWidth(QWidget* widget, double units) {
  followLook(widget, [widget, units](const Look& look) { widget->setMinimumWidth(look.px(units)); });
}
void leastHeight(QWidget* widget, double units) {
  followLook(widget, [widget, units](const Look& look) { widget->setMinimumHeight(look.px(units)); });
}

} // namespace loom
