// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the lines of a scene: straight between neighbours, in lanes above a row for what skips nodes, round
// the right end and back in the gutter for what goes on in the next row; a cubic where a node was placed by
// hand, or a way round the cards that it would run behind, as a turn takes it to a target dropped beside a
// row.
#pragma once
#include "app/studio/canvas/edge_index.h"
#include "app/studio/canvas/scene.h"

namespace loom {

void route(Scene& scene, const Network& network, const EdgeIndex& edges);

} // namespace loom
