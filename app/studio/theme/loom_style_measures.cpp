// SPDX-License-Identifier: GPL-3.0-or-later
// How large things are: the measures of LoomStyle. What it paints stands in loom_style.cpp.
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/style_parts.h"
#include "app/studio/theme/visible_text.h"
#include <QtWidgets>

namespace loom {
namespace {

void cutCorners(const QRect& area, int radius, QStyleHintReturnMask& mask) {
  QBitmap shape(area.size());
  shape.clear();
  QPainter painter(&shape);
  painter.setBrush(Qt::color1);
  painter.setPen(Qt::color1);
  painter.drawRoundedRect(QRect(QPoint(), area.size()).adjusted(0, 0, -1, -1), radius - 1, radius - 1);
  painter.end();
  mask.region = QRegion(shape).translated(area.topLeft());
}

} // namespace

bool isInCombo(const QWidget* widget) {
  return widget && widget->parentWidget() && widget->parentWidget()->inherits("QComboBoxPrivateContainer");
}

bool isCodeOrProse(const QWidget* widget) {
  return qobject_cast<const QTextEdit*>(widget) || qobject_cast<const QPlainTextEdit*>(widget);
}

int LoomStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
  switch (metric) {
  case PM_DefaultFrameWidth:
    return isCodeOrProse(widget) ? 3 : isInCombo(widget) ? 0 : 1;
  case PM_ComboBoxFrameWidth:
  case PM_SpinBoxFrameWidth:
    return 1;
  case PM_ButtonMargin:
    return look_.px(12);
  case PM_ButtonShiftHorizontal:
  case PM_ButtonShiftVertical:
  case PM_MenuBarPanelWidth:
  case PM_MenuBarVMargin:
  case PM_MenuBarItemSpacing:
  case PM_MenuHMargin:
  case PM_ScrollView_ScrollBarSpacing:
  case PM_ScrollView_ScrollBarOverlap:
  case PM_TabBarBaseOverlap:
  case PM_TabBarTabShiftHorizontal:
  case PM_TabBarTabShiftVertical:
    return 0;
  case PM_MenuBarHMargin:
    return look_.px(8);
  case PM_MenuPanelWidth:
    return 1;
  case PM_MenuVMargin:
    return look_.px(4);
  case PM_ToolTipLabelFrameWidth:
    return look_.px(5);
  case PM_IndicatorWidth:
  case PM_IndicatorHeight:
  case PM_ExclusiveIndicatorWidth:
  case PM_ExclusiveIndicatorHeight:
    return look_.px(16);
  case PM_CheckBoxLabelSpacing:
  case PM_RadioButtonLabelSpacing:
    return look_.px(8);
  case PM_ScrollBarExtent:
    return 10;
  case PM_ScrollBarSliderMin:
    return look_.px(28);
  case PM_SliderThickness:
  case PM_SliderLength:
  case PM_SliderControlThickness:
    return look_.px(20);
  case PM_SplitterWidth:
  case PM_DockWidgetSeparatorExtent:
    return 1;
  case PM_SmallIconSize:
  case PM_ButtonIconSize:
  case PM_ListViewIconSize:
  case PM_TabBarIconSize:
  case PM_ToolBarIconSize:
    return look_.px(16);
  case PM_HeaderMargin:
    return look_.px(8);
  case PM_HeaderMarkSize:
    return look_.px(12);
  case PM_TreeViewIndentation:
    return look_.px(16);
  case PM_FocusFrameHMargin:
  case PM_FocusFrameVMargin:
    return 3;
  case PM_LayoutHorizontalSpacing:
  case PM_LayoutVerticalSpacing:
    return look_.px(8);
  case PM_LayoutLeftMargin:
  case PM_LayoutTopMargin:
  case PM_LayoutRightMargin:
  case PM_LayoutBottomMargin:
    return look_.px(16);
  case PM_TextCursorWidth:
    return 1;
  default:
    return QProxyStyle::pixelMetric(metric, option, widget);
  }
}

int LoomStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                         QStyleHintReturn* data) const {
  switch (hint) {
  case SH_UnderlineShortcut:
  case SH_ComboBox_Popup:
  case SH_EtchDisabledText:
  case SH_DitherDisabledText:
  case SH_DialogButtonBox_ButtonsHaveIcons:
  case SH_ItemView_ShowDecorationSelected:
  case SH_Menu_SupportsSections:
  case SH_Widget_Animate:
  case SH_Widget_Animation_Duration:
  case SH_ItemView_ChangeHighlightOnFocus:
  case SH_TabBar_PreferNoArrows:
    return hint == SH_ItemView_ShowDecorationSelected ? 1 : 0;
  case SH_ComboBox_PopupFrameStyle:
    return int(QFrame::StyledPanel) | int(QFrame::Plain);
  case SH_ToolTipLabel_Opacity:
    return 255;
  case SH_ScrollBar_LeftClickAbsolutePosition:
  case SH_Slider_AbsoluteSetButtons:
    return hint == SH_Slider_AbsoluteSetButtons ? int(Qt::LeftButton) : 0;
  case SH_FocusFrame_AboveWidget:
  case SH_MenuBar_MouseTracking:
  case SH_Menu_MouseTracking:
  case SH_ComboBox_ListMouseTracking:
    return 1;
  case SH_ToolTip_WakeUpDelay:
    return 500;
  case SH_Menu_Mask:
  case SH_ToolTip_Mask:
    if (auto* mask = qstyleoption_cast<QStyleHintReturnMask*>(data); mask && option) {
      cutCorners(option->rect, hint == SH_Menu_Mask ? 6 : 4, *mask);
      return 1;
    }
    return 0;
  default:
    return QProxyStyle::styleHint(hint, option, widget, data);
  }
}

