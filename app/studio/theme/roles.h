// SPDX-License-Identifier: GPL-3.0-or-later
// What a plain Qt control is meant to be. Pages use QPushButton, QLineEdit, QComboBox … as they are and say
// their role; LoomStyle reads it. A role may change at any time.
#pragma once
#include <QWidget>

namespace loom {

enum class ButtonRole {
  plain,
  primary,
  ghost,
  danger,
  icon,
  link
};                                                // QToolButton is icon by itself; link: words in accent
enum class ControlSize { normal, small, large };  // 28, 24, 36 high
enum class FieldMark { plain, automatic, wrong }; // border: solid; dashed; 2 px error

void setRole(QWidget* button, ButtonRole role);
void setSize(QWidget* control, ControlSize size);
void setMark(QWidget* field, FieldMark mark);
ButtonRole roleOf(const QWidget* button);
ControlSize sizeOf(const QWidget* control);
FieldMark markOf(const QWidget* field);

// The ground a widget fills itself with.
enum class Ground { window, surface, raised };
void setGround(QWidget* widget, Ground ground);

} // namespace loom
