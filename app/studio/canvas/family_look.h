// SPDX-License-Identifier: GPL-3.0-or-later
// The colour and the icon of a family of layers, wherever a layer is shown. The colours stand in the theme,
// which knows no layer, in the order of Family.
#pragma once
#include "app/studio/theme/theme.h"
#include "core/layers/layer_spec.h"

namespace loom {

const QColor& familyColour(const Theme& theme, Family family);
const char* familyIcon(Family family); // "f-conv"

} // namespace loom
