// SPDX-License-Identifier: Apache-2.0
// An entry of the queue and its file: read with every check that a file of unknown origin needs, and written
// whole.
#pragma once
#include "core/run/request.h"

namespace loom {

// The trainer that was started for an entry. The entry stays until its run has begun, so that a trainer which
// ends before that leaves its reason here.
struct StartedTrainer {
  int process = 0;
  std::uint64_t processStart = 0; // as processStartTime() gives it
  std::int64_t attempts = 0;      // of the run, before
  std::uint64_t consoleSize = 0;  // before, in bytes: what follows is this trainer's
};

// One file, <id>.json, of at most 16 MiB. Written whole and renamed into place.
struct QueueEntry {
  std::string id; // the file's name
  TrainRequest request;
  std::string projectName, projectId;
  std::string name;         // of the run, for people
  std::int64_t created = 0; // microseconds since 1970
  std::int64_t order = 0;   // ascending
  std::string boot;         // of the computer when it was queued or released
  int cores = 0;
  std::vector<std::string> devices;      // used exclusively
  std::optional<StartedTrainer> trainer; // started, and the run has not begun yet
  std::string failure;     // why it could not be started; empty: it was not tried, or released since
  bool madeFolder = false; // the run's folder was created by a start of this entry
};

bool isQueueId(std::string_view id); // a name that newUuid() could have made
// Kind input when it is damaged, of a newer version, or not an entry.
Result<QueueEntry> readQueueFile(const std::filesystem::path& file);
Status writeQueueFile(const std::filesystem::path& file, const QueueEntry& entry);

} // namespace loom
