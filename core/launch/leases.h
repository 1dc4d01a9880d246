// SPDX-License-Identifier: Apache-2.0
// The cores and devices of this computer that trainings use: one table in the user's state folder, changed
// only under one lock. Every training has a lease, also those that were started at a terminal; the lease of a
// process that has ended is reclaimed by whoever looks next.
#pragma once
#include "core/base/json.h"
#include "core/base/os/file.h"
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loom {

// $XDG_STATE_HOME/neuroloom/queue/<host>: what waits and what is leased on this computer. A home folder may
// be shared by several.
std::filesystem::path queueFolder();

struct Lease {
  std::string run;
  std::filesystem::path project;
  int cores = 0;
  std::vector<std::string> devices; // ids, exclusively used
  int process = 0;
  std::uint64_t start = 0; // as processStartTime() gives it
  std::string boot;        // as bootId() gives it
  std::int64_t since = 0;  // microseconds since 1970
};
bool lives(const Lease& lease); // its process is the same and runs

// An exclusive lock on a file, released when the process ends. Not thread safe.
class FileLock {
 public:
  // Waits up to `limit`; empty when another process has it for longer. Creates the file and its folder (mode
  // 0700).
  static Result<std::optional<FileLock>> take(const std::filesystem::path& file,
                                              std::chrono::milliseconds limit);

 private:
  os::File file_;
};
Result<FileLock> lockQueue(const std::filesystem::path& folder); // an Error after 10 seconds

// The living leases. A table that is damaged is moved aside and reported: `problem` is then set. The caller
// holds the lock; without it (`leasesNow`) nothing is moved.
Result<std::vector<Lease>> readLeases(const std::filesystem::path& folder, std::optional<Error>& problem);
Status writeLeases(const std::filesystem::path& folder, const std::vector<Lease>& leases);
std::vector<Lease> leasesNow(const std::filesystem::path& folder); // empty where it cannot be read

// A trainer's own lease, for as long as it lives.
class OwnLease {
 public:
  // Takes it whether or not the resources are free: who must wait has waited in the queue. Replaces the lease
  // that a launcher made for this process.
  static Result<OwnLease> take(std::filesystem::path folder, Lease lease);
  OwnLease(OwnLease&& other) noexcept;
  OwnLease& operator=(OwnLease&& other) noexcept;
  ~OwnLease(); // gives it back
  void resize(int cores);
  const std::vector<Lease>& others() const { return others_; } // when it was taken

 private:
  OwnLease() = default;
  Status store(bool keep);
  std::filesystem::path folder_; // empty: moved from
  Lease lease_;
  std::vector<Lease> others_;
};

// Cores that this many threads use. 0 (automatic): all, because the backend takes one thread for a very small
// network and else all; the trainer reports which, and its lease then counts what it uses.
int coresOf(int threads);

} // namespace loom