QSize LoomStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                  const QWidget* widget) const {
  const int height = controlHeight(look_, widget);
  switch (type) {
  case CT_PushButton:
    if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option))
      return pushButtonSize(look_, *button, widget);
    break;
  case CT_ToolButton:
    if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option))
      return toolButtonSize(look_, *button, widget);
    break;
  case CT_LineEdit:
    return {contents.width() + look_.px(12), height};
  case CT_ComboBox:
    return {contents.width() + look_.px(8 + 24), height};
  case CT_SpinBox:
    return {contents.width() + look_.px(6 + 20), height};
  case CT_CheckBox:
  case CT_RadioButton: {
    const QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
    return {size.width(), std::max(size.height(), look_.px(20))};
  }
  case CT_MenuItem:
    if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option))
      return menuItemSize(look_, *item, contents);
    break;
  case CT_MenuBarItem:
    return {contents.width() + look_.px(16), look_.px(28)};
  case CT_TabBarTab:
    if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option))
      return {QFontMetrics(look_.fonts[Type::bodyMedium]).horizontalAdvance(fromLabel(tab->text)) +
                  look_.px(16),
              look_.px(32)};
    break;
  case CT_HeaderSection: {
    const QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
    return {size.width() + look_.px(4), look_.px(28)};
  }
  case CT_ItemViewItem: {
    const QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
    return {size.width(), std::max(size.height(), look_.row())};
  }
  case CT_ProgressBar:
    return {contents.width(), look_.px(8)};
  default:
    break;
  }
  return QProxyStyle::sizeFromContents(type, option, contents, widget);
}

// Those of Qt's own dialogs: of files, above all.
QIcon LoomStyle::standardIcon(StandardPixmap which, const QStyleOption* option, const QWidget* widget) const {
  struct Row {
    StandardPixmap which;
    const char* icon;
  };
  static constexpr Row rows[] = {{SP_ArrowBack, "chevron-left"},
                                 {SP_ArrowLeft, "chevron-left"},
                                 {SP_FileDialogBack, "chevron-left"},
                                 {SP_ArrowForward, "chevron-right"},
                                 {SP_ArrowRight, "chevron-right"},
                                 {SP_FileDialogToParent, "chevron-up"},
                                 {SP_ArrowUp, "chevron-up"},
                                 {SP_ArrowDown, "chevron-down"},
                                 {SP_FileDialogNewFolder, "folder-new"},
                                 {SP_FileDialogListView, "grid"},
                                 {SP_FileDialogDetailedView, "table"},
                                 {SP_DirIcon, "folder"},
                                 {SP_DirOpenIcon, "folder"},
                                 {SP_DirClosedIcon, "folder"},
                                 {SP_DirLinkIcon, "folder"},
                                 {SP_DirHomeIcon, "welcome"},
                                 {SP_DesktopIcon, "chip"},
                                 {SP_ComputerIcon, "chip"},
                                 {SP_DriveHDIcon, "data"},
                                 {SP_FileIcon, "log"},
                                 {SP_FileLinkIcon, "log"},
                                 {SP_BrowserReload, "refresh"},
                                 {SP_TrashIcon, "delete"}};
  for (const Row& row : rows)
    if (row.which == which) return icon(QString::fromLatin1(row.icon));
  return QProxyStyle::standardIcon(which, option, widget);
}

QRect LoomStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
  if (element == SE_LineEditContents) {
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    return frame && frame->lineWidth == 0 ? option->rect
                                          : option->rect.adjusted(look_.px(6), 2, -look_.px(6), -2);
  }
  return QProxyStyle::subElementRect(element, option, widget);
}

QRect LoomStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                                const QWidget* widget) const {
  if (control == CC_ComboBox && part != SC_ComboBoxListBoxPopup)
    if (const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option))
      return comboRect(look_, *combo, part);
  if (control == CC_SpinBox)
    if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option))
      return spinRect(look_, *spin, part);
  if (control == CC_ScrollBar)
    if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option))
      return scrollBarRect(look_, *bar, part);
  return QProxyStyle::subControlRect(control, option, part, widget);
}

} // namespace loom
