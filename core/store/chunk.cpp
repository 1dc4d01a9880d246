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

using namespace blob;

static_assert(std::endian::native == std::endian::little, "the blobs are written as they are in memory");

constexpr std::uint32_t allForms = 31;

struct Header {
  std::uint32_t count = 0, form = 0, per = 1, checksum = 0;
  std::int64_t firstStep = 0, stride = 0, earliest = 0;
};

template<class T> void put(std::string& blob, T value) {
  blob.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template<class T, class Give> void putColumn(std::string& blob, std::size_t count, Give&& give) {
  const std::size_t from = blob.size();
  blob.resize(from + count * sizeof(T));
  for (std::size_t i = 0; i < count; ++i) {
    const T value = static_cast<T>(give(i));
    std::memcpy(blob.data() + from + i * sizeof(T), &value, sizeof(T));
  }
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
    if (rest_.size() / sizeof(T) < count)
      throwDamaged(file_, say("a block of points is shorter than its header says"));
    const char* at = rest_.data();
    rest_.remove_prefix(count * sizeof(T));
    return at;
  }
  void end() const {
    if (!rest_.empty()) throwDamaged(file_, say("a block of points is longer than its header says"));
  }
  Header header(std::size_t most) {
    Header header;
    std::memcpy(&header, take<Header>(1), sizeof header);
    if (checksumOf(blob_) != header.checksum)
      throwDamaged(file_, say("the checksum of a block of points is wrong"));
    if (header.count == 0 || header.count > most || header.form > allForms || header.per == 0 ||
        header.per > chunkPoints)
      throwDamaged(file_, say("a block of points has an impossible header"));
    return header;
  }

 private:
  std::string_view blob_, rest_;
  const std::filesystem::path& file_;
};

