// SPDX-License-Identifier: Apache-2.0
// How points lie in metrics.db. A sealed chunk is 4,096 points of one series in columns (steps, times,
// values), with two levels of its pyramid: buckets of 16 and of 256 points. Each blob says by its header how
// wide its columns are: steps take no room when they are regular, times 4 bytes, values 4 where a float holds
// them exactly. A checksum stands in the header, since SQLite has none: a flipped bit is said, not drawn.
// Little endian.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

inline constexpr std::size_t chunkPoints = 4096, fineBucket = 16, coarseBucket = 256;

// Points of one series; steps ascend strictly. Times are microseconds since the run's first start.
struct PointBlock {
  std::vector<std::int64_t> steps, times;
  std::vector<double> values;
  std::size_t size() const { return steps.size(); }
  void clear();
  void add(std::int64_t step, std::int64_t time, double value);
  void truncate(std::size_t count);
};

std::int64_t toMicroseconds(double seconds); // a time that is no number is 0

// What is known of points without looking at them. `minimum` and `maximum` are NaN when none is finite.
struct Digest {
  std::int64_t count = 0, nonFinite = 0;
  std::int64_t firstStep = 0, lastStep = 0, firstTime = 0, lastTime = 0;
  double minimum, maximum, sum = 0;
  std::int64_t minimumStep = 0, maximumStep = 0;
  Digest();
  void add(std::int64_t step, std::int64_t time, double value);
  void add(const Digest& later);
};
Digest digestOf(const PointBlock& points, std::size_t from, std::size_t to);

std::string encodePoints(const PointBlock& points, std::size_t from, std::size_t to);
// Appends. Throws SqlFailure naming `file` when the blob is not one of ours.
void decodePoints(std::string_view blob, const std::filesystem::path& file, PointBlock& into);

// One entry for each `per` points; the steps of minimum and maximum are not kept in it.
std::string encodeLevel(const PointBlock& points, std::size_t per);
void decodeLevel(std::string_view blob, const std::filesystem::path& file,
                 std::vector<Digest>& into); // replaces

} // namespace loom
