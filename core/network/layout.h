// SPDX-License-Identifier: Apache-2.0
// Auto-layout of the look (LANGUAGE, section 7): columns every 192 on the warp, rows as text is set, skips in
// lanes above their row, branches with nodes of their own in a lane below. Pure: positions from the network,
// nothing kept.
#pragma once
#include "core/network/network.h"

namespace loom {

struct LayoutOptions {
  double width = 1120; // of the view: rows break here
  bool oneRow = false;
  bool keepPlaced = true; // nodes placed by hand keep their place
};
// The width whose rows let the drawing be seen largest in a view of this size: few long rows for a long
// network, short ones for a short network.
LayoutOptions fittingLayout(const Network& network, double viewWidth, double viewHeight);
std::map<NodeId, Point> layout(const Network& network, const LayoutOptions& options);

} // namespace loom
