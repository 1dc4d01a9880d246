// SPDX-License-Identifier: Apache-2.0
// What the store costs: taking journals in, the size of a point, and zooming into ten million points, beside
// a plain SQLite table of one row a point that is filled and asked in the same run. Prints Markdown.
#include "core/base/format.h"
#include "core/store/history.h"
#include "core/store/series_writer.h"
#include "core/store/store.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <iostream>
#include <random>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

namespace {

constexpr int pixels = 1440;
const std::string run = "aaaaaaaa-0000-4000-8000-000000000001", key = "train/loss";

[[noreturn]] void fail(const Error& error) {
  std::cerr << error.message() << "\n";
  std::exit(1);
}
template<class T> T must(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

// Of this thread alone, finer than rusage: other programs on the machine do not count.
double threadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
struct Cost {
  double wall = 0, cpu = 0; // seconds
};
Cost costOf(const std::function<void()>& work) {
  const double cpu = threadSeconds();
  const auto from = std::chrono::steady_clock::now();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count(),
          threadSeconds() - cpu};
}
std::string spread(std::vector<double> values, const char* form) {
  std::sort(values.begin(), values.end());
  return fmt::format(fmt::runtime(fmt::format("{0} / {0} / {0}", form)), values.front(),
                     values[values.size() / 2], values.back());
}

double lossAt(std::int64_t step, std::mt19937_64& random) {
  const double noise = static_cast<double>(random() % 10'000) / 1e5;
  return static_cast<double>(static_cast<float>(2.0 * std::exp(-static_cast<double>(step) / 3e6) + noise));
}

void writeJournal(const fs::path& project, std::int64_t points, int series) {
  auto writer = must(JournalWriter::create(project / "runs" / run / "attempts" / "1"));
  std::mt19937_64 random(1);
  PointBuffer buffer;
  std::vector<std::string> keys{key};
  for (int i = 1; i < series; ++i) keys.push_back(fmt::format("layer{}/gradient", i));
  const std::int64_t steps = points / series;
  for (std::int64_t step = 1; step <= steps; ++step) {
    for (const auto& name : keys)
      buffer.add(name, step, static_cast<double>(step) * 1e-4, lossAt(step, random));
    // As a trainer that does so many steps would: in full columns.
    if (step % 256 == 0 || step == steps)
      if (auto written = writer.append(buffer.take()); !written) fail(written.error());
  }
}

void copyJournal(const fs::path& from, const fs::path& to) {
  fs::create_directories(to / "runs");
  fs::create_directory_symlink(from / "runs" / run, to / "runs" / run);
}

std::uintmax_t sizeOf(const fs::path& file) {
  std::error_code unknown;
  const auto size = fs::file_size(file, unknown);
  return unknown ? 0 : size;
}

void ingest(const fs::path& folder, std::int64_t points, int series, int repeats, bool keepLast) {
  const fs::path source = folder / fmt::format("journal-{}", series);
  writeJournal(source, points, series);
  const auto bytes = sizeOf(source / "runs" / run / "attempts" / "1" / "journal");
  std::vector<double> wall, cpu;
  std::uintmax_t stored = 0;
  for (int i = 0; i < repeats; ++i) {
    const fs::path project = folder / "project";
    fs::remove_all(project);
    copyJournal(source, project);
    const Cost cost = costOf([&] {
      const auto store = must(Store::open(project, Store::Access::owner));
      auto sites = sitesOf(project);
      must(store->takeIn(*sites));
    });
    wall.push_back(static_cast<double>(points) / cost.wall / 1e6);
    cpu.push_back(static_cast<double>(points) / cost.cpu / 1e6);
    stored = sizeOf(project / "history" / metricsName) + sizeOf(project / "history" / catalogueName);
  }
  std::cout << fmt::format("| journal to store, {} series | {} | {} | {} | {:.1f} | {:.1f} |\n", series,
                           formatCount(points), spread(wall, "{:.2f}"), spread(cpu, "{:.2f}"),
                           static_cast<double>(stored) / static_cast<double>(points),
                           static_cast<double>(bytes) / static_cast<double>(points))
            << std::flush;
  if (!keepLast) fs::remove_all(source);
}

// Without the journal's text in between, as a prototype would be measured.
void bulk(const fs::path& folder, std::int64_t points, int series, int repeats) {
  std::vector<double> wall, cpu;
  std::uintmax_t stored = 0;
  for (int i = 0; i < repeats; ++i) {
    const fs::path history = folder / "bulk";
    fs::remove_all(history);
    fs::create_directories(history);
    const std::int64_t steps = points / series;
    PointColumns columns;
    columns.times.resize(256);
    columns.values.resize(256);
    columns.steps.resize(256);
    std::mt19937_64 random(1);
    std::vector<double> values(4096);
    for (double& value : values) value = lossAt(1, random);
    const Cost cost = costOf([&] {
      std::vector<Error> problems;
      const OwnedDatabase owned = openMetrics(history, problems);
      SeriesWriter writer(owned.database);
      std::optional<Transaction> transaction;
      std::int64_t inBatch = 0;
      for (std::int64_t from = 0; from < steps; from += 256)
        for (int one = 0; one < series; ++one) {
          if (!transaction) transaction.emplace(owned.database, true);
          for (std::size_t k = 0; k < 256; ++k) {
            columns.steps[k] = from + static_cast<std::int64_t>(k) + 1;
            columns.times[k] = static_cast<double>(columns.steps[k]) * 1e-4;
            columns.values[k] = values[(static_cast<std::size_t>(from) * 7 + k) % values.size()];
          }
          columns.key = fmt::format("s{}", one);
          const auto number = writer.runNumber(run);
          writer.append(number, columns);
          inBatch += 256;
          if (inBatch < 262'144) continue;
          writer.flush();
          transaction->commit();
          transaction.reset();
          inBatch = 0;
        }
      if (transaction) {
        writer.flush();
        transaction->commit();
      }
    });
    wall.push_back(static_cast<double>(points) / cost.wall / 1e6);
    cpu.push_back(static_cast<double>(points) / cost.cpu / 1e6);
    stored = sizeOf(history / metricsName);
    fs::remove_all(history);
  }
  std::cout << fmt::format("| points to store, no journal, {} series | {} | {} | {} | {:.1f} | |\n", series,
                           formatCount(points), spread(wall, "{:.2f}"), spread(cpu, "{:.2f}"),
                           static_cast<double>(stored) / static_cast<double>(points))
            << std::flush;
}

Database peer(const fs::path& folder, std::int64_t points) {
  const fs::path file = folder / "peer.db";
  Database database(file, Database::Mode::owner);
  database.execute("PRAGMA page_size=8192;PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA "
                   "cache_size=-65536;PRAGMA wal_autocheckpoint=4000");
  database.execute(
      "CREATE TABLE point(run INTEGER NOT NULL,key INTEGER NOT NULL,step INTEGER NOT NULL,value REAL,time "
      "REAL NOT NULL,PRIMARY KEY(run,key,step)) WITHOUT ROWID");
  std::mt19937_64 random(1);
  const Cost cost = costOf([&] {
    Statement add = database.prepare("INSERT INTO point VALUES(1,1,?,?,?)");
    std::optional<Transaction> transaction;
    for (std::int64_t step = 1; step <= points; ++step) {
      if (!transaction) transaction.emplace(database, true);
      add.run(step, lossAt(step, random), static_cast<double>(step) * 1e-4);
      if (step % 262'144 != 0 && step != points) continue;
      transaction->commit();
      transaction.reset();
    }
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  });
  std::cout << fmt::format("| one row a point (peer), no journal | {} | {:.2f} | {:.2f} | {:.1f} | |\n",
                           formatCount(points), static_cast<double>(points) / cost.wall / 1e6,
                           static_cast<double>(points) / cost.cpu / 1e6,
                           static_cast<double>(sizeOf(file)) / static_cast<double>(points))
            << std::flush;
  return database;
}

void zoom(const fs::path& folder, const Database& rows, std::int64_t points) {
  const auto store = must(Store::open(folder / "project", Store::Access::reader));
  Statement grouped =
      rows.prepare("SELECT (step-?1)*?3/(?2-?1+1),min(step),max(step),min(value),max(value),avg(value),"
                   "count(value),count(*) FROM point WHERE run=1 AND key=1 AND step BETWEEN ?1 AND ?2 "
                   "GROUP BY 1");
  std::cout
      << "\n| span (points) | ranges | store, CPU ms: min / median / 99 % | store, wall ms: median / 99 % | "
         "buckets | peer, CPU ms: min / median / max | ratio of CPU medians |\n"
         "|--:|--:|--:|--:|--:|--:|--:|\n";
  std::mt19937_64 random(2);
  for (std::int64_t span = points; span >= 1000; span /= 10) {
    constexpr int ranges = 400;
    const int peerRanges = span >= 1'000'000 ? 3 : 25;
    std::vector<double> mine, wall, theirs;
    std::size_t count = 0;
    for (int i = 0; i < ranges; ++i) {
      // The whole is asked as it is; parts begin anywhere.
      const std::int64_t first =
          span == points
              ? 1
              : 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(points - span));
      const std::int64_t last = first + span - 1;
      std::vector<Bucket> buckets;
      const Cost cost = costOf([&] { buckets = must(store->buckets(run, key, first, last, pixels)); });
      mine.push_back(cost.cpu * 1e3);
      wall.push_back(cost.wall * 1e3);
      count = buckets.size();
      if (i % (ranges / peerRanges) != 0) continue;
      // The same ranges, in turns; and both must tell the same extremes.
      double minimum = INFINITY, maximum = -INFINITY;
      std::int64_t total = 0;
      theirs.push_back(costOf([&] {
                         Rows each = grouped.query(first, last, pixels);
                         while (each.next()) {
                           minimum = std::min(minimum, each.real(3));
                           maximum = std::max(maximum, each.real(4));
                           total += each.integer(7);
                         }
                       }).cpu *
                       1e3);
      double lowest = INFINITY, highest = -INFINITY;
      std::int64_t held = 0;
      for (const Bucket& bucket : buckets) {
        lowest = std::min(lowest, bucket.minimum);
        highest = std::max(highest, bucket.maximum);
        held += bucket.count;
      }
      if (lowest != minimum || highest != maximum || held != total) {
        std::cerr << "the store and its peer differ\n";
        std::exit(1);
      }
    }
    for (auto* values : {&mine, &wall, &theirs}) std::sort(values->begin(), values->end());
    const auto middle = [](const std::vector<double>& values) { return values[values.size() / 2]; };
    const auto late = [](const std::vector<double>& values) { return values[values.size() * 99 / 100]; };
    std::cout << fmt::format("| {} | {} | {:.3f} / {:.3f} / {:.3f} | {:.3f} / {:.3f} | {} | {:.2f} / {:.2f} "
                             "/ {:.2f} | {:.0f} |\n",
                             formatCount(span), ranges, mine.front(), middle(mine), late(mine), middle(wall),
                             late(wall), count, theirs.front(), middle(theirs), theirs.back(),
                             middle(theirs) / middle(mine))
              << std::flush;
  }
}

} // namespace

int main(int argc, char** argv) {
  const std::int64_t points = argc > 1 ? std::max<std::int64_t>(std::atoll(argv[1]), 100'000) : 10'000'000;
  const int repeats = argc > 2 ? std::max(std::atoi(argv[2]), 1) : 5;
  const fs::path folder = fs::temp_directory_path() / fmt::format("bench-store-{}", ::getpid());
  fs::create_directories(folder);
  std::cout
      << "| way | points | million points/s, wall: min / median / max | million points per CPU second: min / "
         "median / max | stored B/point | journal B/point |\n|--|--:|--:|--:|--:|--:|\n";
  ingest(folder, points / 5, 100, repeats, false);
  ingest(folder, points, 1, repeats, true);
  bulk(folder, points, 100, repeats);
  bulk(folder, points, 1, repeats);
  const Database rows = peer(folder, points);
  zoom(folder, rows, points);
  fs::remove_all(folder);
  return 0;
}
