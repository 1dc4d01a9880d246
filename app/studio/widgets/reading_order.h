// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard's way through a page: Tab follows the layouts, not the order in which the widgets were created.
#pragma once
#include <QWidget>

namespace loom {

// Puts everything inside `page` that takes the focus by Tab into the order in which the layouts, scroll areas
// and splitters contain it. Call it again after widgets were added or moved.
void followReadingOrder(QWidget* page);

// Gives `field` the focus, scrolled into view, with its text selected.
void focusField(QWidget* field);

} // namespace loom
