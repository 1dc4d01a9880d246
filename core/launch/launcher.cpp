// SPDX-License-Identifier: Apache-2.0
#include "core/launch/launcher.h"
#include "core/run/project.h"

namespace loom {

const LauncherRow* findLauncher(std::string_view name) {
  for (const LauncherRow& row : launchers())
    if (row.name == name) return &row;
  return nullptr;
}

Result<std::unique_ptr<Launcher>>
makeLauncher(std::string_view name, const std::filesystem::path& loomProgram, const Params& given) {
  const LauncherRow* row = findLauncher(name);
  if (row == nullptr) {
    Texts known;
    for (const LauncherRow& one : launchers()) known.emplace_back(one.name);
    return Error{ErrorKind::usage, std::string(name), say("Unknown launcher"),
                 say("Use one of {}", known)};
  }
  auto params = completeFields(row->name, row->fields, given);
  if (!params) return params.error();
  return row->make(loomProgram, *params);
}

LaunchedRun launchedRun(const Lease& lease) {
  LaunchedRun run;
  run.run = lease.run;
  run.threads = lease.cores;
  run.process = lease.process;
  run.processStart = lease.start;
  return run;
}

std::unique_ptr<RunSite> ownSite(const std::filesystem::path& project) {
  const auto opened = openProject(project);
  return folderSite(project / "runs", {}, opened ? opened->id : std::string());
}

Status sendStop(const std::filesystem::path& project, const std::string& run) {
  if (auto good = checkRunId(run); !good) return good;
  RunControl stop;
  stop.verb = RunControl::Verb::stop;
  auto sent = sendControl(runFolder(project, run), stop);
  if (!sent) return sent.error();
  return {};
}

} // namespace loom
