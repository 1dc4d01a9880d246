// SPDX-License-Identifier: Apache-2.0
// A chunk's row id is its series and its place in it, so that the order of rows is the order of reading.
#pragma once
#include <cstdint>

namespace loom {

inline constexpr int chunkBits = 20; // 1,048,576 chunks of 4,096 points
inline constexpr std::int64_t chunkId(std::int64_t series, std::int64_t index) {
  return series << chunkBits | index;
}
inline constexpr std::int64_t lastChunkId(std::int64_t series) {
  return chunkId(series, (std::int64_t{1} << chunkBits) - 1);
}

} // namespace loom
