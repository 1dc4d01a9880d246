// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the scene of a network and its analysis: what stands on each card, where each line runs.
#pragma once
#include "app/studio/canvas/scene.h"
#include <functional>
#include <map>

namespace loom {

// Width of a title in scene units at 100 %: nodes whose title is longer than 128 allows become 160 wide.
using TitleWidth = std::function<double(const QString&)>;
// `moved`: where nodes are while they are dragged.
Scene makeScene(const Network& network, const Analysis& analysis, const TitleWidth& titleWidth,
                const std::map<NodeId, QPointF>& moved = {});

} // namespace loom
