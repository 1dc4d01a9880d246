// SPDX-License-Identifier: Apache-2.0
// Whether the runs of a project can be reached, as far as its history knows which there are: asked before
// anything is written to the runs, or rebuilt from them.
#pragma once
#include "core/run/site.h"
#include <filesystem>
#include <optional>

namespace loom {

// Never waits for a history that is not there, and writes nothing.
StoredRuns storedRuns(const std::filesystem::path& project);
// RunSites::whyUnreachable() with storedRuns().
std::optional<Error> whyUnreachable(const std::filesystem::path& project, RunSites& sites);

} // namespace loom
