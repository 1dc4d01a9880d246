// SPDX-License-Identifier: Apache-2.0
#include "core/store/series_reader.h"
#include "core/store/chunk_row.h"
#include "core/store/series_ids.h"
#include "core/store/series_writer.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace loom {
namespace {

// A pyramid bucket that is narrower than a quarter of a pixel goes whole into the pixel where it begins. The
// bucket alone decides, not how many there are, so that a growing series leaves the picture of what is there
// as it was.
constexpr int narrow = 4;
constexpr int mostPixels = 1 << 16;
constexpr int coarseColumn = 1 + digestWidth; // of chunks_: behind the id and the digest

double secondsOf(std::int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

} // namespace

// Takes digests in the order of their steps and gives each to one pixel of [first, last].
class SeriesReader::BucketMaker {
 public:
  BucketMaker(std::int64_t first, std::int64_t last, int pixels)
      : first_(first), last_(last), pixels_(pixels), width_(static_cast<Wide>(last) - first + 1) {}

  enum class Fit { outside, whole, divide };
  Fit fit(std::int64_t firstStep, std::int64_t lastStep) {
    if (lastStep < first_ || firstStep > last_) return Fit::outside;
    if (firstStep < first_ || lastStep > last_) return Fit::divide;
    if (lastStep < pixelEnd(firstStep)) return Fit::whole;
    const Wide span = static_cast<Wide>(lastStep) - firstStep;
    return span * pixels_ * narrow <= width_ ? Fit::whole : Fit::divide;
  }
  void add(const Digest& digest) {
    beginAt(digest.firstStep);
    current_.add(digest);
  }
  template<class Points> void add(const Points& points, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const std::int64_t step = points.step(i);
      if (step < first_ || step > last_) continue;
      beginAt(step);
      current_.add(step, points.time(i), points.value(i));
    }
  }
  std::vector<Bucket> take() {
    finish();
    return std::move(buckets_);
  }

 private:
  using Wide = __int128;
  std::int64_t pixelOf(std::int64_t step) const {
    return static_cast<std::int64_t>((static_cast<Wide>(step) - first_) * pixels_ / width_);
  }
  // The first step of the pixel behind that of `step`. Steps come in order, so the 128-bit division is made
  // once a pixel, not once a point.
  std::int64_t pixelEnd(std::int64_t step) {
    if (step < cursorEnd_) return cursorEnd_;
    const Wide end = first_ + ((static_cast<Wide>(pixelOf(step)) + 1) * width_ + pixels_ - 1) / pixels_;
    cursorEnd_ = static_cast<std::int64_t>(std::min<Wide>(end, std::numeric_limits<std::int64_t>::max()));
    return cursorEnd_;
  }
  void beginAt(std::int64_t step) {
    if (current_.count > 0 && step < currentEnd_) return;
    finish();
    current_ = Digest();
    currentEnd_ = pixelEnd(step);
  }
  void finish() {
    if (current_.count == 0) return;
    const std::int64_t finite = current_.count - current_.nonFinite;
    double mean = current_.sum / static_cast<double>(finite);
    // Values near the largest double have no sum.
    if (!std::isfinite(mean)) mean = current_.minimum / 2 + current_.maximum / 2;
    buckets_.push_back({current_.firstStep, current_.lastStep, finite > 0 ? current_.minimum : NAN,
                        finite > 0 ? current_.maximum : NAN, finite > 0 ? mean : NAN, current_.count,
                        current_.nonFinite, secondsOf(current_.firstTime), secondsOf(current_.lastTime)});
    current_.count = 0;
  }
  std::int64_t first_, last_;
  int pixels_;
  Wide width_;
  Digest current_;
  std::int64_t currentEnd_ = 0, cursorEnd_ = std::numeric_limits<std::int64_t>::min();
  std::vector<Bucket> buckets_;
};

SeriesReader::SeriesReader(const Database& database) : database_(database) {
  keys_ = database.prepare("SELECT key FROM series WHERE run=(SELECT id FROM run WHERE uuid=?) ORDER BY key");
  find_ = database.prepare("SELECT id,chunks,first_step,last_step FROM series WHERE run=(SELECT id FROM run "
                           "WHERE uuid=?) AND key=?");
  // An earlier version's file has no checksums.
  const bool checked =
      database.number("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='checked'") != 0;
  const std::string columns = "SELECT " + std::string(seriesColumns) + (checked ? ",sum" : ",NULL") +
                              ",run.uuid FROM series JOIN run ON run.id=series.run " +
                              (checked ? "LEFT JOIN checked ON checked.series=series.id " : "");
  summaries_ = database.prepare(columns + "ORDER BY run.uuid,key");
  summariesOf_ = database.prepare(columns + "WHERE run.uuid=? ORDER BY key");
  lastStep_ = database.prepare("SELECT last_step FROM chunk WHERE id=?");
  chunks_ = database.prepare("SELECT id," + std::string(digestColumns) +
                             ",coarse FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id");
  fine_ = database.prepare("SELECT data FROM fine WHERE id=?");
  raw_ = database.prepare("SELECT data FROM raw WHERE id=?");
  tail_ = database.prepare("SELECT data FROM tail WHERE id BETWEEN ? AND ? ORDER BY id");
}

