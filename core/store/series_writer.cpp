// SPDX-License-Identifier: Apache-2.0
#include "core/store/series_writer.h"
#include "core/store/chunk_row.h"
#include "core/store/series_ids.h"
#include <cmath>

namespace loom {
namespace {

// A tail grows by one row at each flush; so many rows are folded into one, so that a slow run is read from
// few rows.
constexpr std::int64_t mostTailRows = 64;
// So many series are kept in memory between two flushes, of some hundred bytes each.
constexpr std::size_t mostHeld = 50'000;
constexpr std::int64_t mostChunks = std::int64_t{1} << chunkBits;

} // namespace

void createMetrics(const Database& database) {
  database.execute(R"(
    CREATE TABLE run(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE);
    -- How far each journal is taken in; sequence: of the record that comes next.
    CREATE TABLE source(run INTEGER NOT NULL, attempt INTEGER NOT NULL, offset INTEGER NOT NULL, sequence INTEGER NOT NULL,
      damaged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(run, attempt)) WITHOUT ROWID;
    CREATE TABLE series(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key TEXT NOT NULL, chunks INTEGER NOT NULL,
      points INTEGER NOT NULL, non_finite INTEGER NOT NULL, first_step INTEGER NOT NULL, last_step INTEGER NOT NULL,
      last_time INTEGER NOT NULL, last REAL, minimum REAL, minimum_step INTEGER NOT NULL, maximum REAL,
      maximum_step INTEGER NOT NULL, UNIQUE(run, key));
    -- id: series << 20 | index. coarse: the level of 256 points a bucket.
    CREATE TABLE chunk(id INTEGER PRIMARY KEY, first_step INTEGER NOT NULL, last_step INTEGER NOT NULL,
      first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, non_finite INTEGER NOT NULL, minimum REAL,
      minimum_step INTEGER NOT NULL, maximum REAL, maximum_step INTEGER NOT NULL, sum REAL, coarse BLOB NOT NULL);
    CREATE TABLE fine(id INTEGER PRIMARY KEY, data BLOB NOT NULL);  -- 16 points a bucket
    CREATE TABLE raw(id INTEGER PRIMARY KEY, data BLOB NOT NULL);   -- the points themselves
    CREATE TABLE tail(id INTEGER PRIMARY KEY, data BLOB NOT NULL);  -- points that fill no chunk yet
  )");
  completeMetrics(database);
}

void completeMetrics(const Database& database) {
  if (database.number("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='checked'") == 0)
    database.execute("CREATE TABLE checked(series INTEGER PRIMARY KEY, sum INTEGER NOT NULL)");
}

SeriesWriter::SeriesWriter(const Database& database) : database_(database) {
  findRun_ = database.prepare("SELECT id FROM run WHERE uuid=?");
  addRun_ = database.prepare("INSERT INTO run(uuid) VALUES(?) RETURNING id");
  listRuns_ = database.prepare("SELECT uuid FROM run ORDER BY uuid");
  countSeries_ = database.prepare("SELECT count(*) FROM series WHERE run=?");
  findSeries_ =
      database.prepare("SELECT id,chunks,points,non_finite,first_step,last_step,last_time,last,"
                       "minimum,minimum_step,maximum,maximum_step FROM series WHERE run=? AND key=?");
  listBeyond_ = database.prepare("SELECT key FROM series WHERE run=? AND last_step>?");
  listNumbers_ = database.prepare("SELECT id FROM series WHERE run=?");
  addSeries_ = database.prepare(
      "INSERT INTO "
      "series(run,key,chunks,points,non_finite,first_step,last_step,last_time,minimum_step,maximum_step) "
      "VALUES(?,?,0,0,0,0,0,0,0,0) RETURNING id");
  updateSeries_ = database.prepare(
      "UPDATE series SET "
      "chunks=?2,points=?3,non_finite=?4,first_step=?5,last_step=?6,last_time=?7,last=?8,minimum=?9,"
      "minimum_step=?10,maximum=?11,maximum_step=?12 WHERE id=?1");
  dropSeries_ = database.prepare("DELETE FROM series WHERE id=?");
  addChunk_ = database.prepare("INSERT INTO chunk VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
  addFine_ = database.prepare("INSERT INTO fine VALUES(?,?)");
  addRaw_ = database.prepare("INSERT INTO raw VALUES(?,?)");
  readRaw_ = database.prepare("SELECT data FROM raw WHERE id=?");
  findChunk_ = database.prepare("SELECT min(id) FROM chunk WHERE id BETWEEN ? AND ? AND last_step>?");
  readChunks_ = database.prepare("SELECT " + std::string(digestColumns) +
                                 " FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id");
  dropChunks_ = database.prepare("DELETE FROM chunk WHERE id BETWEEN ? AND ?");
  dropFine_ = database.prepare("DELETE FROM fine WHERE id BETWEEN ? AND ?");
  dropRaw_ = database.prepare("DELETE FROM raw WHERE id BETWEEN ? AND ?");
  addTail_ = database.prepare("INSERT INTO tail VALUES(?,?)");
  readTail_ = database.prepare("SELECT data FROM tail WHERE id BETWEEN ? AND ? ORDER BY id");
  countTail_ = database.prepare("SELECT count(*) FROM tail WHERE id BETWEEN ? AND ?");
  dropTail_ = database.prepare("DELETE FROM tail WHERE id BETWEEN ? AND ?");
  dropRun_ = database.prepare("DELETE FROM run WHERE id=?");
  dropSources_ = database.prepare("DELETE FROM source WHERE run=?");
  const std::string shown(seriesColumns);
  readShown_ = database.prepare("SELECT " + shown + " FROM series WHERE id=?");
  writeChecksum_ = database.prepare("INSERT OR REPLACE INTO checked VALUES(?,?)");
  dropChecksum_ = database.prepare("DELETE FROM checked WHERE series=?");
  listChecksums_ = database.prepare("SELECT " + shown +
                                    ",sum,id FROM series JOIN checked ON checked.series=series.id WHERE "
                                    "run=(SELECT id FROM run WHERE uuid=?)");
}

bool SeriesWriter::fits(const std::string& uuid) {
  bool fits = true;
  for (Rows rows = listChecksums_.query(uuid); rows.next();) {
    if (rows.integer(seriesWidth) == rows.checksum(0, 0, seriesWidth)) continue;
    damaged_.insert(rows.integer(seriesWidth + 1));
    fits = false;
  }
  return fits;
}

void SeriesWriter::storeChecksum(std::int64_t number) {
  if (damaged_.contains(number)) return;
  std::uint32_t sum = 0;
  for (Rows rows = readShown_.query(number); rows.next();) sum = rows.checksum(0, 0, seriesWidth);
  writeChecksum_.run(number, sum);
}

std::int64_t SeriesWriter::runNumber(const std::string& uuid) {
  {
    Rows rows = findRun_.query(uuid);
    if (rows.next()) return rows.integer(0);
  }
  Rows rows = addRun_.query(uuid);
  rows.next();
  const std::int64_t number = rows.integer(0);
  while (rows.next()) {
  }
  return number;
}

std::vector<std::string> SeriesWriter::uuids() {
  std::vector<std::string> names;
  Rows rows = listRuns_.query();
  while (rows.next()) names.push_back(rows.text(0));
  return names;
}

SeriesWriter::Run& SeriesWriter::runOf(std::int64_t run) {
  const auto known = runs_.find(run);
  if (known != runs_.end()) return known->second;
  Rows rows = countSeries_.query(run);
  rows.next();
  Run fresh;
  fresh.count = rows.integer(0);
  return runs_.emplace(run, std::move(fresh)).first->second;
}

SeriesWriter::Series* SeriesWriter::find(std::int64_t run, const std::string& key) {
  Run& all = runOf(run);
  if (const auto known = all.series.find(key); known != all.series.end()) return &known->second;
  Rows rows = findSeries_.query(run, key);
  if (!rows.next()) return nullptr;
  Series series;
  series.number = rows.integer(0);
  series.chunks = rows.integer(1);
  Digest& digest = series.digest;
  digest.count = rows.integer(2);
  digest.nonFinite = rows.integer(3);
  digest.firstStep = rows.integer(4);
  digest.lastStep = rows.integer(5);
  digest.lastTime = rows.integer(6);
  series.last = rows.real(7);
  digest.minimum = rows.real(8);
  digest.minimumStep = rows.integer(9);
  digest.maximum = rows.real(10);
  digest.maximumStep = rows.integer(11);
  // Sealed chunks are full and the tail is shorter than one, or something else wrote here.
  const std::int64_t tail = digest.count - series.chunks * static_cast<std::int64_t>(chunkPoints);
  Rows count = countTail_.query(chunkId(series.number, 0), lastChunkId(series.number));
  count.next();
  series.tailRows = count.integer(0);
  if (series.chunks < 0 || series.chunks > mostChunks || tail < 0 ||
      tail >= static_cast<std::int64_t>(chunkPoints) || (tail > 0) != (series.tailRows > 0))
    throwDamaged(database_.file(), say("the points of a series do not add up"));
  series.tailStored = static_cast<std::size_t>(tail);
  ++held_;
  return &all.series.emplace(key, std::move(series)).first->second;
}

SeriesWriter::Series* SeriesWriter::make(std::int64_t run, const std::string& key) {
  Run& all = runOf(run);
  if (all.count >= mostSeries) return nullptr;
  Series series;
  Rows rows = addSeries_.query(run, key);
  rows.next();
  series.number = rows.integer(0);
  while (rows.next()) {
  }
  ++all.count;
  ++held_;
  return &all.series.emplace(key, std::move(series)).first->second;
}

std::int64_t SeriesWriter::append(std::int64_t run, const PointColumns& columns) {
  Series* series = find(run, columns.key);
  if (!series) series = make(run, columns.key);
  if (!series) return static_cast<std::int64_t>(columns.steps.size());
  std::int64_t skipped = 0;
  for (std::size_t i = 0; i < columns.steps.size(); ++i) {
    const std::int64_t step = columns.steps[i];
    if ((series->digest.count > 0 && step <= series->digest.lastStep) || series->chunks >= mostChunks) {
      ++skipped;
      continue;
    }
    const std::int64_t time = toMicroseconds(columns.times[i]);
    series->fresh.add(step, time, columns.values[i]);
    series->digest.add(step, time, columns.values[i]);
    series->last = columns.values[i];
    if (series->tailSize() == chunkPoints) seal(*series);
  }
  series->changed = true;
  return skipped;
}

PointBlock SeriesWriter::tailOf(const Series& series) {
  PointBlock points;
  if (series.tailRows > 0) {
    Rows rows = readTail_.query(chunkId(series.number, 0), lastChunkId(series.number));
    while (rows.next()) decodePoints(rows.blob(0), database_.file(), points);
    if (points.size() != series.tailStored)
      throwDamaged(database_.file(), say("the points of a series do not add up"));
  }
  for (std::size_t i = 0; i < series.fresh.size(); ++i)
    points.add(series.fresh.steps[i], series.fresh.times[i], series.fresh.values[i]);
  return points;
}

void SeriesWriter::seal(Series& series) {
  if (series.tailRows > 0) {
    series.fresh = tailOf(series);
    dropTailRows(series);
  }
  const PointBlock& points = series.fresh;
  const std::int64_t id = chunkId(series.number, series.chunks);
  const Pyramid pyramid = pyramidOf(points);
  const Digest& digest = pyramid.whole;
  const std::string raw = encodePoints(points, 0, points.size());
  addChunk_.run(id, digest.firstStep, digest.lastStep, digest.firstTime, digest.lastTime, digest.nonFinite,
                digest.minimum, digest.minimumStep, digest.maximum, digest.maximumStep, digest.sum,
                Statement::asBlob(pyramid.coarse));
  addFine_.run(id, Statement::asBlob(pyramid.fine));
  addRaw_.run(id, Statement::asBlob(raw));
  ++series.chunks;
  series.fresh.clear();
}

void SeriesWriter::dropTailRows(Series& series) {
  if (series.tailRows > 0) dropTail_.run(chunkId(series.number, 0), lastChunkId(series.number));
  series.tailRows = 0;
  series.tailStored = 0;
}

void SeriesWriter::storeTail(Series& series) {
  if (series.fresh.size() == 0) {
    series.fresh = PointBlock(); // a sealed chunk's room
    return;
  }
  if (series.tailRows >= mostTailRows) {
    series.fresh = tailOf(series);
    dropTailRows(series);
  }
  const std::string blob = encodePoints(series.fresh, 0, series.fresh.size());
  addTail_.run(chunkId(series.number, series.tailRows++), Statement::asBlob(blob));
  series.tailStored += series.fresh.size();
  series.fresh = PointBlock();
}

void SeriesWriter::store(Series& series) {
  storeTail(series);
  const Digest& digest = series.digest;
  updateSeries_.run(series.number, series.chunks, digest.count, digest.nonFinite, digest.firstStep,
                    digest.lastStep, digest.lastTime, series.last, digest.minimum, digest.minimumStep,
                    digest.maximum, digest.maximumStep);
  storeChecksum(series.number);
  series.changed = false;
}

void SeriesWriter::flush() {
  for (auto& [run, all] : runs_)
    for (auto& [key, series] : all.series)
      if (series.changed) store(series);
  if (held_ > mostHeld) forget();
}

void SeriesWriter::supersede(std::int64_t run, std::int64_t step) {
  Run& all = runOf(run);
  // So that the table knows of every series.
  for (auto& [key, series] : all.series)
    if (series.changed) store(series);
  std::vector<std::string> beyond;
  for (Rows rows = listBeyond_.query(run, step); rows.next();) beyond.push_back(rows.text(0));
  for (const std::string& key : beyond) {
    Series* series = find(run, key);
    if (!series) continue;
    cutBack(*series, step);
    if (series->digest.count > 0) {
      store(*series);
      continue;
    }
    dropSeries_.run(series->number);
    dropChecksum_.run(series->number);
    all.series.erase(key);
    --all.count;
    --held_;
  }
}

void SeriesWriter::cutBack(Series& series, std::int64_t step) {
  const std::int64_t first = chunkId(series.number, 0), last = lastChunkId(series.number);
  std::int64_t cut = -1;
  if (series.chunks > 0) {
    Rows rows = findChunk_.query(first, last, step);
    if (rows.next() && !rows.isNull(0)) cut = rows.integer(0);
  }
  PointBlock tail;
  if (cut >= 0) {
    // The chunk that the cut goes through becomes the tail again.
    {
      Rows raw = readRaw_.query(cut);
      if (!raw.next()) throwDamaged(database_.file(), say("the points of a chunk are missing"));
      decodePoints(raw.blob(0), database_.file(), tail);
    }
    dropChunks_.run(cut, last);
    dropFine_.run(cut, last);
    dropRaw_.run(cut, last);
    series.chunks = cut - first;
  } else {
    tail = tailOf(series);
  }
  dropTailRows(series);
  std::size_t keep = tail.size();
  while (keep > 0 && tail.steps[keep - 1] > step) --keep;
  tail.truncate(keep);
  series.fresh = std::move(tail);

  Digest digest;
  double lastValue = NAN;
  Rows rows = readChunks_.query(first, last);
  while (rows.next()) digest.add(digestFrom(rows, 0));
  if (keep > 0) {
    digest.add(digestOf(series.fresh, 0, keep));
    lastValue = series.fresh.values[keep - 1];
  } else if (series.chunks > 0) {
    PointBlock points;
    Rows raw = readRaw_.query(chunkId(series.number, series.chunks - 1));
    if (!raw.next()) throwDamaged(database_.file(), say("the points of a chunk are missing"));
    decodePoints(raw.blob(0), database_.file(), points);
    lastValue = points.values.back();
  }
  series.digest = digest;
  series.last = lastValue;
  series.changed = true;
}

void SeriesWriter::forget() {
  runs_.clear();
  held_ = 0;
}

void SeriesWriter::remove(std::int64_t run) {
  std::vector<std::int64_t> numbers;
  for (Rows rows = listNumbers_.query(run); rows.next();) numbers.push_back(rows.integer(0));
  for (const std::int64_t number : numbers) {
    const std::int64_t first = chunkId(number, 0), last = lastChunkId(number);
    dropTail_.run(first, last);
    dropChunks_.run(first, last);
    dropFine_.run(first, last);
    dropRaw_.run(first, last);
    dropSeries_.run(number);
    dropChecksum_.run(number);
    damaged_.erase(number);
  }
  dropSources_.run(run);
  dropRun_.run(run);
  if (const auto held = runs_.find(run); held != runs_.end()) {
    held_ -= held->second.series.size();
    runs_.erase(held);
  }
}

} // namespace loom
