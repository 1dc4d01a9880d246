// SPDX-License-Identifier: Apache-2.0
// Which runs the history of a project contains. whyUnreachable() (core/run/site.h) asks it.
#pragma once
#include "core/run/site.h"
#include <filesystem>

namespace loom {

// Never waits for a history that is not there, and writes nothing.
StoredRuns storedRuns(const std::filesystem::path& project);

} // namespace loom
