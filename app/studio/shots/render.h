// SPDX-License-Identifier: GPL-3.0-or-later
// neuroloom --render DIR PROJECT RUN: the charts of a run as pictures, made by the studio's own chart
// classes, for a machine without a display. It runs before any window and ends with the program, so it reads
// the store itself.
#pragma once
#include "core/base/result.h"
#include <QStringList>

namespace loom {

// The files written: loss.png, accuracy.png (or r2.png), speed.png, rate.png and, where the run was tested,
// confusion.png.
Result<QStringList> renderRun(const QString& folder, const QString& project, const QString& run);

} // namespace loom
