// SPDX-License-Identifier: GPL-3.0-or-later
// A data set made ready for the Data page. Reads files (the rows of a table), so it runs behind the bridge;
// pictures of the page, which have no bridge, call it themselves. Thread safe.
#pragma once
#include "app/studio/bridge/bridge.h"

namespace loom {

Result<DataView> makeDataView(const DatasetSpec& spec, const Dataset& data,
                              const std::filesystem::path& project);

} // namespace loom
