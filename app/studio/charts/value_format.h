// SPDX-License-Identifier: GPL-3.0-or-later
// How the values of a chart are written: in its legend, under its crosshair, along its axis.
#pragma once
#include <QString>

namespace loom {

enum class ValueFormat { loss, percent, number, rate };
QString formatValue(double value, ValueFormat format);

} // namespace loom
