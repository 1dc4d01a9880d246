// SPDX-License-Identifier: GPL-3.0-or-later
// A curve in a table cell: no axes, its own range of values. Points that are no numbers leave a gap.
#pragma once
#include <QColor>
#include <QPainter>
#include <span>

namespace loom {

// Fills `area` from its first to its last point; keep the result in a pixmap where many are shown.
void paintSparkLine(QPainter& painter, const QRectF& area, std::span<const double> values,
                    const QColor& colour);

} // namespace loom