std::vector<std::string> SeriesReader::keys(const std::string& run) {
  std::vector<std::string> names;
  Rows rows = keys_.query(run);
  while (rows.next()) names.push_back(rows.text(0));
  return names;
}

std::optional<SeriesReader::Series> SeriesReader::find(const std::string& run, const std::string& key) {
  Rows rows = find_.query(run, key);
  if (!rows.next()) return std::nullopt;
  return Series{rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
}

std::int64_t SeriesReader::chunkAt(const Series& series, std::int64_t step) {
  std::int64_t from = 0, to = series.chunks;
  while (from < to) {
    const std::int64_t middle = from + (to - from) / 2;
    Rows rows = lastStep_.query(chunkId(series.number, middle));
    if (!rows.next()) throwDamaged(database_.file(), say("a chunk is missing"));
    if (rows.integer(0) < step)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

void SeriesReader::readRaw(std::int64_t id, PointBlock& into) {
  Rows rows = raw_.query(id);
  if (!rows.next()) throwDamaged(database_.file(), say("the points of a chunk are missing"));
  decodePoints(rows.blob(0), database_.file(), into);
}

void SeriesReader::readTail(const Series& series, PointBlock& into) {
  Rows rows = tail_.query(chunkId(series.number, 0), lastChunkId(series.number));
  while (rows.next()) decodePoints(rows.blob(0), database_.file(), into);
}

std::vector<SeriesPoint> SeriesReader::points(const std::string& run, const std::string& key,
                                              std::int64_t first, std::int64_t last, std::size_t most) {
  std::vector<SeriesPoint> result;
  const auto series = find(run, key);
  if (!series) return result;
  if (first == 0 && last == 0) last = series->lastStep;
  PointBlock block;
  // False when what follows is not wanted.
  const auto take = [&] {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block.steps[i] > last || result.size() == most) return false;
      if (block.steps[i] >= first)
        result.push_back({block.steps[i], block.values[i], secondsOf(block.times[i])});
    }
    block.clear();
    return true;
  };
  for (std::int64_t index = chunkAt(*series, first); index < series->chunks; ++index) {
    readRaw(chunkId(series->number, index), block);
    if (!take()) return result;
  }
  readTail(*series, block);
  take();
  return result;
}

std::int64_t SeriesReader::blocks(const std::string& run, const std::string& key) {
  const auto series = find(run, key);
  return series ? series->chunks + 1 : 0;
}

PointBlock SeriesReader::blockAt(const std::string& run, const std::string& key, std::int64_t index) {
  PointBlock points;
  const auto series = find(run, key);
  if (series && index < series->chunks)
    readRaw(chunkId(series->number, index), points);
  else if (series && index == series->chunks)
    readTail(*series, points);
  return points;
}

// Down the pyramid of one chunk, only where a bucket lies across a border.
class SeriesReader::ChunkWalk {
 public:
  ChunkWalk(SeriesReader& reader, BucketMaker& maker) : reader_(reader), maker_(maker) {}

  // A row of chunks_.
  void add(const Rows& rows) {
    const Digest chunk = digestFrom(rows, 1);
    const auto fit = maker_.fit(chunk.firstStep, chunk.lastStep);
    if (fit == BucketMaker::Fit::whole) maker_.add(chunk);
    if (fit != BucketMaker::Fit::divide) return;
    raw_.reset();
    fine_.reset();
    id_ = rows.integer(0);
    const LevelView coarse(rows.blob(coarseColumn), file());
    for (std::size_t i = 0; i < coarse.size(); ++i) {
      const Digest bucket = coarse.at(i);
      const auto each = maker_.fit(bucket.firstStep, bucket.lastStep);
      if (each == BucketMaker::Fit::whole) maker_.add(bucket);
      if (each == BucketMaker::Fit::divide)
        addFine(i * (coarseBucket / fineBucket), coarseBucket / fineBucket);
    }
  }

 private:
  void addFine(std::size_t begin, std::size_t count) {
    if (!fine_) {
      fineRow_.reset();
      fineRow_.emplace(reader_.fine_.query(id_));
      if (!fineRow_->next()) throwDamaged(file(), say("a level of the pyramid is missing"));
      fine_.emplace(fineRow_->blob(0), file());
    }
    if (begin + count > fine_->size())
      throwDamaged(file(), say("a level of the pyramid is shorter than it should be"));
    for (std::size_t i = begin; i < begin + count; ++i) {
      const Digest bucket = fine_->at(i);
      const auto fit = maker_.fit(bucket.firstStep, bucket.lastStep);
      if (fit == BucketMaker::Fit::whole) maker_.add(bucket);
      if (fit == BucketMaker::Fit::divide) addRaw(i * fineBucket, fineBucket);
    }
  }
  void addRaw(std::size_t begin, std::size_t count) {
    if (!raw_) {
      rawRow_.reset();
      rawRow_.emplace(reader_.raw_.query(id_));
      if (!rawRow_->next()) throwDamaged(file(), say("the points of a chunk are missing"));
      raw_.emplace(rawRow_->blob(0), file());
    }
    if (begin + count > raw_->size()) throwDamaged(file(), say("a chunk is shorter than its pyramid says"));
    maker_.add(*raw_, begin, begin + count);
  }
  const std::filesystem::path& file() const { return reader_.database_.file(); }

  SeriesReader& reader_;
  BucketMaker& maker_;
  std::int64_t id_ = 0;
  std::optional<Rows> fineRow_, rawRow_;
  std::optional<LevelView> fine_;
  std::optional<PointsView> raw_;
};

std::vector<Bucket> SeriesReader::buckets(const std::string& run, const std::string& key, std::int64_t first,
                                          std::int64_t last, int pixels) {
  const auto series = find(run, key);
  if (!series) return {};
  if (first == 0 && last == 0) {
    first = series->firstStep;
    last = series->lastStep;
  }
  if (last < first) return {};
  const std::int64_t from = chunkAt(*series, first);
  const std::int64_t to = std::min(chunkAt(*series, last), series->chunks - 1);
  BucketMaker maker(first, last, std::clamp(pixels, 1, mostPixels));
  if (from <= to) {
    ChunkWalk walk(*this, maker);
    Rows rows = chunks_.query(chunkId(series->number, from), chunkId(series->number, to));
    while (rows.next()) walk.add(rows);
  }
  for (Rows rows = tail_.query(chunkId(series->number, 0), lastChunkId(series->number)); rows.next();) {
    const PointsView tail(rows.blob(0), database_.file());
    maker.add(tail, 0, tail.size());
  }
  return maker.take();
}

std::vector<SeriesReader::Summary> SeriesReader::summaries(const std::string& run) {
  std::vector<Summary> result;
  Rows rows = run.empty() ? summaries_.query() : summariesOf_.query(run);
  while (rows.next()) {
    Summary summary;
    MetricSummary& metric = summary.metric;
    metric.key = rows.text(0);
    metric.count = rows.integer(2);
    metric.nonFinite = rows.integer(3);
    metric.lastStep = rows.integer(5);
    summary.lastSeconds = secondsOf(rows.integer(6));
    metric.last = rows.real(7);
    metric.minimum = rows.real(8);
    metric.minimumStep = rows.integer(9);
    metric.maximum = rows.real(10);
    metric.maximumStep = rows.integer(11);
    summary.damaged =
        !rows.isNull(seriesWidth) && rows.integer(seriesWidth) != rows.checksum(0, 0, seriesWidth);
    summary.run = rows.text(seriesWidth + 1);
    result.push_back(std::move(summary));
  }
  return result;
}

namespace {

bool sameDigest(const Digest& a, const Digest& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.firstStep == b.firstStep && a.lastStep == b.lastStep && a.firstTime == b.firstTime &&
         a.lastTime == b.lastTime && a.nonFinite == b.nonFinite && same(a.minimum, b.minimum) &&
         a.minimumStep == b.minimumStep && same(a.maximum, b.maximum) && a.maximumStep == b.maximumStep &&
         same(a.sum, b.sum);
}

} // namespace

std::vector<Message> SeriesReader::checkChunks(const std::string& run) {
  std::vector<Message> findings;
  for (const std::string& key : keys(run)) {
    const auto series = find(run, key);
    if (!series) continue;
    std::int64_t index = 0;
    Rows rows = chunks_.query(chunkId(series->number, 0), lastChunkId(series->number));
    for (; rows.next(); ++index) {
      PointBlock points;
      readRaw(rows.integer(0), points);
      if (points.size() != chunkPoints) {
        findings.push_back(say("run {}, {}: chunk {} is not full", run, key, index));
        continue;
      }
      const Pyramid pyramid = pyramidOf(points);
      const Digest stored = digestFrom(rows, 1);
      Rows fine = fine_.query(rows.integer(0));
      const bool same = rows.integer(0) == chunkId(series->number, index) &&
                        sameDigest(stored, pyramid.whole) && rows.blob(coarseColumn) == pyramid.coarse &&
                        fine.next() && fine.blob(0) == pyramid.fine;
      if (!same) findings.push_back(say("run {}, {}: chunk {} does not match its points", run, key, index));
    }
    if (index != series->chunks)
      findings.push_back(say("run {}, {}: {} chunks instead of {}", run, key, index, series->chunks));
  }
  return findings;
}

} // namespace loom
