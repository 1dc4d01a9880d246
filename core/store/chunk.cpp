// SPDX-License-Identifier: Apache-2.0
#include "core/store/chunk.h"
#include "core/base/hash.h"
#include "core/store/sqlite.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

namespace loom {
namespace {

static_assert(std::endian::native == std::endian::little, "the blobs are written as they lie in memory");

enum Form : std::uint32_t {
  irregularSteps = 1, // a column of steps, 32 bits from the first
  wideSteps = 2,      // 64 bits
  wideTimes = 4,      // 64 bits instead of 32 from the earliest
  wideValues = 8,     // double instead of float
  withNonFinite = 16  // a pyramid level has a column of their counts
};
constexpr std::uint32_t allForms = 31;

struct Header {
  std::uint32_t count = 0, form = 0, per = 1, checksum = 0;
  std::int64_t firstStep = 0, stride = 0, earliest = 0;
};

template<class T> void put(std::string& blob, T value) {
  blob.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Of the whole blob, its own place counted as zero.
std::uint32_t checksumOf(std::string_view blob) {
  Header header;
  std::memcpy(&header, blob.data(), sizeof header);
  header.checksum = 0;
  const std::uint32_t begun = crc32c({reinterpret_cast<const char*>(&header), sizeof header});
  return crc32c(blob.substr(sizeof header), begun);
}

void putChecksum(std::string& blob) {
  const std::uint32_t sum = checksumOf(blob);
  std::memcpy(blob.data() + offsetof(Header, checksum), &sum, sizeof sum);
}

class Columns {
 public:
  Columns(std::string_view blob, const std::filesystem::path& file) : blob_(blob), rest_(blob), file_(file) {}
  template<class T> const char* take(std::size_t count) {
    if (rest_.size() / sizeof(T) < count) throwDamaged(file_, "a block of points is shorter than it says");
    const char* at = rest_.data();
    rest_.remove_prefix(count * sizeof(T));
    return at;
  }
  void end() const {
    if (!rest_.empty()) throwDamaged(file_, "a block of points is longer than it says");
  }
  Header header(std::size_t most) {
    Header header;
    std::memcpy(&header, take<Header>(1), sizeof header);
    if (checksumOf(blob_) != header.checksum)
      throwDamaged(file_, "the checksum of a block of points is wrong");
    if (header.count == 0 || header.count > most || header.form > allForms || header.per == 0 ||
        header.per > chunkPoints)
      throwDamaged(file_, "a block of points has an impossible header");
    return header;
  }

 private:
  std::string_view blob_, rest_;
  const std::filesystem::path& file_;
};

template<class T> T at(const char* column, std::size_t index) {
  T value;
  std::memcpy(&value, column + index * sizeof(T), sizeof value);
  return value;
}

// A hostile header must not overflow.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t regularStep(const Header& header, std::uint64_t index) {
  return plus(header.firstStep, static_cast<std::int64_t>(index * static_cast<std::uint64_t>(header.stride)));
}

bool sameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

Header headerFor(const PointBlock& points, std::size_t from, std::size_t to) {
  Header header;
  header.count = static_cast<std::uint32_t>(to - from);
  header.firstStep = points.steps[from];
  header.stride = to - from > 1 ? points.steps[from + 1] - points.steps[from] : 1;
  std::int64_t latest = header.earliest = points.times[from];
  for (std::size_t i = from; i < to; ++i) {
    if (points.steps[i] != regularStep(header, i - from)) header.form |= irregularSteps;
    header.earliest = std::min(header.earliest, points.times[i]);
    latest = std::max(latest, points.times[i]);
    const double value = points.values[i];
    if (!sameBits(static_cast<double>(static_cast<float>(value)), value)) header.form |= wideValues;
    if (!std::isfinite(value)) header.form |= withNonFinite;
  }
  if ((header.form & irregularSteps) &&
      points.steps[to - 1] - header.firstStep > std::numeric_limits<std::uint32_t>::max())
    header.form |= wideSteps;
  if (latest - header.earliest > std::numeric_limits<std::uint32_t>::max()) header.form |= wideTimes;
  return header;
}

} // namespace

void PointBlock::clear() { truncate(0); }

void PointBlock::add(std::int64_t step, std::int64_t time, double value) {
  steps.push_back(step);
  times.push_back(time);
  values.push_back(value);
}

void PointBlock::truncate(std::size_t count) {
  steps.resize(count);
  times.resize(count);
  values.resize(count);
}

std::int64_t toMicroseconds(double seconds) {
  if (!std::isfinite(seconds)) return 0;
  return std::llround(std::clamp(seconds, -1e9, 1e9) * 1e6);
}

Digest::Digest() : minimum(NAN), maximum(NAN) {}

void Digest::add(std::int64_t step, std::int64_t time, double value) {
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

void Digest::add(const Digest& later) {
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

Digest digestOf(const PointBlock& points, std::size_t from, std::size_t to) {
  Digest digest;
  for (std::size_t i = from; i < to; ++i) digest.add(points.steps[i], points.times[i], points.values[i]);
  return digest;
}

std::string encodePoints(const PointBlock& points, std::size_t from, std::size_t to) {
  const Header header = headerFor(points, from, to);
  std::string blob;
  blob.reserve(sizeof header + (to - from) * 24);
  put(blob, header);
  if (header.form & irregularSteps)
    for (std::size_t i = from; i < to; ++i) {
      const std::int64_t offset = points.steps[i] - header.firstStep;
      if (header.form & wideSteps)
        put(blob, offset);
      else
        put(blob, static_cast<std::uint32_t>(offset));
    }
  for (std::size_t i = from; i < to; ++i) {
    const std::int64_t offset = points.times[i] - header.earliest;
    if (header.form & wideTimes)
      put(blob, offset);
    else
      put(blob, static_cast<std::uint32_t>(offset));
  }
  for (std::size_t i = from; i < to; ++i) {
    if (header.form & wideValues)
      put(blob, points.values[i]);
    else
      put(blob, static_cast<float>(points.values[i]));
  }
  putChecksum(blob);
  return blob;
}

void decodePoints(std::string_view blob, const std::filesystem::path& file, PointBlock& into) {
  Columns columns(blob, file);
  const Header header = columns.header(chunkPoints);
  const std::size_t count = header.count, before = into.size();
  into.truncate(before + count);
  std::int64_t* steps = into.steps.data() + before;
  std::int64_t* times = into.times.data() + before;
  double* values = into.values.data() + before;
  if (!(header.form & irregularSteps)) {
    for (std::size_t i = 0; i < count; ++i)
      steps[i] =
          plus(header.firstStep, static_cast<std::int64_t>(i * static_cast<std::uint64_t>(header.stride)));
  } else if (header.form & wideSteps) {
    const char* column = columns.take<std::int64_t>(count);
    for (std::size_t i = 0; i < count; ++i) steps[i] = plus(header.firstStep, at<std::int64_t>(column, i));
  } else {
    const char* column = columns.take<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) steps[i] = plus(header.firstStep, at<std::uint32_t>(column, i));
  }
  if (header.form & wideTimes) {
    const char* column = columns.take<std::int64_t>(count);
    for (std::size_t i = 0; i < count; ++i) times[i] = plus(header.earliest, at<std::int64_t>(column, i));
  } else {
    const char* column = columns.take<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) times[i] = plus(header.earliest, at<std::uint32_t>(column, i));
  }
  if (header.form & wideValues) {
    std::memcpy(values, columns.take<double>(count), count * sizeof(double));
  } else {
    const char* column = columns.take<float>(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(at<float>(column, i));
  }
  columns.end();
}

std::string encodeLevel(const PointBlock& points, std::size_t per) {
  Header header = headerFor(points, 0, points.size());
  const std::size_t entries = (points.size() + per - 1) / per;
  std::vector<Digest> digests;
  digests.reserve(entries);
  for (std::size_t from = 0; from < points.size(); from += per)
    digests.push_back(digestOf(points, from, std::min(from + per, points.size())));
  header.count = static_cast<std::uint32_t>(entries);
  header.per = static_cast<std::uint32_t>(per);
  std::string blob;
  put(blob, header);
  // The last entry may be shorter.
  put(blob, static_cast<std::uint64_t>(digests.back().count));
  for (const Digest& digest : digests)
    for (const double value : {digest.minimum, digest.maximum}) {
      if (header.form & wideValues)
        put(blob, value);
      else
        put(blob, static_cast<float>(value));
    }
  for (const Digest& digest : digests) put(blob, digest.sum);
  for (const Digest& digest : digests)
    for (const std::int64_t time : {digest.firstTime, digest.lastTime}) {
      if (header.form & wideTimes)
        put(blob, time - header.earliest);
      else
        put(blob, static_cast<std::uint32_t>(time - header.earliest));
    }
  if (header.form & irregularSteps)
    for (const Digest& digest : digests)
      for (const std::int64_t step : {digest.firstStep, digest.lastStep}) {
        if (header.form & wideSteps)
          put(blob, step - header.firstStep);
        else
          put(blob, static_cast<std::uint32_t>(step - header.firstStep));
      }
  if (header.form & withNonFinite)
    for (const Digest& digest : digests) put(blob, static_cast<std::uint16_t>(digest.nonFinite));
  putChecksum(blob);
  return blob;
}

void decodeLevel(std::string_view blob, const std::filesystem::path& file, std::vector<Digest>& into) {
  Columns columns(blob, file);
  const Header header = columns.header(chunkPoints);
  const std::size_t count = header.count;
  const auto last = at<std::uint64_t>(columns.take<std::uint64_t>(1), 0);
  if (last == 0 || last > header.per) throwDamaged(file, "a pyramid level has an impossible header");
  const bool wide = header.form & wideValues, late = header.form & wideTimes, far = header.form & wideSteps;
  const char* bounds = wide ? columns.take<double>(2 * count) : columns.take<float>(2 * count);
  const char* sums = columns.take<double>(count);
  const char* times = late ? columns.take<std::int64_t>(2 * count) : columns.take<std::uint32_t>(2 * count);
  const bool irregular = header.form & irregularSteps;
  const char* steps = !irregular ? nullptr
                      : far      ? columns.take<std::int64_t>(2 * count)
                                 : columns.take<std::uint32_t>(2 * count);
  const char* nonFinite = header.form & withNonFinite ? columns.take<std::uint16_t>(count) : nullptr;
  columns.end();
  into.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    Digest& digest = into[i];
    digest.count = i + 1 == count ? static_cast<std::int64_t>(last) : static_cast<std::int64_t>(header.per);
    digest.nonFinite = nonFinite ? at<std::uint16_t>(nonFinite, i) : 0;
    digest.minimum = wide ? at<double>(bounds, 2 * i) : static_cast<double>(at<float>(bounds, 2 * i));
    digest.maximum = wide ? at<double>(bounds, 2 * i + 1) : static_cast<double>(at<float>(bounds, 2 * i + 1));
    digest.sum = at<double>(sums, i);
    const auto timeAt = [&](std::size_t k) {
      return plus(header.earliest, late ? at<std::int64_t>(times, k) : at<std::uint32_t>(times, k));
    };
    digest.firstTime = timeAt(2 * i);
    digest.lastTime = timeAt(2 * i + 1);
    const auto stepAt = [&](std::size_t k) {
      return plus(header.firstStep, far ? at<std::int64_t>(steps, k) : at<std::uint32_t>(steps, k));
    };
    if (irregular) {
      digest.firstStep = stepAt(2 * i);
      digest.lastStep = stepAt(2 * i + 1);
    } else {
      digest.firstStep = regularStep(header, i * header.per);
      digest.lastStep = regularStep(header, i * header.per + static_cast<std::uint64_t>(digest.count) - 1);
    }
  }
}

} // namespace loom
