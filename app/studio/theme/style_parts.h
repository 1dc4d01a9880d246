// SPDX-License-Identifier: GPL-3.0-or-later
// LoomStyle's insides: each function draws or measures one control from its style option, so that
// loom_style.cpp is a table and each kind of control is one file. No one else includes this.
#pragma once
#include "app/studio/theme/look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include <QStyle>
#include <QStyleOption>

namespace loom {

struct StyleCall {
  const Look& look;
  const QStyle& style;
  QPainter& painter;
  const QWidget* widget; // may be null
};

inline bool isOn(const QStyleOption& option, QStyle::StateFlag flag) { return option.state.testFlag(flag); }
inline bool isEnabled(const QStyleOption& option) { return isOn(option, QStyle::State_Enabled); }
inline bool isHovered(const QStyleOption& option) {
  return isEnabled(option) && isOn(option, QStyle::State_MouseOver);
}
inline bool isPressed(const QStyleOption& option) { return isOn(option, QStyle::State_Sunken); }
bool isCodeOrProse(const QWidget* widget);
bool isInCombo(const QWidget* widget);                      // the list that a combo box opens
int controlHeight(const Look& look, const QWidget* widget); // 28, 24, 36, scaled

// style_buttons.cpp
void drawPushButton(const StyleCall& call, const QStyleOptionButton& option);
void drawToolButton(const StyleCall& call, const QStyleOptionToolButton& option);
void drawCheck(const StyleCall& call, const QStyleOption& option, bool hovered);
void drawRadio(const StyleCall& call, const QStyleOption& option, bool hovered);
QSize pushButtonSize(const Look& look, const QStyleOptionButton& option, const QWidget* widget);
QSize toolButtonSize(const Look& look, const QStyleOptionToolButton& option, const QWidget* widget);

// style_fields.cpp
void drawFieldFrame(const StyleCall& call, const QStyleOption& option);
void drawComboBox(const StyleCall& call, const QStyleOptionComboBox& option);
void drawComboLabel(const StyleCall& call, const QStyleOptionComboBox& option);
void drawSpinBox(const StyleCall& call, const QStyleOptionSpinBox& option);
void drawSlider(const StyleCall& call, const QStyleOptionSlider& option);
QRect comboRect(const Look& look, const QStyleOptionComboBox& option, QStyle::SubControl part);
QRect spinRect(const Look& look, const QStyleOptionSpinBox& option, QStyle::SubControl part);

// style_views.cpp
void drawRow(const StyleCall& call, const QStyleOptionViewItem& option);
void drawHeaderSection(const StyleCall& call, const QStyleOptionHeader& option);
void drawHeaderLabel(const StyleCall& call, const QStyleOptionHeader& option);
void drawTab(const StyleCall& call, const QStyleOptionTab& option);
void drawBranch(const StyleCall& call, const QStyleOption& option);
void drawDockTitle(const StyleCall& call, const QStyleOptionDockWidget& option);

// style_menus.cpp
void drawMenuPanel(const StyleCall& call, const QRect& area);
void drawMenuItem(const StyleCall& call, const QStyleOptionMenuItem& option);
void drawMenuBarItem(const StyleCall& call, const QStyleOptionMenuItem& option);
QSize menuItemSize(const Look& look, const QStyleOptionMenuItem& option, const QSize& contents);

// style_bars.cpp
void drawScrollBar(const StyleCall& call, const QStyleOptionSlider& option);
QRect scrollBarRect(const Look& look, const QStyleOptionSlider& option, QStyle::SubControl part);
void drawSplitter(const StyleCall& call, const QStyleOption& option);
void drawProgressBar(const StyleCall& call, const QStyleOptionProgressBar& option);

} // namespace loom
