// SPDX-License-Identifier: Apache-2.0
#include "core/base/uuid.h"
#include "core/base/os/machine.h"
#include <array>
#include <cstdlib>

namespace loom {

std::string newUuid() {
  std::array<unsigned char, 16> bytes{};
  // The kernel has offered this since 3.17; continuing with fewer random bytes would let two runs meet.
  if (!os::randomBytes(bytes)) std::abort();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

} // namespace loom
