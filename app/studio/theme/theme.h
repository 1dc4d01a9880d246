// SPDX-License-Identifier: GPL-3.0-or-later
// The colours of Neuroloom as one table a theme, so that painters take a finished QColor by const reference
// and nothing is parsed while painting. The values and their contrast ratios stand in the look's language,
// section 2. A Theme is a value: built once, never changed. Free of threads.
#pragma once
#include <QColor>
#include <QPalette>
#include <array>
#include <string_view>

namespace loom {

enum class Token {
  window,
  surface,
  raised,
  sunken,
  hover,
  fill,
  canvas,
  warp,
  line,
  lineStrong,
  text,
  text2,
  textOff,
  accent,
  accentHover,
  onAccent,
  accentSoft,
  focus,
  ok,
  okSoft,
  warn,
  warnSoft,
  error,
  errorSoft,
  onError
};
inline constexpr int tokenCount = int(Token::onError) + 1;
inline constexpr int seriesCount = 8;
inline constexpr int familyCount = 10; // families of layers
inline constexpr int mapSteps = 6;

struct Theme {
  bool dark = false;
  std::array<QColor, tokenCount> token;
  std::array<QColor, seriesCount> series;   // s1 … s8
  std::array<QColor, familyCount> families; // in the order of core's Family (canvas/family_look.h)
  std::array<QColor, mapSteps> seq, wrong;  // step 0 is the canvas
  std::array<QColor, mapSteps> onMap;       // text on the steps of both maps

  const QColor& operator[](Token name) const { return token[std::size_t(name)]; }
  const QColor& seriesAt(int index) const {
    return series[std::size_t(index % seriesCount)];
  } // a ninth reuses s1, dotted
};

const Theme& lightTheme();
const Theme& darkTheme();
std::string_view tokenName(Token token); // "line-strong", as the language writes it
QPalette paletteOf(const Theme& theme);

// The dash pattern of a series by its index from 0, in units of the pen's width 1: none for s1–s4, 8 3 from
// the fifth on, 2 3 from the ninth.
QList<qreal> seriesDash(int index);

// Parts of a colour: the same colour with so much opacity (0–1).
QColor withAlpha(const QColor& colour, double opacity);

} // namespace loom
