// SPDX-License-Identifier: GPL-3.0-or-later
// A data set prepared for the Data page, and single samples of it. Reads files (the rows of a table), so it
// runs behind the bridge; pictures of the page, which have no bridge, call it themselves. Thread safe.
#pragma once
#include "app/studio/bridge/views.h"

namespace loom {

Result<DataView> makeDataView(const DatasetSpec& spec, const Dataset& data,
                              const std::filesystem::path& project);
QImage samplePicture(const Dataset& data, std::int64_t sample);  // null when its shape is not a picture's
QString sampleCaption(const Dataset& data, std::int64_t sample); // its class, or the name of its file

} // namespace loom
