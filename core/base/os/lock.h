// SPDX-License-Identifier: Apache-2.0
// A lock on an open file that the operating system releases when its process ends, however that happens.
#pragma once
#include "core/base/os/file.h"

namespace loom::os {

enum class LockState {
  taken,       // released when the File is closed
  busy,        // another process has it
  unsupported, // this file system has no such locks (some network file systems)
  failed,
};
struct LockAttempt {
  LockState state = LockState::failed;
  int code = 0; // a value of <cerrno> unless taken
};
LockAttempt tryLock(const File& file);       // for one process; never waits
LockAttempt tryLockShared(const File& file); // beside others that share it; never waits

} // namespace loom::os
