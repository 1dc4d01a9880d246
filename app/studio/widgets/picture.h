// SPDX-License-Identifier: GPL-3.0-or-later
// A sample's picture in a box, the same on Data and Evaluate.
#pragma once
#include <QImage>
#include <QPainter>

namespace loom {

// Whole and in the middle; in hard pixels where it is enlarged, smoothed where it is made smaller.
void paintFitted(QPainter& painter, const QRectF& area, const QImage& picture);

} // namespace loom
