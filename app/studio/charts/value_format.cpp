// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/value_format.h"
#include "core/base/format.h"
#include <cmath>

namespace loom {

QString formatValue(double value, ValueFormat format) {
  if (!std::isfinite(value)) return QString::fromStdString(formatNumber(value));
  switch (format) {
  case ValueFormat::loss:
    return QString::fromStdString(formatLoss(value));
  case ValueFormat::percent:
    return QString::fromStdString(formatPercent(value));
  case ValueFormat::number:
    return QString::fromStdString(std::abs(value) >= 1000 ? formatCount(std::llround(value))
                                                          : formatNumber(value));
  case ValueFormat::rate:
    return QString::fromStdString(formatNumber(QString::number(value, 'g', 3).toDouble()));
  }
  return {};
}

} // namespace loom
