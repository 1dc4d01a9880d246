// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/spark_line.h"
#include <QList>
#include <algorithm>
#include <cmath>
#include <limits>

namespace loom {

void paintSparkLine(QPainter& painter, const QRectF& area, std::span<const double> values,
                    const QColor& colour) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (values.size() < 2 || low > high) return;
  const double range = high > low ? high - low : 1;
  const auto at = [&](std::size_t i) {
    return QPointF(area.left() + area.width() * double(i) / double(values.size() - 1),
                   area.bottom() - area.height() * (values[i] - low) / range);
  };
  QList<QLineF> lines;
  lines.reserve(qsizetype(values.size()));
  for (std::size_t i = 1; i < values.size(); ++i)
    if (std::isfinite(values[i - 1]) && std::isfinite(values[i])) lines.append(QLineF(at(i - 1), at(i)));
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(colour, 1.5, Qt::SolidLine, Qt::RoundCap));
  painter.drawLines(lines); // drawPolyline would send a wide pen through the path stroker
  painter.restore();
}

} // namespace loom
