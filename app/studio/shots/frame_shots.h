// SPDX-License-Identifier: GPL-3.0-or-later
// Shots of the frame's own pages: Welcome, Settings, the command palette, empty states.
#pragma once
#include "app/studio/shots/stage.h"

namespace loom {

std::vector<Shot> frameShots();

} // namespace loom
