// SPDX-License-Identifier: Apache-2.0
// How points lie in metrics.db. A sealed chunk is 4,096 points of one series in columns (steps, times,
// values), with two levels of its pyramid: buckets of 16 and of 256 points. Each blob says by its header how
// wide its columns are: steps take no room when they are regular, times 4 bytes, values 4 where a float holds
// them exactly. A checksum stands in the header, since SQLite has none: a flipped bit is said, not drawn.
// Little endian.
#pragma once
#include <cmath>
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
  Digest() : minimum(NAN), maximum(NAN) {}
  void add(std::int64_t step, std::int64_t time, double value) {
    if (count++ == 0) {
      firstStep = step;
      firstTime = time;
    }
    lastStep = step;
    lastTime = time;
    if (!std::isfinite(value)) {
      ++nonFinite;
      return;
    }
    sum += value;
    if (!(value >= minimum)) {
      minimum = value;
      minimumStep = step;
    }
    if (!(value <= maximum)) {
      maximum = value;
      maximumStep = step;
    }
  }
  void add(const Digest& later);
};
Digest digestOf(const PointBlock& points, std::size_t from, std::size_t to);

std::string encodePoints(const PointBlock& points, std::size_t from, std::size_t to);

// A blob of points, checked and borrowed; single points without decoding the others. Throws SqlFailure naming
// `file` when it is not one of ours.
class PointsView {
 public:
  PointsView(std::string_view blob, const std::filesystem::path& file);
  std::size_t size() const { return count_; }
  std::int64_t step(std::size_t index) const;
  std::int64_t time(std::size_t index) const;
  double value(std::size_t index) const;

 private:
  std::size_t count_;
  std::int64_t firstStep_, stride_, earliest_;
  std::uint32_t form_;
  const char *steps_ = nullptr, *times_, *values_;
};
void decodePoints(std::string_view blob, const std::filesystem::path& file, PointBlock& into); // appends

// One entry for each 16 and 256 points, and all of them together; the steps of minimum and maximum are not
// kept in the levels.
struct Pyramid {
  std::string fine, coarse;
  Digest whole;
};
Pyramid pyramidOf(const PointBlock& points);
// The same for a level of the pyramid.
class LevelView {
 public:
  LevelView(std::string_view blob, const std::filesystem::path& file);
  std::size_t size() const { return count_; }
  Digest at(std::size_t index) const;

 private:
  std::size_t count_, per_, last_; // last_: points in the last entry
  std::int64_t firstStep_, stride_, earliest_;
  std::uint32_t form_;
  const char *bounds_, *sums_, *times_, *steps_ = nullptr, *nonFinite_ = nullptr;
};

} // namespace loom
