// SPDX-License-Identifier: Apache-2.0
#include "core/base/prepared_command.h"
#include "core/base/subprocess.h"
#include <cstring>
#include <fmt/format.h>

namespace loom {

Result<int> startDetached(const Command& command, const std::filesystem::path& log) {
  const auto prepared = PreparedCommand::from(command);
  if (!prepared) return prepared.error();
  const auto failed = [&](const std::string& place, const char* what, int code) {
    return Error{ErrorKind::other, place, fmt::format("{}: {}", what, std::strerror(code)),
                 "Check that the folder can be written and that the program may be executed"};
  };
  os::File logFile;
  if (const int code = logFile.open(log, os::Access::append); code != 0)
    return failed(log.string(), "the log cannot be written", code);
  const os::Detached started = os::spawnDetached(prepared->program(), logFile);
  if (started.code == 0) return started.process;
  return failed(command.arguments.front(),
                started.made ? "the program cannot be started" : "no process could be made", started.code);
}

} // namespace loom
