// SPDX-License-Identifier: Apache-2.0
// Names for runs and commands that never meet again. Random (version 4, RFC 9562), from the operating system.
#pragma once
#include <string>
namespace loom {
std::string newUuid(); // 36 characters, lower case
} // namespace loom
