// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/roles.h"
#include <QVariant>

namespace loom {
namespace {

constexpr const char* roleKey = "loomRole";
constexpr const char* sizeKey = "loomSize";
constexpr const char* markKey = "loomMark";

template<class Value> Value read(const QWidget* widget, const char* key, Value otherwise) {
  const QVariant value = widget ? widget->property(key) : QVariant();
  return value.isValid() ? Value(value.toInt()) : otherwise;
}

template<class Value> void write(QWidget* widget, const char* key, Value value) {
  if (read(widget, key, Value{}) == value && widget->property(key).isValid()) return;
  widget->setProperty(key, int(value));
  widget->updateGeometry();
  widget->update();
}

} // namespace

void setRole(QWidget* button, ButtonRole role) { write(button, roleKey, role); }
void setSize(QWidget* control, ControlSize size) { write(control, sizeKey, size); }
void setMark(QWidget* field, FieldMark mark) { write(field, markKey, mark); }

ButtonRole roleOf(const QWidget* button) {
  const bool tool = button && button->inherits("QToolButton");
  return read(button, roleKey, tool ? ButtonRole::icon : ButtonRole::plain);
}

ControlSize sizeOf(const QWidget* control) { return read(control, sizeKey, ControlSize::normal); }
FieldMark markOf(const QWidget* field) { return read(field, markKey, FieldMark::plain); }

void setGround(QWidget* widget, Ground ground) {
  widget->setBackgroundRole(ground == Ground::window    ? QPalette::Window
                            : ground == Ground::surface ? QPalette::AlternateBase
                                                        : QPalette::Base);
  widget->setAutoFillBackground(true);
}

} // namespace loom
