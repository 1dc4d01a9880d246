// SPDX-License-Identifier: GPL-3.0-or-later
// Every Qt control in the look of Neuroloom, without style sheets: one proxy over Fusion that draws what the
// language's section 5 names and leaves behaviour to Fusion. Owns the one Look of the application. GUI thread
// only.
#pragma once
#include "app/studio/theme/look.h"
#include <QApplication>
#include <QProxyStyle>

namespace loom {

class LoomStyle : public QProxyStyle {
  Q_OBJECT
 public:
  // Loads the shipped fonts, becomes the application's style (which then owns it), sets palette and fonts.
  static LoomStyle* install(QApplication& application, const LookOptions& options);

  const Look& look() const { return look_; }
  void apply(const LookOptions& options); // every widget gets QEvent::StyleChange

  void polish(QWidget* widget) override;
  using QProxyStyle::polish;
  int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                QStyleHintReturn* data) const override;
  QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                         const QWidget* widget) const override;
  QIcon standardIcon(StandardPixmap which, const QStyleOption* option, const QWidget* widget) const override;
  QRect subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const override;
  QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                       const QWidget* widget) const override;
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
  // Every text that Qt's own controls draw: hidden characters as escapes.
  void drawItemText(QPainter* painter, const QRect& area, int flags, const QPalette& palette, bool enabled,
                    const QString& text, QPalette::ColorRole role) const override;
  void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                   const QWidget* widget) const override;
  void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                          const QWidget* widget) const override;

 private:
  explicit LoomStyle(const LookOptions& options);
  Look look_;
};

} // namespace loom
