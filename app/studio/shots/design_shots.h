// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of Data and Design in their states, from real networks and real samples.
#pragma once
#include "app/studio/shots/stage.h"

namespace loom {

std::vector<Shot> designShots();
std::vector<Shot> dataShots(); // those whose samples are installed

} // namespace loom
