// SPDX-License-Identifier: GPL-3.0-or-later
// The roles of type, made once for a text size, so that no painter builds a QFont of its own. Sizes are in
// pixels and scale with the person's text size (12, 13, 14, 16) by size/13.
#pragma once
#include <QFont>
#include <QString>
#include <array>

namespace loom {

enum class Type {
  body,          // 13: fields, menus, messages
  bodyMedium,    // 13, 500: buttons
  bodyStrong,    // 13, 600: heads of groups, titles of charts
  small,         // 12: tables, form labels, second lines
  smallMedium,   // 12, 500
  smallStrong,   // 12, 600: titles of docks and nodes
  caption,       // 11, 500: column heads, group heads, rail, chips, keys
  captionPlain,  // 11: text of axes and edges
  captionStrong, // 11, 600
  heading,       // 15, 600: page title, title of an empty state
  title,         // 20, 600: one fact in a run's head
  titlePlain,    // 20: further facts beside it
  display,       // 28, 600: one number a page
  mono           // 12: code, filters, paths
};
inline constexpr int typeCount = int(Type::mono) + 1;

struct Fonts {
  std::array<QFont, typeCount> role;
  const QFont& operator[](Type type) const { return role[std::size_t(type)]; }
};
int lineHeight(Type type); // at text size 13: 20 for body, 16 for small …

Fonts makeFonts(int textSize);
// Makes the shipped families known to Qt. Once a process, after QGuiApplication. Empty when all four were
// taken, else the resource that was not.
QString loadShippedFonts();

} // namespace loom
