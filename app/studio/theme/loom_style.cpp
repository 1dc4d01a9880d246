// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/focus_ring.h"
#include "app/studio/theme/style_parts.h"
#include "app/studio/theme/visible_text.h"
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
  // A widget may make its parts anew when the style changes: those that were listed may be gone.
  QList<QPointer<QWidget>> widgets;
  for (QWidget* widget : QApplication::allWidgets()) widgets << widget;
  for (const auto& widget : widgets) polish(widget);
  for (const auto& widget : widgets) {
    if (!widget) continue;
    QEvent change(QEvent::StyleChange);
    QCoreApplication::sendEvent(widget, &change);
    if (!widget) continue;
    widget->updateGeometry();
    widget->update();
  }
}

void LoomStyle::polish(QWidget* widget) {
  QProxyStyle::polish(widget);
  // Names come from files: a text that looks like HTML is not, and must not open files. Tool tips are labels.
  if (auto* label = qobject_cast<QLabel*>(widget)) label->setTextFormat(Qt::PlainText);
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

void LoomStyle::drawItemText(QPainter* painter, const QRect& area, int flags, const QPalette& palette,
                             bool enabled, const QString& text, QPalette::ColorRole role) const {
  QProxyStyle::drawItemText(painter, area, flags, palette, enabled, visibleLines(text), role);
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
  case CE_ItemViewItem:
    if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option)) {
      QStyleOptionViewItem shown = *item;
      shown.text = visible(item->text);
      return QProxyStyle::drawControl(element, &shown, painter, widget);
    }
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
