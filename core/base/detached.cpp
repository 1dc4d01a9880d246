// SPDX-License-Identifier: Apache-2.0
#include "core/base/prepared_command.h"
#include "core/base/subprocess.h"
#include <cstring>

namespace loom {

Result<int> startDetached(const Command& command, const std::filesystem::path& log) {
  const auto prepared = PreparedCommand::from(command);
  if (!prepared) return prepared.error();
  const auto failed = [](Place place, Message cause) {
    return Error{ErrorKind::other, std::move(place), std::move(cause),
                 say("Check that the folder can be written and that the program may be executed")};
  };
  os::File logFile;
  if (const int code = logFile.open(log, os::Access::append); code != 0)
    return failed(log, say("the log cannot be written: {}", foreign(std::strerror(code))));
  const os::Detached started = os::spawnDetached(prepared->program(), logFile);
  if (started.code == 0) return started.process;
  const Message reason = foreign(std::strerror(started.code));
  return failed(command.arguments.front(), started.made ? say("the program cannot be started: {}", reason)
                                                        : say("no process could be made: {}", reason));
}

} // namespace loom
