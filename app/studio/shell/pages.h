// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of the window, in the rail's order; only what there is. A new page is one class and one row here.
#pragma once
#include "app/studio/frame/page.h"

namespace loom {

class Session;

// Pages are made with this session, which outlives them; null in shots.
std::vector<PageRow> pageTable(Session* session);

} // namespace loom
