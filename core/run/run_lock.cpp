// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/subprocess.h"
#include "core/run/journal.h"
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace loom {
namespace {

struct Named {
  bool elsewhere = false; // on another machine
  RunLock::Holder holder; // process 0: of an earlier boot, or none
};

std::optional<Named> namedIn(int descriptor) {
  char bytes[1024];
  const ssize_t length = ::pread(descriptor, bytes, sizeof bytes, 0);
  if (length <= 0) return std::nullopt;
  const auto json = parseJson({bytes, static_cast<std::size_t>(length)}, "lock");
  if (!json) return std::nullopt;
  const JsonReader reader(*json, "lock");
  const auto host = reader.text("host"), boot = reader.text("boot");
  const auto pid = reader.integer("pid");
  const auto start = reader.unsignedInteger("start");
  if (!host || !boot || !pid || !start) return std::nullopt;
  Named named;
  named.elsewhere = *host != hostName();
  if (!named.elsewhere && *boot == bootId() && *start != 0 && *pid > 0 && *pid <= INT32_MAX)
    named.holder = {static_cast<int>(*pid), *start};
  return named;
}

// What the lock file says about its holder decides only where flock cannot (some network file systems).
bool holderLives(int descriptor) {
  const auto named = namedIn(descriptor);
  if (!named) return false;
  // A holder on another machine cannot be looked at: taking its lock could make two trainers write one run.
  if (named->elsewhere) return true;
  return named->holder.process != 0 && processStartTime(named->holder.process) == named->holder.start;
}

bool cannotLock(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

Error lockError(const std::filesystem::path& file, int error) {
  return writeError(file, "the lock cannot be taken", error);
}

} // namespace

Result<RunLock> RunLock::take(const std::filesystem::path& runFolder) {
  const auto file = runFolder / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return lockError(file, errno);
  // Until the lock is ours, the file must be left as it is.
  const auto refuse = [&](Error error) {
    ::close(descriptor);
    return error;
  };
  const Error living{ErrorKind::other, runFolder.string(), "this run is being trained by another process",
                     "Wait until it ends, or stop it with `loom control`"};
  // held() takes the lock for an instant, so one refusal proves nothing.
  for (int attempt = 0;; ++attempt) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) break;
    if (cannotLock(errno)) {
      if (holderLives(descriptor)) return refuse(living);
      break;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return refuse(lockError(file, errno));
    if (attempt == 20) return refuse(living);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  RunLock lock;
  lock.descriptor_ = descriptor;
  const std::string content = compactJson({{"host", hostName()},
                                           {"boot", bootId()},
                                           {"pid", ::getpid()},
                                           {"start", processStartTime(::getpid())}}) +
                              "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
    return lockError(file, errno);
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  // An empty file holds no name that could be taken for a living one. The file stays: unlinking it would let
  // two processes lock two different files of the same name.
  if (::ftruncate(descriptor_, 0) != 0) {
    // The lock itself goes with the descriptor in any case.
  }
  ::close(descriptor_);
}

bool RunLock::held(const std::filesystem::path& runFolder) {
  // Without O_NONBLOCK a pipe of that name would wait for a writer that never comes.
  const int descriptor = ::open((runFolder / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  bool held = false;
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0)
    held = errno == EWOULDBLOCK || (cannotLock(errno) && holderLives(descriptor));
  ::close(descriptor);
  return held;
}

std::optional<RunLock::Holder> RunLock::holder(const std::filesystem::path& runFolder) {
  const int descriptor = ::open((runFolder / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  const auto named = namedIn(descriptor);
  ::close(descriptor);
  if (!named || named->holder.process == 0) return std::nullopt;
  return named->holder;
}

} // namespace loom
