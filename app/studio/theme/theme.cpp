// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/theme.h"
#include <QList>

namespace loom {
namespace {

struct TokenRow {
  Token token;
  const char* name;
  QRgb light, dark;
};

constexpr TokenRow tokens[] = {
    {Token::window, "window", 0xECEBE7, 0x171716},
    {Token::surface, "surface", 0xF8F7F5, 0x1E1E1C},
    {Token::raised, "raised", 0xFFFFFF, 0x292926},
    {Token::sunken, "sunken", 0xE1DFDA, 0x111110},
    {Token::hover, "hover", 0xEFEDE8, 0x282825},
    {Token::fill, "fill", 0xE1DFDA, 0x363531},
    {Token::canvas, "canvas", 0xF3F2EF, 0x1A1A18},
    {Token::warp, "warp", 0xE4E2DD, 0x242422},
    {Token::line, "line", 0xD8D5CE, 0x3A3935},
    {Token::lineStrong, "line-strong", 0x858178, 0x7F7B73},
    {Token::text, "text", 0x1F1E1B, 0xE9E7E2},
    {Token::text2, "text-2", 0x575349, 0xB0ACA3},
    {Token::textOff, "text-off", 0x8B877E, 0x77736B},
    {Token::accent, "accent", 0x2A54A6, 0x8FB2F6},
    {Token::accentHover, "accent-hover", 0x21448A, 0xA9C4F9},
    {Token::onAccent, "on-accent", 0xFFFFFF, 0x10203F},
    {Token::accentSoft, "accent-soft", 0xDFE7F6, 0x253453},
    {Token::focus, "focus", 0x2A54A6, 0x8FB2F6},
    {Token::ok, "ok", 0x1C7344, 0x62C68D},
    {Token::okSoft, "ok-soft", 0xDCEFE2, 0x1B3526},
    {Token::warn, "warn", 0x875200, 0xE2AE4E},
    {Token::warnSoft, "warn-soft", 0xF9EACB, 0x3B2F16},
    {Token::error, "error", 0xB02A20, 0xF48B80},
    {Token::errorSoft, "error-soft", 0xFAE2DF, 0x452420},
    {Token::onError, "on-error", 0xFFFFFF, 0x3A0D08},
};
static_assert(std::size(tokens) == tokenCount);

struct Pair {
  QRgb light, dark;
};

constexpr Pair seriesTable[seriesCount] = {{0x2456D6, 0x4A90F7}, {0x8F3A0B, 0xEE6A34}, {0x06594B, 0x5FE8BE},
                                           {0xD4378F, 0xD65BA8}, {0xA87A08, 0xF2C04A}, {0x5B3196, 0xC4A8EF},
                                           {0x1B90BE, 0xB8ECF7}, {0x8A8478, 0x88827A}};

// Input, linear, convolution, pooling, normalisation, activation, merge, reshape (as input), loss, block.
constexpr Pair familyTable[familyCount] = {{0x575349, 0xB0ACA3}, {0x2456D6, 0x4A90F7}, {0x0B7A69, 0x3FC9AC},
                                           {0x1B90BE, 0x7FD3EE}, {0x94700A, 0xE0B545}, {0xBF520C, 0xF08A4C},
                                           {0x6B4BB8, 0xC4A8EF}, {0x575349, 0xB0ACA3}, {0xB5307F, 0xEE7FBD},
                                           {0x7A4F2A, 0xC79A6E}};

constexpr Pair seqTable[mapSteps] = {{0xF3F2EF, 0x1A1A18}, {0xD3DEF3, 0x22304D}, {0xA5BEE9, 0x2F4A80},
                                     {0x6F97DB, 0x3B5FA6}, {0x3F6FC4, 0x6C98E6}, {0x234A92, 0xB3CDFB}};
constexpr Pair wrongTable[mapSteps] = {{0xF3F2EF, 0x1A1A18}, {0xFBE3CF, 0x3D2A18}, {0xF3BF94, 0x6A431D},
                                       {0xE4935A, 0x8F5017}, {0xB85A0A, 0xDE8A3F}, {0x853C00, 0xFBC58F}};
constexpr Pair onDeepSteps = {0xFFFFFF, 0x10203F}; // steps 4 and 5; text before

Theme build(bool dark) {
  const auto pick = [dark](QRgb light, QRgb night) { return QColor::fromRgb(dark ? night : light); };
  Theme theme;
  theme.dark = dark;
  for (const TokenRow& row : tokens) theme.token[std::size_t(row.token)] = pick(row.light, row.dark);
  for (std::size_t i = 0; i < seriesCount; ++i)
    theme.series[i] = pick(seriesTable[i].light, seriesTable[i].dark);
  for (std::size_t i = 0; i < familyCount; ++i)
    theme.families[i] = pick(familyTable[i].light, familyTable[i].dark);
  for (std::size_t i = 0; i < mapSteps; ++i) {
    theme.seq[i] = pick(seqTable[i].light, seqTable[i].dark);
    theme.wrong[i] = pick(wrongTable[i].light, wrongTable[i].dark);
    theme.onMap[i] = i < 4 ? theme[Token::text] : pick(onDeepSteps.light, onDeepSteps.dark);
  }
  return theme;
}

} // namespace

const Theme& lightTheme() {
  static const Theme theme = build(false);
  return theme;
}

const Theme& darkTheme() {
  static const Theme theme = build(true);
  return theme;
}

std::string_view tokenName(Token token) { return tokens[std::size_t(token)].name; }

QPalette paletteOf(const Theme& theme) {
  QPalette palette;
  const auto set = [&](QPalette::ColorRole role, Token token) { palette.setColor(role, theme[token]); };
  set(QPalette::Window, Token::window);
  set(QPalette::WindowText, Token::text);
  set(QPalette::Text, Token::text);
  set(QPalette::ButtonText, Token::text);
  set(QPalette::BrightText, Token::onAccent);
  set(QPalette::Base, Token::raised);
  set(QPalette::AlternateBase, Token::surface);
  set(QPalette::Button, Token::raised);
  set(QPalette::Mid, Token::line);
  set(QPalette::Midlight, Token::line);
  set(QPalette::Dark, Token::lineStrong);
  set(QPalette::Shadow, Token::lineStrong);
  set(QPalette::Light, Token::raised);
  set(QPalette::Highlight, Token::accentSoft);
  set(QPalette::HighlightedText, Token::text);
  set(QPalette::Link, Token::accent);
  set(QPalette::LinkVisited, Token::accent);
  set(QPalette::PlaceholderText, Token::text2);
  set(QPalette::ToolTipBase, Token::text);
  set(QPalette::ToolTipText, Token::surface);
  palette.setColor(QPalette::Inactive, QPalette::Highlight, theme[Token::fill]);
  for (const auto role :
       {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText})
    palette.setColor(QPalette::Disabled, role, theme[Token::textOff]);
  palette.setColor(QPalette::Disabled, QPalette::HighlightedText, theme[Token::textOff]);
  palette.setColor(QPalette::Disabled, QPalette::Highlight, theme[Token::fill]);
  return palette;
}

QList<qreal> seriesDash(int index) {
  if (index >= seriesCount) return {2, 3};
  return index >= 4 ? QList<qreal>{8, 3} : QList<qreal>{};
}

QColor withAlpha(const QColor& colour, double opacity) {
  QColor faint = colour;
  faint.setAlphaF(float(opacity));
  return faint;
}

} // namespace loom
