// SPDX-License-Identifier: Apache-2.0
#include "core/store/history.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

bool mayWrite(const fs::path& folder) { return ::access(folder.c_str(), W_OK | X_OK) == 0; }

// A database in a folder that cannot be written is whole only when its WAL was folded into it.
bool readableAsItLies(const fs::path& folder) {
  for (const char* name : {catalogueName, metricsName}) {
    std::error_code unknown;
    const fs::path file = folder / name;
    if (!fs::exists(file, unknown)) return false;
    const auto wal = fs::file_size(fs::path(file.string() + "-wal"), unknown);
    if (!unknown && wal > 0) return false;
  }
  return true;
}

std::string projectId(const fs::path& project) {
  if (const auto json = readJsonFile(project / "project.json")) {
    const auto id = JsonReader(*json, "project.json").text("id");
    const bool plain = id.ok() && !id->empty() && id->size() <= 64 &&
                       id->find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
    if (plain) return *id;
  }
  std::error_code unknown;
  const fs::path absolute = fs::weakly_canonical(project, unknown);
  return contentHash((unknown ? project : absolute).string());
}

fs::path stateFolder(const fs::path& project) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base =
      state && *state == '/' ? fs::path(state) : fs::path(home && *home ? home : "/tmp") / ".local/state";
  return base / "neuroloom" / projectId(project);
}

} // namespace

bool isNetworkFilesystem(long type) {
  // SQLite's WAL wants memory shared by all who open it, which these do not give. FUSE: sshfs and its like.
  constexpr std::array<unsigned long, 13> network{0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x0BD00BD0,
                                                  0x47504653, 0x19830326, 0x00C36400, 0x5346414F, 0x65735546,
                                                  0x01021997, 0x7461636F, 0x01161970};
  return std::find(network.begin(), network.end(), static_cast<unsigned long>(type) & 0xFFFFFFFFul) !=
         network.end();
}

HistoryPlace historyPlace(const fs::path& project) {
  const fs::path beside = project / "history";
  std::error_code unknown;
  const bool there = fs::is_directory(beside, unknown);
  const fs::path& looked = there ? beside : project;
  struct statfs system {};
  // What cannot be asked is taken for the one that needs more care.
  const bool local = fileFault("statfs", looked) == 0 && ::statfs(looked.c_str(), &system) == 0 &&
                     !isNetworkFilesystem(static_cast<long>(system.f_type));
  const bool writable = mayWrite(looked);
  if (!local || (!writable && !readableAsItLies(beside))) return historyAway(project);
  return {beside, writable};
}

HistoryPlace historyAway(const fs::path& project) { return {stateFolder(project), true}; }

Result<std::optional<HistoryLock>> HistoryLock::take(const fs::path& folder) {
  const fs::path file = folder / "lock";
  const auto fail = [&](int error) { return writeError(file, "the history cannot be written", error); };
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return fail(failed.value());
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return fail(errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor);
    if (error == EWOULDBLOCK) return std::optional<HistoryLock>();
    return fail(error);
  }
  HistoryLock lock;
  lock.descriptor_ = descriptor;
  const std::string content = compactJson({{"pid", ::getpid()}, {"host", hostName()}}) + "\n";
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, content.data(), content.size(), 0) < 0)
    return fail(errno);
  return std::optional<HistoryLock>(std::move(lock));
}

std::string HistoryLock::holder(const fs::path& folder) {
  const auto json = readJsonFile(folder / "lock", 4096);
  if (!json) return "another process";
  const JsonReader reader(*json, "lock");
  const auto pid = reader.integer("pid");
  const auto host = reader.text("host");
  return pid && host ? fmt::format("process {} on {}", *pid, *host) : "another process";
}

HistoryLock::HistoryLock(HistoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
HistoryLock& HistoryLock::operator=(HistoryLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
HistoryLock::~HistoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace loom
