// SPDX-License-Identifier: GPL-3.0-or-later
// Names in the window. They come from files that anybody may have written: hidden characters (control
// characters, marks of direction: core/base/characters.h) are shown as escapes, and "&" stays a letter where
// a label would make a mnemonic of it. No text of the window is rich text: LoomStyle makes every QLabel and
// tool tip plain.
#pragma once
#include <QString>

namespace loom {

QString visible(const QString& text);      // on one line: "a\nb" as a\nb, U+202E as \u202e
QString visibleLines(const QString& text); // line ends stay

QString toLabel(const QString& name);   // for the text of a button, a menu or a tab: "&" becomes "&&"
QString fromLabel(const QString& text); // what such a text shows: "&Open" as Open, "A && B" as A & B

} // namespace loom
