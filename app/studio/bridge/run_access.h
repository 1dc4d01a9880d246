// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that the bridge reads of a run itself or sends to it: journals, who trains it, commands,
// console, description, evaluations. The only place behind the window that knows where a run is.
#pragma once
#include "core/run/evaluation.h"
#include "core/run/journal.h"
#include "core/run/run_config.h"
#include <filesystem>
#include <memory>
#include <optional>

namespace loom {

class RunAccess { // of one project; thread safe
 public:
  virtual ~RunAccess() = default;
  virtual JournalSource& journals() = 0;
  virtual std::filesystem::path place(const std::string& run) const = 0; // for messages and exports
  virtual bool gone(const std::string& run) = 0; // false when that cannot be known now
  virtual std::optional<RunLock::Holder> trainer(const std::string& run) = 0;
  virtual bool lives(const RunLock::Holder& trainer) = 0;
  virtual Result<std::string> send(const std::string& run, const RunControl& command) = 0; // the command's id
  virtual std::uint64_t consoleSize(const std::string& run) = 0;
  virtual std::string console(const std::string& run, std::uint64_t from) = 0; // empty when it cannot be read
  virtual std::filesystem::path consolePlace(const std::string& run) const = 0;
  virtual bool diskFull() = 0; // a trainer could not write even a line there
  virtual Result<RunConfig> config(const std::string& run) = 0;
  // Nothing: this checkpoint has not been evaluated on this part.
  virtual Result<std::optional<Evaluation>> evaluation(const std::string& run, std::int64_t step,
                                                       const std::string& split) = 0;
};
std::shared_ptr<RunAccess> runsOf(const std::filesystem::path& project);

bool anyTrains(JournalSource& journals); // a trainer holds the lock of one of these runs

} // namespace loom
