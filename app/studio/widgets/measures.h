// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes in units of the text size (Look::px) that stay right when a person changes it while the studio runs.
#pragma once
#include "app/studio/theme/look.h"
#include <functional>

class QWidget;

namespace loom {

// Calls `apply` now, and again after each change of theme or text size.
void followLook(QWidget* widget, std::function<void(const Look& look)> apply);

void fixWidth(QWidget* widget, double units);
void fixHeight(QWidget* widget, double units);
void leastWidth(QWidget* widget, double units);
void leastHeight(QWidget* widget, double units);

} // namespace loom
