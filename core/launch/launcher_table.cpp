// SPDX-License-Identifier: Apache-2.0
#include "core/launch/launcher.h"

namespace loom {

const std::vector<LauncherRow>& launchers() {
  static const std::vector<LauncherRow> rows{localLauncherRow()};
  return rows;
}

} // namespace loom
