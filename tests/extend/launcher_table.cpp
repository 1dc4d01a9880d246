// SPDX-License-Identifier: Apache-2.0
#include "extended_rows.h"

namespace loom {

const std::vector<LauncherRow>& launchers() {
  static const std::vector<LauncherRow> rows{localLauncherRow(), niceLauncherRow()};
  return rows;
}

} // namespace loom
