// SPDX-License-Identifier: GPL-3.0-or-later
// The kit: every widget in every state on one page, drawn by the real style, to lay beside the look's kit
// picture.
#pragma once
#include "app/studio/shots/stage.h"

namespace loom {

std::vector<Shot> kitShots();

} // namespace loom
