// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/focus_ring.h"
#include "app/studio/theme/style_parts.h"
#include <QtWidgets>

namespace loom {
namespace {

Look makeLook(const LookOptions& options) {
  Look look;
  look.options = options;
  look.colours = options.dark ? &darkTheme() : &lightTheme();
  look.fonts = makeFonts(options.textSize);
  look.scale = options.textSize / 13.0;
  return look;
}

// The fonts that differ from body, by the class that shows them.
struct ClassFont {
  const char* widget;
  Type type;
};
constexpr ClassFont classFonts[] = {{"QPushButton", Type::bodyMedium}, {"QTabBar", Type::bodyMedium},
                                    {"QHeaderView", Type::caption},    {"QTableView", Type::small},
                                    {"QTreeView", Type::small},        {"QTipLabel", Type::small},
                                    {"QGroupBox", Type::bodyStrong}};

void dress(const Look& look) {
  QApplication::setPalette(paletteOf(look.theme()));
  QToolTip::setPalette(paletteOf(look.theme()));
  QApplication::setFont(look.fonts[Type::body]);
  for (const ClassFont& row : classFonts) QApplication::setFont(look.fonts[row.type], row.widget);
  QToolTip::setFont(look.fonts[Type::small]);
}

bool isCodeOrProse(const QWidget* widget) {
  return qobject_cast<const QTextEdit*>(widget) || qobject_cast<const QPlainTextEdit*>(widget);
}

bool isInCombo(const QWidget* widget) {
  return widget && widget->parentWidget() && widget->parentWidget()->inherits("QComboBoxPrivateContainer");
}

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

const Look& lookOf(const QWidget* widget) {
  if (widget)
    if (const auto* style = qobject_cast<const LoomStyle*>(widget->style())) return style->look();
  if (const auto* style = qobject_cast<const LoomStyle*>(QApplication::style())) return style->look();
  static const Look plain = makeLook({}); // a widget shown before install(), as a test may
  return plain;
}

LoomStyle::LoomStyle(const LookOptions& options)
    : QProxyStyle(QStringLiteral("Fusion")), look_(makeLook(options)) {}

LoomStyle* LoomStyle::install(QApplication& application, const LookOptions& options) {
  const QString missing = loadShippedFonts();
  if (!missing.isEmpty())
    qWarning("%s could not be loaded; the system's fonts are used.", qPrintable(missing));
  auto* style = new LoomStyle(options);
  QApplication::setStyle(style);
  dress(style->look_);
  new FocusRing(application);
  return style;
}

void LoomStyle::apply(const LookOptions& options) {
  if (options == look_.options) return;
  look_ = makeLook(options);
  dress(look_);
  const QWidgetList widgets = QApplication::allWidgets();
  for (QWidget* widget : widgets) polish(widget);
  for (QWidget* widget : widgets) {
    QEvent change(QEvent::StyleChange);
    QCoreApplication::sendEvent(widget, &change);
    widget->updateGeometry();
    widget->update();
  }
}

void LoomStyle::polish(QWidget* widget) {
  QProxyStyle::polish(widget);
  if (qobject_cast<QLineEdit*>(widget) || qobject_cast<QAbstractButton*>(widget) ||
      qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractSpinBox*>(widget) ||
      qobject_cast<QHeaderView*>(widget) || qobject_cast<QTabBar*>(widget))
    widget->setAttribute(Qt::WA_Hover);
  if (qobject_cast<QScrollBar*>(widget)) {
    widget->setAttribute(Qt::WA_Hover);
    widget->setAttribute(Qt::WA_OpaquePaintEvent, false); // no track: the ground behind it shows
  }
  if (auto* view = qobject_cast<QAbstractItemView*>(widget)) {
    view->viewport()->setAttribute(Qt::WA_Hover);
    if (!isInCombo(view) && view->viewport()->backgroundRole() == QPalette::Base)
      view->viewport()->setBackgroundRole(QPalette::AlternateBase);
    if (!qobject_cast<QHeaderView*>(widget)) view->setFrameShape(QFrame::NoFrame);
    if (auto* table = qobject_cast<QTableView*>(widget)) {
      table->setShowGrid(false);
      table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
      table->horizontalHeader()->setHighlightSections(false);
      table->verticalHeader()->setDefaultSectionSize(look_.row());
      table->verticalHeader()->setMinimumSectionSize(look_.px(20));
    }
  }
  if (auto* area = qobject_cast<QScrollArea*>(widget)) area->setFrameShape(QFrame::NoFrame);
  if (sizeOf(widget) == ControlSize::small &&
      (qobject_cast<QLineEdit*>(widget) || qobject_cast<QComboBox*>(widget)))
    widget->setFont(look_.fonts[Type::small]);
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
      return {QFontMetrics(look_.fonts[Type::bodyMedium]).horizontalAdvance(QString(tab->text).remove(u'&')) +
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

void LoomStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
  const StyleCall call{look_, *this, *painter, widget};
  switch (element) {
  case PE_FrameFocusRect:
  case PE_FrameTabWidget:
  case PE_FrameStatusBarItem:
  case PE_PanelStatusBar:
  case PE_PanelMenuBar:
  case PE_FrameGroupBox:
  case PE_IndicatorTabClose:
  case PE_PanelItemViewRow:
  case PE_IndicatorHeaderArrow:
  case PE_FrameButtonTool:
    return;
  case PE_PanelLineEdit:
  case PE_FrameLineEdit:
    if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        frame && frame->lineWidth == 0)
      return;
    return drawFieldFrame(call, *option);
  case PE_IndicatorCheckBox:
  case PE_IndicatorItemViewItemCheck:
    return drawCheck(call, *option, isHovered(*option));
  case PE_IndicatorRadioButton:
    return drawRadio(call, *option, isHovered(*option));
  case PE_PanelItemViewItem:
    if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option))
      return drawRow(call, *item);
    break;
  case PE_IndicatorBranch:
    return drawBranch(call, *option);
  case PE_PanelMenu:
    return drawMenuPanel(call, option->rect);
  case PE_FrameMenu:
    return paintBox(*painter, option->rect, {.border = look_[Token::lineStrong], .radius = 6});
  case PE_PanelTipLabel:
    painter->fillRect(option->rect, look_[Token::text]);
    return;
  case PE_Frame:
    if (isCodeOrProse(widget)) return drawFieldFrame(call, *option);
    return paintBox(*painter, option->rect, {.border = look_[Token::line]});
  case PE_FrameTabBarBase:
    return paintHorizontalLine(*painter, option->rect.left(), option->rect.right() + 1, option->rect.bottom(),
                               look_[Token::line]);
  case PE_IndicatorDockWidgetResizeHandle:
    return drawSplitter(call, *option);
  default:
    break;
  }
  QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void LoomStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                            const QWidget* widget) const {
  const StyleCall call{look_, *this, *painter, widget};
  switch (element) {
  case CE_PushButton:
    if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option))
      return drawPushButton(call, *button);
    break;
  case CE_ComboBoxLabel:
    if (const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option))
      return drawComboLabel(call, *combo);
    break;
  case CE_MenuItem:
    if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option))
      return drawMenuItem(call, *item);
    break;
  case CE_MenuBarItem:
    if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option))
      return drawMenuBarItem(call, *item);
    break;
  case CE_MenuBarEmptyArea:
  case CE_MenuEmptyArea:
  case CE_MenuHMargin:
  case CE_MenuVMargin:
  case CE_TabBarTabShape:
  case CE_ToolBar:
    return;
  case CE_Header:
    // Qt asks its own style, not this one, where the label lies: it would leave out the margins twice.
    if (const auto* head = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
      drawHeaderSection(call, *head);
      return drawHeaderLabel(call, *head);
    }
    break;
  case CE_HeaderSection:
    if (const auto* head = qstyleoption_cast<const QStyleOptionHeader*>(option))
      return drawHeaderSection(call, *head);
    break;
  case CE_HeaderLabel:
    if (const auto* head = qstyleoption_cast<const QStyleOptionHeader*>(option))
      return drawHeaderLabel(call, *head);
    break;
  case CE_HeaderEmptyArea: {
    QStyleOptionHeader empty;
    empty.rect = option->rect;
    return drawHeaderSection(call, empty);
  }
  case CE_TabBarTabLabel:
    if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) return drawTab(call, *tab);
    break;
  case CE_Splitter:
    return drawSplitter(call, *option);
  case CE_DockWidgetTitle:
    if (const auto* dock = qstyleoption_cast<const QStyleOptionDockWidget*>(option))
      return drawDockTitle(call, *dock);
    break;
  case CE_ProgressBar:
    if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option))
      return drawProgressBar(call, *bar);
    break;
  case CE_FocusFrame:
    return paintFocusRing(*painter, QRectF(option->rect).adjusted(3, 3, -3, -3), look_);
  case CE_ShapedFrame:
    if (isInCombo(widget) || (widget && widget->inherits("QComboBoxPrivateContainer")))
      return paintBox(*painter, option->rect,
                      {.ground = look_[Token::raised], .border = look_[Token::lineStrong]});
    break;
  default:
    break;
  }
  QProxyStyle::drawControl(element, option, painter, widget);
}

void LoomStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                   QPainter* painter, const QWidget* widget) const {
  const StyleCall call{look_, *this, *painter, widget};
  switch (control) {
  case CC_ComboBox:
    if (const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option))
      return drawComboBox(call, *combo);
    break;
  case CC_SpinBox:
    if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option))
      return drawSpinBox(call, *spin);
    break;
  case CC_ScrollBar:
    if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option))
      return drawScrollBar(call, *bar);
    break;
  case CC_Slider:
    if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option))
      return drawSlider(call, *slider);
    break;
  case CC_ToolButton:
    if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option))
      return drawToolButton(call, *button);
    break;
  default:
    break;
  }
  QProxyStyle::drawComplexControl(control, option, painter, widget);
}

} // namespace loom
