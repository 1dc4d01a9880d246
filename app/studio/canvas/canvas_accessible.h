// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas for those who do not see it: a list whose items are the nodes, each with its parameters, its
// neighbours and its problem in words. Interfaces are made on demand and keep node ids, never pointers.
#pragma once

namespace loom {

void installCanvasAccessible(); // once a process; more calls do nothing

} // namespace loom
