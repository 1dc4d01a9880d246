// SPDX-License-Identifier: Apache-2.0
// Whether a run can be started in its project now. Asked before a start creates anything there.
#pragma once
#include "core/launch/queue_file.h"
#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace loom {

// For one look at the queue: asks each project once. Not thread safe.
class ProjectReach {
 public:
  // Why nothing may be created in the project of this entry; empty when it may.
  Message whyNot(const QueueEntry& entry);

 private:
  std::map<std::pair<std::filesystem::path, std::string>, Message> asked_; // by folder and id of the project
};

} // namespace loom
