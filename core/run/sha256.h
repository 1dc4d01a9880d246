// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4): identifies what a person may compare with another program's result, and seals the
// small files of a run. Large files that are read at each start have an XXH3 hash (core/base/hash.h).
#pragma once
#include <string>
#include <string_view>

namespace loom {

std::string sha256(std::string_view bytes); // 64 lower-case hexadecimal digits
bool isSha256(std::string_view text);       // has that form

} // namespace loom