std::int64_t regularStep(const Header& header, std::uint64_t index) {
  return plus(header.firstStep, index * static_cast<std::uint64_t>(header.stride));
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

std::string encodeLevel(Header header, const std::vector<Digest>& digests, std::size_t per) {
  const std::size_t count = digests.size();
  header.count = static_cast<std::uint32_t>(count);
  header.per = static_cast<std::uint32_t>(per);
  std::string blob;
  blob.reserve(sizeof header + count * 64);
  put(blob, header);
  // The last entry may be shorter.
  put(blob, static_cast<std::uint64_t>(digests.back().count));
  const auto pairs = [&](const auto& first, const auto& second) {
    return [&, first, second](std::size_t i) {
      return i % 2 == 0 ? first(digests[i / 2]) : second(digests[i / 2]);
    };
  };
  const auto bound = pairs([](const Digest& digest) { return digest.minimum; },
                           [](const Digest& digest) { return digest.maximum; });
  const auto time = pairs([&](const Digest& digest) { return digest.firstTime - header.earliest; },
                          [&](const Digest& digest) { return digest.lastTime - header.earliest; });
  const auto step = pairs([&](const Digest& digest) { return digest.firstStep - header.firstStep; },
                          [&](const Digest& digest) { return digest.lastStep - header.firstStep; });
  if (header.form & wideValues)
    putColumn<double>(blob, 2 * count, bound);
  else
    putColumn<float>(blob, 2 * count, bound);
  putColumn<double>(blob, count, [&](std::size_t i) { return digests[i].sum; });
  if (header.form & wideTimes)
    putColumn<std::int64_t>(blob, 2 * count, time);
  else
    putColumn<std::uint32_t>(blob, 2 * count, time);
  if (header.form & wideSteps)
    putColumn<std::int64_t>(blob, 2 * count, step);
  else if (header.form & irregularSteps)
    putColumn<std::uint32_t>(blob, 2 * count, step);
  if (header.form & withNonFinite)
    putColumn<std::uint16_t>(blob, count, [&](std::size_t i) { return digests[i].nonFinite; });
  putChecksum(blob);
  return blob;
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

Digest digestOf(const PointBlock& points, std::size_t from, std::size_t to) {
  Digest digest;
  for (std::size_t i = from; i < to; ++i) digest.add(points.steps[i], points.times[i], points.values[i]);
  return digest;
}

std::string encodePoints(const PointBlock& points, std::size_t from, std::size_t to) {
  const Header header = headerFor(points, from, to);
  const std::size_t count = to - from;
  std::string blob;
  blob.reserve(sizeof header + count * 24);
  put(blob, header);
  const auto step = [&](std::size_t i) { return points.steps[from + i] - header.firstStep; };
  const auto time = [&](std::size_t i) { return points.times[from + i] - header.earliest; };
  const auto value = [&](std::size_t i) { return points.values[from + i]; };
  if (header.form & wideSteps)
    putColumn<std::int64_t>(blob, count, step);
  else if (header.form & irregularSteps)
    putColumn<std::uint32_t>(blob, count, step);
  if (header.form & wideTimes)
    putColumn<std::int64_t>(blob, count, time);
  else
    putColumn<std::uint32_t>(blob, count, time);
  if (header.form & wideValues)
    putColumn<double>(blob, count, value);
  else
    putColumn<float>(blob, count, value);
  putChecksum(blob);
  return blob;
}

PointsView::PointsView(std::string_view blob, const std::filesystem::path& file) {
  Columns columns(blob, file);
  const Header header = columns.header(chunkPoints);
  count_ = header.count;
  firstStep_ = header.firstStep;
  stride_ = header.stride;
  earliest_ = header.earliest;
  form_ = header.form;
  if (form_ & irregularSteps)
    steps_ = form_ & wideSteps ? columns.take<std::int64_t>(count_) : columns.take<std::uint32_t>(count_);
  times_ = form_ & wideTimes ? columns.take<std::int64_t>(count_) : columns.take<std::uint32_t>(count_);
  values_ = form_ & wideValues ? columns.take<double>(count_) : columns.take<float>(count_);
  columns.end();
}

void decodePoints(std::string_view blob, const std::filesystem::path& file, PointBlock& into) {
  const PointsView view(blob, file);
  const std::size_t before = into.size(), count = view.size();
  into.truncate(before + count);
  for (std::size_t i = 0; i < count; ++i) into.steps[before + i] = view.step(i);
  for (std::size_t i = 0; i < count; ++i) into.times[before + i] = view.time(i);
  for (std::size_t i = 0; i < count; ++i) into.values[before + i] = view.value(i);
}

Pyramid pyramidOf(const PointBlock& points) {
  const Header header = headerFor(points, 0, points.size());
  std::vector<Digest> fine, coarse;
  fine.reserve(points.size() / fineBucket + 1);
  for (std::size_t from = 0; from < points.size(); from += fineBucket)
    fine.push_back(digestOf(points, from, std::min(from + fineBucket, points.size())));
  Pyramid pyramid;
  constexpr std::size_t each = coarseBucket / fineBucket;
  for (std::size_t from = 0; from < fine.size(); from += each) {
    Digest digest;
    for (std::size_t i = from; i < std::min(from + each, fine.size()); ++i) digest.add(fine[i]);
    pyramid.whole.add(digest);
    coarse.push_back(digest);
  }
  pyramid.fine = encodeLevel(header, fine, fineBucket);
  pyramid.coarse = encodeLevel(header, coarse, coarseBucket);
  return pyramid;
}

LevelView::LevelView(std::string_view blob, const std::filesystem::path& file) {
  Columns columns(blob, file);
  const Header header = columns.header(chunkPoints);
  count_ = header.count;
  per_ = header.per;
  firstStep_ = header.firstStep;
  stride_ = header.stride;
  earliest_ = header.earliest;
  form_ = header.form;
  last_ = static_cast<std::size_t>(blob::at<std::uint64_t>(columns.take<std::uint64_t>(1), 0));
  if (last_ == 0 || last_ > per_) throwDamaged(file, say("a pyramid level has an impossible header"));
  const std::size_t pairs = 2 * count_;
  bounds_ = form_ & wideValues ? columns.take<double>(pairs) : columns.take<float>(pairs);
  sums_ = columns.take<double>(count_);
  times_ = form_ & wideTimes ? columns.take<std::int64_t>(pairs) : columns.take<std::uint32_t>(pairs);
  if (form_ & irregularSteps)
    steps_ = form_ & wideSteps ? columns.take<std::int64_t>(pairs) : columns.take<std::uint32_t>(pairs);
  if (form_ & withNonFinite) nonFinite_ = columns.take<std::uint16_t>(count_);
  columns.end();
}

} // namespace loom
