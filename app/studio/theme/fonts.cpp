// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/fonts.h"
#include <QFontDatabase>
#include <cmath>

namespace loom {
namespace {

const QStringList sans = {"Neuroloom Sans", "Inter", "Noto Sans", "DejaVu Sans"};
const QStringList mono = {"Neuroloom Mono", "JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"};

struct TypeRow {
  Type type;
  int pixels, line;
  QFont::Weight weight;
  bool mono = false;
};

constexpr TypeRow types[] = {
    {Type::body, 13, 20, QFont::Normal},
    {Type::bodyMedium, 13, 20, QFont::Medium},
    {Type::bodyStrong, 13, 20, QFont::DemiBold},
    {Type::small, 12, 16, QFont::Normal},
    {Type::smallMedium, 12, 16, QFont::Medium},
    {Type::smallStrong, 12, 16, QFont::DemiBold},
    {Type::caption, 11, 16, QFont::Medium},
    {Type::captionPlain, 11, 16, QFont::Normal},
    {Type::captionStrong, 11, 16, QFont::DemiBold},
    {Type::heading, 15, 24, QFont::DemiBold},
    {Type::title, 20, 28, QFont::DemiBold},
    {Type::titlePlain, 20, 28, QFont::Normal},
    {Type::display, 28, 32, QFont::DemiBold},
    {Type::mono, 12, 16, QFont::Normal, true},
};
static_assert(std::size(types) == typeCount);

QFont make(const QStringList& families, double pixels, QFont::Weight weight, int textSize) {
  QFont font;
  font.setFamilies(families);
  font.setPixelSize(int(std::lround(pixels * textSize / 13.0)));
  font.setWeight(weight);
  // The same picture on every machine: no colour fringes, and letters stand where their widths say.
  font.setStyleStrategy(QFont::StyleStrategy(QFont::PreferAntialias | QFont::NoSubpixelAntialias));
  font.setHintingPreference(QFont::PreferNoHinting);
  return font;
}

} // namespace

Fonts makeFonts(int textSize) {
  Fonts fonts;
  for (const TypeRow& row : types)
    fonts.role[std::size_t(row.type)] = make(row.mono ? mono : sans, row.pixels, row.weight, textSize);
  return fonts;
}

int lineHeight(Type type) { return types[std::size_t(type)].line; }

QString loadShippedFonts() {
  for (const char* file : {":/fonts/NeuroloomSans-Regular.otf", ":/fonts/NeuroloomSans-Medium.otf",
                           ":/fonts/NeuroloomSans-SemiBold.otf", ":/fonts/NeuroloomMono-Regular.ttf"})
    if (QFontDatabase::addApplicationFont(QString::fromLatin1(file)) < 0) return QString::fromLatin1(file);
  return {};
}

} // namespace loom
