// SPDX-License-Identifier: GPL-3.0-or-later
// Shots of Train, History, Compare and Evaluate, on runs written by hand into a project that lives as long as
// the picture.
#pragma once
#include "app/studio/shots/stage.h"

namespace loom {

std::vector<Shot> runShots();

} // namespace loom
