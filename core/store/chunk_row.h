// SPDX-License-Identifier: Apache-2.0
// The digest of a chunk as a row of metrics.db contains it: its columns and how they are read, once.
#pragma once
#include "core/store/chunk.h"
#include "core/store/sqlite.h"

namespace loom {

inline constexpr std::string_view digestColumns =
    "first_step,last_step,first_time,last_time,non_finite,minimum,minimum_step,maximum,maximum_step,sum";
inline constexpr int digestWidth = 10; // columns

// `at`: the first of those columns.
inline Digest digestFrom(const Rows& rows, int at) {
  Digest digest;
  digest.count = chunkPoints;
  digest.firstStep = rows.integer(at);
  digest.lastStep = rows.integer(at + 1);
  digest.firstTime = rows.integer(at + 2);
  digest.lastTime = rows.integer(at + 3);
  digest.nonFinite = rows.integer(at + 4);
  digest.minimum = rows.real(at + 5);
  digest.minimumStep = rows.integer(at + 6);
  digest.maximum = rows.real(at + 7);
  digest.maximumStep = rows.integer(at + 8);
  digest.sum = rows.real(at + 9);
  return digest;
}

} // namespace loom
