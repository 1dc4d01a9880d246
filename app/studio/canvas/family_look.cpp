// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/family_look.h"

namespace loom {
namespace {

// In the order of Family.
constexpr const char* icons[] = {"f-input", "f-linear", "f-conv",    "f-pool", "f-norm",
                                 "f-act",   "f-merge",  "f-reshape", "f-loss", "f-block"};
static_assert(std::size(icons) == familyCount && familyCount == int(Family::block) + 1);

} // namespace

const QColor& familyColour(const Theme& theme, Family family) { return theme.families[std::size_t(family)]; }

const char* familyIcon(Family family) { return icons[std::size_t(family)]; }

} // namespace loom
