// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/visible_text.h"
#include "core/base/characters.h"
#include <algorithm>

namespace loom {
namespace {

QString shown(const QString& text, bool lines) {
  const auto plain = [](QChar c) { return c.unicode() >= 0x20 && c.unicode() < 0x7f; };
  if (std::all_of(text.begin(), text.end(), plain)) return text; // nearly all are
  QString all;
  all.reserve(text.size());
  char32_t before = 0;
  for (qsizetype at = 0; at < text.size(); ++at) {
    char32_t point = text[at].unicode();
    if (text[at].isHighSurrogate() && at + 1 < text.size() && text[at + 1].isLowSurrogate()) {
      point = QChar::surrogateToUcs4(text[at], text[at + 1]);
      ++at;
    }
    const bool alone = point >= 0xd800 && point < 0xe000; // half of a character
    const bool hidden = alone || isHidden(point, before);
    if (lines && point == '\n')
      all += u'\n';
    else if (hidden)
      all += QString::fromStdString(escapeOf(point));
    else
      all += QString::fromUcs4(&point, 1);
    before = hidden ? 0 : point;
  }
  return all;
}

} // namespace

QString visible(const QString& text) { return shown(text, false); }

QString visibleLines(const QString& text) { return shown(text, true); }

QString toLabel(const QString& name) { return visible(name).replace(u'&', QStringLiteral("&&")); }

QString fromLabel(const QString& text) {
  QString words;
  for (qsizetype at = 0; at < text.size(); ++at) {
    if (text[at] == u'&' && ++at == text.size()) break;
    words += text[at];
  }
  return visible(words);
}

} // namespace loom
