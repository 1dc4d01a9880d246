// SPDX-License-Identifier: GPL-3.0-or-later
// Everything a painter needs, in one place: colours, type, icons, measures. The application's LoomStyle owns
// the one Look; widgets take it with lookOf(this) at each paint and keep nothing of it beyond a
// QEvent::StyleChange, which comes when the person changes theme or text size. GUI thread only.
#pragma once
#include "app/studio/theme/fonts.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/theme.h"
#include <QWidget>

namespace loom {

struct LookOptions {
  bool dark = false;
  int textSize = 13;  // 12, 13, 14, 16
  int rowHeight = 28; // 24, 28, 32 at text size 13
  bool reduceMotion = false;
  bool operator==(const LookOptions&) const = default;
};

struct Look {
  LookOptions options;
  const Theme* colours = nullptr; // lightTheme() or darkTheme()
  Fonts fonts;
  Icons icons;
  double scale = 1; // text size / 13

  const Theme& theme() const { return *colours; }
  const QColor& operator[](Token token) const { return (*colours)[token]; }
  int px(double units) const { return qRound(units * scale); } // rows, fields, icons; never lines or radii
  int row() const { return px(options.rowHeight); }
};

const Look& lookOf(const QWidget* widget);

} // namespace loom
