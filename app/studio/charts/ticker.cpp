// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/ticker.h"
#include "core/base/format.h"
#include <algorithm>
#include <cmath>

namespace loom {

QString axisLabel(double value, double step, ValueFormat format) {
  const int digits =
      std::clamp(static_cast<int>(std::ceil(-std::log10(std::max(step, 1e-300)) - 1e-9)), 0, 12);
  if (format == ValueFormat::percent)
    return QString::number(value * 100, 'f', std::max(0, digits - 2)) + QChar(0xA0) + "%";
  if (value == 0) return "0";
  if (std::abs(value) >= 1e15) return QString::number(value, 'g', 2).replace("e+", "e");
  // Five digits would not fit beside the axis.
  if (std::abs(value) >= 10'000 && std::abs(value) < 1'000'000)
    return QString::number(value / 1000, 'f', step >= 1000 ? 0 : 1) + QChar(0xA0) + "k";
  if (std::abs(value) >= 100'000) return QString::fromStdString(formatCountShort(std::llround(value)));
  if (std::abs(value) >= 1000) return QString::fromStdString(formatCount(std::llround(value)));
  if (std::abs(value) < 1e-4) return QString::fromStdString(formatNumber(value));
  return QString::number(value, 'f', digits);
}

// The smallest step that draws no more lines than the chart has room for.
double NiceTicker::getTickStep(const QCPRange& range) {
  const double least = range.size() / lines_;
  const double decade = std::pow(10, std::floor(std::log10(std::max(least, 1e-300))));
  const double mantissa = least / decade;
  step_ = decade * (mantissa <= 1.0001 ? 1 : mantissa <= 2.0001 ? 2 : mantissa <= 5.0001 ? 5 : 10);
  return step_;
}

QVector<double> LogTicker::createTickVector(double, const QCPRange& range) {
  QVector<double> ticks;
  if (range.lower <= 0) return ticks;
  const int first = static_cast<int>(std::floor(std::log10(range.lower))),
            last = static_cast<int>(std::ceil(std::log10(range.upper)));
  // The densest of these that has room: several a decade, one a decade, one each second decade …
  const auto fill = [&](const QVector<double>& parts, int every) {
    ticks.clear();
    for (int exponent = first; exponent <= last; ++exponent) {
      if (exponent % every != 0) continue;
      for (const double part : parts)
        if (const double tick = part * std::pow(10, exponent); tick >= range.lower && tick <= range.upper)
          ticks << tick;
    }
    return ticks.size() <= lines_ + 2;
  };
  if (fill({1, 2, 3, 5}, 1) || fill({1, 3}, 1)) return ticks;
  for (int every = 1; !fill({1}, every) && every <= last - first; ++every) {
  }
  return ticks;
}

} // namespace loom
