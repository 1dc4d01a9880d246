// SPDX-License-Identifier: Apache-2.0
// Replaces core/store/reach.cpp in a build of the engine alone, which has no SQLite.
#include "core/run/site.h"

namespace loom {

std::optional<Error> whyUnreachable(const std::filesystem::path&, RunSites& sites) {
  return sites.whyUnreachable([] { return StoredRuns{}; });
}

} // namespace loom
