// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "core/run/project.h"
#include <set>

namespace loom {

Status mayWriteRuns(const std::filesystem::path& project, RunSites& sites, const std::string& run) {
  if (auto why = whyUnreachable(project, sites)) return *why;
  if (run.empty()) return {};
  if (auto why = sites.whyUnreachable(run)) return *why;
  return {};
}

Result<std::string> reachableRun(const std::filesystem::path& project, RunSites& sites,
                                 std::string_view word) {
  auto run = findRun(project, word);
  if (run) return run;
  if (auto why = whyUnreachable(project, sites)) return *why;
  return run;
}

std::vector<Error> problemsOfSites(RunSites& sites, const std::vector<std::string>& runs) {
  std::vector<Error> problems;
  std::set<std::string> asked;
  for (const std::string& run : runs) {
    auto why = sites.whyUnreachable(run);
    if (why && asked.insert(sites.of(run).id()).second) problems.push_back(std::move(*why));
  }
  return problems;
}

std::vector<Error> problemsOf(const std::filesystem::path& project, RunSites& sites,
                              const std::vector<std::string>& runs) {
  std::vector<Error> problems = problemsOfSites(sites, runs);
  if (auto why = whyUnreachable(project, sites)) problems.insert(problems.begin(), std::move(*why));
  return problems;
}

} // namespace loom
