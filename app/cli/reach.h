// SPDX-License-Identifier: Apache-2.0
// Whether the runs of a project can be reached: the one question of every verb that reads or writes them. Who
// reads reports the problems and shows what there is; who writes is refused.
#pragma once
#include "core/run/site.h"
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

// For verbs that write: the project's own runs can be reached, and so can the site of `run` (empty: of none).
Status mayWriteRuns(const std::filesystem::path& project, RunSites& sites, const std::string& run = {});
// findRun() among the folders. Where it fails because the runs cannot be reached, the Error says why.
Result<std::string> reachableRun(const std::filesystem::path& project, RunSites& sites,
                                 std::string_view word);
// For verbs that read: the sites of these runs that cannot be asked, one Error each.
std::vector<Error> problemsOfSites(RunSites& sites, const std::vector<std::string>& runs);
// The same after what keeps the project's own runs from being read.
std::vector<Error> problemsOf(const std::filesystem::path& project, RunSites& sites,
                              const std::vector<std::string>& runs);

} // namespace loom
