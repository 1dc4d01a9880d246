// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/state_mark.h"
#include "app/studio/theme/paint.h"

namespace loom {
namespace {

// By RunState.
constexpr StateMark marks[] = {
    {"Waiting", "st-queued", Token::text2, ChipKind::plain},
    {"Training", "st-running", Token::accent, ChipKind::accent},
    {"Paused", "st-paused", Token::text2, ChipKind::plain},
    {"Finished", "st-ok", Token::ok, ChipKind::ok},
    {"Stopped", "st-stopped", Token::text2, ChipKind::plain},
    {"Diverged", "st-error", Token::error, ChipKind::error},
    {"Out of memory", "st-error", Token::error, ChipKind::error},
    {"Failed", "st-error", Token::error, ChipKind::error},
    {"Failed", "st-error", Token::error, ChipKind::error},
    {"Out of reach", "st-unknown", Token::warn, ChipKind::warn},
};
constexpr StateMark starting = {"Starting", "st-running", Token::accent, ChipKind::accent};
constexpr StateMark cannotStart = {"Cannot start", "st-error", Token::error, ChipKind::error};
// The stored values do not match their checksum: none of them is to be trusted.
constexpr StateMark damaged = {"Damaged", "st-unknown", Token::warn, ChipKind::warn};
static_assert(std::size(marks) == std::size_t(RunState::outOfReach) + 1);

} // namespace

const StateMark& stateMark(RunState state) { return marks[std::size_t(state)]; }

const StateMark& markOf(const RunView& view) {
  if (view.waiting) return view.impossible ? cannotStart : stateMark(RunState::waiting);
  if (view.starting) return starting;
  return view.row.damaged ? damaged : stateMark(view.row.state);
}

void showState(Chip& chip, RunState state) { showState(chip, stateMark(state)); }

void showState(Chip& chip, const StateMark& mark) {
  chip.setChip(QString::fromLatin1(mark.word), mark.chip, QString::fromLatin1(mark.icon));
}

void paintState(QPainter& painter, const QRectF& area, const StateMark& mark, const Look& look,
                const QString& words) {
  const int size = look.px(16);
  look.icons.paint(painter, QRectF(area.left(), area.top(), size, area.height()),
                   QString::fromLatin1(mark.icon), size, look[mark.colour]);
  paintText(painter, area.adjusted(size + look.px(6), 0, 0, 0),
            words.isEmpty() ? QString::fromLatin1(mark.word) : words, look.fonts[Type::small],
            look[Token::text]);
}

} // namespace loom
