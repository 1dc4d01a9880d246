// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that the bridge reads of a run itself or sends to it, asked of the site where the run is: who
// trains it, commands, console, description, evaluations. Thread safe.
#pragma once
#include "core/run/site.h"
#include <filesystem>
#include <memory>
#include <optional>

namespace loom {

class RunAccess { // of one project
 public:
  explicit RunAccess(std::filesystem::path project)
      : project_(std::move(project)), sites_(sitesOf(project_)) {}
  RunSites& sites() { return *sites_; }
  RunSite& site(const std::string& run) { return sites_->of(run); }
  Liveness liveness(const std::string& run) { return site(run).liveness(run); }
  // For messages and exports: the folder in this project, also when it is gone.
  std::filesystem::path place(const std::string& run) const;
  bool gone(const std::string& run) const; // false when that cannot be known now
  bool lives(const RunLock::Holder& trainer) const;
  std::string console(const std::string& run, std::uint64_t from); // empty when it cannot be read
  std::filesystem::path consolePlace(const std::string& run) const;
  bool diskFull() const; // a trainer could not write even a line there
  // Nothing: this checkpoint has not been evaluated on this part.
  Result<std::optional<Evaluation>> evaluation(const std::string& run, std::int64_t step,
                                               const std::string& split);

 private:
  std::filesystem::path project_;
  std::unique_ptr<RunSites> sites_;
};

} // namespace loom
