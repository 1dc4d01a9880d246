// SPDX-License-Identifier: Apache-2.0
// How a file is opened for what is done with it. Private to core/base/os/posix.
#pragma once
#include "core/base/os/file.h"

namespace loom::os {

int flagsOf(Access access); // of open(2), without O_CLOEXEC

} // namespace loom::os
