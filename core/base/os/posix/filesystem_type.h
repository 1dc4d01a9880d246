// SPDX-License-Identifier: Apache-2.0
// Which of Linux's file systems are on a network, by f_type of statfs; apart, so that a test can ask for
// each.
#pragma once

namespace loom::os {

bool isNetworkType(long type);

} // namespace loom::os
