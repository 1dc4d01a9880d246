// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a run in its word, icon and colour: as a chip, and as icon and word in the line of a table.
#pragma once
#include "app/studio/bridge/views.h"
#include "app/studio/widgets/chip.h"
#include "core/run/events.h"

namespace loom {

struct StateMark {
  const char* word;
  const char* icon;
  Token colour;
  ChipKind chip;
};
const StateMark& stateMark(RunState state);
const StateMark& markOf(const RunView& view); // in the queue: whether it waits, starts or cannot start
void showState(Chip& chip, RunState state);
void showState(Chip& chip, const StateMark& mark);
// `words`: instead of the mark's own.
void paintState(QPainter& painter, const QRectF& area, const StateMark& mark, const Look& look,
                const QString& words = {});

} // namespace loom
