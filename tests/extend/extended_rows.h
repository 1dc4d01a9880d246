// SPDX-License-Identifier: Apache-2.0
// An example of how the program grows: a dataset format, an optimizer and a launcher, each a file, and a row
// in its table. The tables of this folder are those of core with one row more; the executable's definitions take the
// place of the library's, so that `loom_extended` is the whole of `loom` with these rows.
#pragma once
#include "core/data/formats.h"
#include "core/launch/launcher.h"
#include "core/run/optimizers.h"

namespace loom {

FormatReader wordsFormat();      // words_format.cpp
OptimizerRow horizonOptimizer(); // horizon_optimizer.cpp
LauncherRow niceLauncherRow();   // nice_launcher.cpp

} // namespace loom
