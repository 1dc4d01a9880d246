// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_lock.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/os/lock.h"
#include "core/base/subprocess.h"
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace loom {
namespace {

struct Named {
  bool elsewhere = false; // on another machine
  std::string host;
  RunLock::Holder holder; // process 0: of an earlier boot, or none
};

std::optional<Named> namedIn(const os::File& file) {
  char bytes[1024];
  const os::Transfer got = file.readAt(0, bytes);
  if (got.bytes == 0) return std::nullopt;
  const auto json = parseJson({bytes, got.bytes}, "lock");
  if (!json) return std::nullopt;
  const JsonReader reader(*json, "lock");
  const auto host = reader.text("host"), boot = reader.text("boot");
  const auto pid = reader.integer("pid");
  const auto start = reader.unsignedInteger("start");
  if (!host || !boot || !pid || !start) return std::nullopt;
  Named named;
  named.host = *host;
  named.elsewhere = *host != hostName();
  if (!named.elsewhere && *boot == bootId() && *start != 0 && *pid > 0 && *pid <= INT32_MAX)
    named.holder = {static_cast<int>(*pid), *start};
  return named;
}

// What the lock file says about its holder decides only where flock cannot (some network file systems).
bool holderLives(const os::File& file) {
  const auto named = namedIn(file);
  if (!named) return false;
  // A holder on another machine cannot be looked at: taking its lock could make two trainers write one run.
  if (named->elsewhere) return true;
  return named->holder.process != 0 && processStartTime(named->holder.process) == named->holder.start;
}

Error lockError(const std::filesystem::path& file, int error) {
  return writeError(file, say("the lock cannot be taken"), error);
}

} // namespace

Result<RunLock> RunLock::take(const std::filesystem::path& runFolder) {
  const auto file = runFolder / "lock";
  RunLock lock;
  if (const int code = lock.file_.open(file, os::Access::readWrite); code != 0) return lockError(file, code);
  // Until the lock is ours, the file must be left as it is.
  const auto refuse = [&](Error error) {
    (void)lock.file_.close();
    return error;
  };
  const Error living{ErrorKind::other, runFolder.string(),
                     say("this run is being trained by another process"),
                     say("Wait until it ends, or stop it with `loom control`")};
  // held() takes the lock for an instant, so one refusal proves nothing.
  for (int attempt = 0;; ++attempt) {
    const auto [state, code] = os::tryLock(lock.file_);
    if (state == os::LockState::taken) break;
    if (state == os::LockState::unsupported) {
      if (holderLives(lock.file_)) return refuse(living);
      break;
    }
    if (state == os::LockState::failed) return refuse(lockError(file, code));
    if (attempt == 20) return refuse(living);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const std::string content = compactJson({{"host", hostName()},
                                           {"boot", bootId()},
                                           {"pid", os::processId()},
                                           {"start", processStartTime(os::processId())}}) +
                              "\n";
  if (const int code = lock.file_.resize(0); code != 0) return lockError(file, code);
  const os::Transfer written = lock.file_.writeAt(0, content);
  if (written.bytes != content.size()) return lockError(file, written.code);
  return lock;
}

RunLock::~RunLock() {
  // An empty file contains no name that could be taken for a living one. The file stays: unlinking it would
  // let two processes lock two different files of the same name. The lock itself goes with the file in any
  // case.
  if (file_) (void)file_.resize(0);
}

bool RunLock::held(const std::filesystem::path& runFolder) { return look(runFolder).running(); }

Liveness RunLock::look(const std::filesystem::path& runFolder) {
  Liveness liveness;
  os::File file;
  if (const int code = file.open(runFolder / "lock", os::Access::read); code != 0) {
    if (code == ENOENT || code == ENOTDIR) return liveness;
    liveness.state = Liveness::State::unknown;
    liveness.since = nowMicroseconds();
    liveness.why = say("The lock file cannot be read: {}", foreign(std::strerror(code)));
    return liveness;
  }
  const os::LockState state = os::tryLockShared(file).state;
  if (state != os::LockState::busy && !(state == os::LockState::unsupported && holderLives(file)))
    return liveness;
  liveness.state = Liveness::State::running;
  if (const auto named = namedIn(file)) {
    liveness.host = named->host;
    liveness.process = named->holder.process;
    liveness.start = named->holder.start;
  }
  return liveness;
}

std::optional<RunLock::Holder> RunLock::holder(const std::filesystem::path& runFolder) {
  os::File file;
  if (file.open(runFolder / "lock", os::Access::read) != 0) return std::nullopt;
  const auto named = namedIn(file);
  if (!named || named->holder.process == 0) return std::nullopt;
  return named->holder;
}

} // namespace loom
