// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/lock.h"
#include <cerrno>
#include <sys/file.h>

namespace loom::os {
namespace {

LockAttempt attempt(const File& file, int kind) {
  int result = -1;
  do result = ::flock(file.handle(), kind | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0) return {LockState::taken, 0};
  const int code = errno;
  if (code == EWOULDBLOCK) return {LockState::busy, code};
  if (code == ENOLCK || code == ENOSYS || code == EOPNOTSUPP || code == EINVAL)
    return {LockState::unsupported, code};
  return {LockState::failed, code};
}

} // namespace

LockAttempt tryLock(const File& file) { return attempt(file, LOCK_EX); }
LockAttempt tryLockShared(const File& file) { return attempt(file, LOCK_SH); }

} // namespace loom::os
