// SPDX-License-Identifier: Apache-2.0
// How points lie in metrics.db. A sealed chunk is 4,096 points of one series in columns (steps, times,
// values), with two levels of its pyramid: buckets of 16 and of 256 points. Each blob says by its header how
// wide its columns are: steps take no room when they are regular, times 4 bytes, values 4 where a float holds
// them exactly. A checksum stands in the header, since SQLite has none: a flipped bit is said, not drawn.
// Little endian.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
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
  void add(const Digest& later) {
    if (later.count == 0) return;
    if (count == 0) {
      firstStep = later.firstStep;
      firstTime = later.firstTime;
    }
    count += later.count;
    nonFinite += later.nonFinite;
    lastStep = later.lastStep;
    lastTime = later.lastTime;
    if (later.nonFinite == later.count) return;
    sum += later.sum;
    if (!(later.minimum >= minimum)) {
      minimum = later.minimum;
      minimumStep = later.minimumStep;
    }
    if (!(later.maximum <= maximum)) {
      maximum = later.maximum;
      maximumStep = later.maximumStep;
    }
  }
};
Digest digestOf(const PointBlock& points, std::size_t from, std::size_t to);

std::string encodePoints(const PointBlock& points, std::size_t from, std::size_t to);

// How wide a blob's columns are.
namespace blob {
enum Form : std::uint32_t {
  irregularSteps = 1, // a column of steps, 32 bits from the first
  wideSteps = 2,      // 64 bits
  wideTimes = 4,      // 64 bits instead of 32 from the earliest
  wideValues = 8,     // double instead of float
  withNonFinite = 16  // a pyramid level has a column of their counts
};
template<class T> T at(const char* column, std::size_t index) {
  T value;
  std::memcpy(&value, column + index * sizeof(T), sizeof value);
  return value;
}
// A hostile header must not overflow.
inline std::int64_t plus(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}
// A column of distances from `from`, in 64 or 32 bits.
inline std::int64_t distant(std::int64_t from, const char* column, std::size_t index, bool wide) {
  return plus(from, wide ? at<std::uint64_t>(column, index) : at<std::uint32_t>(column, index));
}
inline double number(const char* column, std::size_t index, bool wide) {
  return wide ? at<double>(column, index) : static_cast<double>(at<float>(column, index));
}
} // namespace blob

// A blob of points, checked and borrowed; single points without decoding the others. Throws SqlFailure naming
// `file` when it is not one of ours.
class PointsView {
 public:
  PointsView(std::string_view blob, const std::filesystem::path& file);
  std::size_t size() const { return count_; }
  std::int64_t step(std::size_t index) const {
    if (!steps_) return blob::plus(firstStep_, index * static_cast<std::uint64_t>(stride_));
    return blob::distant(firstStep_, steps_, index, form_ & blob::wideSteps);
  }
  std::int64_t time(std::size_t index) const {
    return blob::distant(earliest_, times_, index, form_ & blob::wideTimes);
  }
  double value(std::size_t index) const { return blob::number(values_, index, form_ & blob::wideValues); }

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
  Digest at(std::size_t index) const {
    const bool wide = form_ & blob::wideValues, late = form_ & blob::wideTimes, far = form_ & blob::wideSteps;
    const auto step = [&](std::size_t i, std::size_t point) {
      if (!steps_) return blob::plus(firstStep_, point * static_cast<std::uint64_t>(stride_));
      return blob::distant(firstStep_, steps_, i, far);
    };
    Digest digest;
    digest.count = static_cast<std::int64_t>(index + 1 == count_ ? last_ : per_);
    digest.nonFinite = nonFinite_ ? blob::at<std::uint16_t>(nonFinite_, index) : 0;
    digest.minimum = blob::number(bounds_, 2 * index, wide);
    digest.maximum = blob::number(bounds_, 2 * index + 1, wide);
    digest.sum = blob::at<double>(sums_, index);
    digest.firstTime = blob::distant(earliest_, times_, 2 * index, late);
    digest.lastTime = blob::distant(earliest_, times_, 2 * index + 1, late);
    digest.firstStep = step(2 * index, index * per_);
    digest.lastStep = step(2 * index + 1, index * per_ + static_cast<std::size_t>(digest.count) - 1);
    return digest;
  }

 private:
  std::size_t count_, per_, last_; // last_: points in the last entry
  std::int64_t firstStep_, stride_, earliest_;
  std::uint32_t form_;
  const char *bounds_, *sums_, *times_, *steps_ = nullptr, *nonFinite_ = nullptr;
};

} // namespace loom
