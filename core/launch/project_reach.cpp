// SPDX-License-Identifier: Apache-2.0
#include "core/launch/project_reach.h"
#include "core/base/atomic_file.h"
#include "core/run/site.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

Message whyNotIn(const fs::path& project, const std::string& id) {
  std::error_code unknown;
  if (!fs::exists(project / "project.json", unknown))
    return say("The project's folder {} is missing", project.string());
  const auto json = readJsonFile(project / "project.json");
  const auto found = json ? JsonReader(*json, "project.json").text("id") : Result<std::string>(json.error());
  if (!found) return say("project.json in {} cannot be read: {}", project, found.error().cause);
  if (*found != id) return say("The folder {} contains another project now", project.string());
  const auto sites = sitesOf(project);
  if (const auto why = whyUnreachable(project, *sites))
    return say("The runs in {} cannot be reached: {}", project / "runs", why->cause);
  return {};
}

} // namespace

Message ProjectReach::whyNot(const QueueEntry& entry) {
  const fs::path& project = entry.request.project;
  const auto [asked, first] = asked_.try_emplace({project, entry.projectId});
  if (first) asked->second = whyNotIn(project, entry.projectId);
  if (!asked->second.empty() || entry.request.resume.empty()) return asked->second;
  const auto why = sitesOf(project)->whyUnreachable(entry.request.resume);
  return why ? why->cause : Message();
}

} // namespace loom
