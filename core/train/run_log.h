// SPDX-License-Identifier: Apache-2.0
// The trainer's way into its journal: points and events are queued here and written by a thread of its own,
// so that no step waits for a disk. What is queued first is written first.
#pragma once
#include "core/run/journal.h"
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace loom {

// The series of a run, in the order of seriesKeys.
enum class Series : std::uint8_t {
  trainLoss,
  trainAccuracy,
  trainRate,
  trainThroughput,
  valLoss,
  valAccuracy,
  valR2,
  testAccuracy,
  testR2
};
inline constexpr std::array<std::string_view, 9> seriesKeys{
    "train/loss", "train/accuracy", "train/lr", "train/samples_per_second", "val/loss", "val/accuracy",
    "val/r2",     "test/accuracy",  "test/r2"};

// All calls from one thread, except failed().
class RunLog {
 public:
  explicit RunLog(JournalWriter writer);
  ~RunLog(); // writes what is queued
  void point(Series series, std::int64_t step, double seconds, double value);
  void event(RunEvent event);
  // Points and events queued together stand in one write, so that a kill takes all or none.
  // Waits until everything queued is written and fsynced; the first failure since the start otherwise.
  Status barrier();
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct Point {
    Series series;
    std::int64_t step;
    double seconds, value;
  };
  struct Queued {
    std::size_t behind;
    RunEvent event;
  }; // stands behind so many points
  void work();
  void write(std::vector<Point>& points, std::vector<Queued>& events);

  JournalWriter writer_;
  PointBuffer buffer_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<Point> points_;
  std::vector<Queued> events_;
  std::uint64_t asked_ = 0, answered_ = 0; // barriers
  bool stop_ = false;
  std::optional<Error> error_;
  std::atomic<bool> failed_{false};
  std::thread thread_;
};

} // namespace loom
