// SPDX-License-Identifier: Apache-2.0
#include "core/train/run_log.h"
#include <chrono>

namespace loom {
namespace {

constexpr std::size_t firstRoom = 1 << 14;
constexpr auto writeEvery = std::chrono::milliseconds(50);

} // namespace

RunLog::RunLog(JournalWriter writer) : writer_(std::move(writer)) {
  points_.reserve(firstRoom);
  thread_ = std::thread([this] { work(); });
}

RunLog::~RunLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void RunLog::point(Series series, std::int64_t step, double seconds, double value) {
  const std::lock_guard lock(mutex_);
  points_.push_back({series, step, seconds, value});
}

void RunLog::event(RunEvent event) {
  const std::lock_guard lock(mutex_);
  events_.push_back({points_.size(), std::move(event)});
}

Status RunLog::barrier() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  wake_.notify_one();
  done_.wait(lock, [&] { return answered_ >= mine; });
  if (error_) return *error_;
  return {};
}

void RunLog::write(std::vector<Point>& points, std::vector<Queued>& events) {
  std::vector<RunEvent> records;
  const auto flush = [&] {
    for (RunEvent& record : buffer_.take()) records.push_back(std::move(record));
  };
  std::size_t next = 0;
  const auto pointsUpTo = [&](std::size_t end) {
    for (; next < end; ++next) {
      const Point& point = points[next];
      buffer_.add(seriesKeys[static_cast<std::size_t>(point.series)], point.step, point.seconds, point.value);
    }
  };
  for (Queued& queued : events) {
    pointsUpTo(queued.behind);
    flush();
    records.push_back(std::move(queued.event));
  }
  pointsUpTo(points.size());
  flush();
  points.clear();
  events.clear();
  // After a failure the journal ends where it is: a gap in its middle would look like a whole series.
  if (records.empty() || error_) return;
  if (Status written = writer_.append(records); !written) {
    const std::lock_guard lock(mutex_);
    error_ = written.error();
    failed_ = true;
  }
}

void RunLog::work() {
  std::vector<Point> points;
  std::vector<Queued> events;
  points.reserve(firstRoom);
  for (bool last = false; !last;) {
    std::uint64_t asked = 0;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, writeEvery, [&] { return stop_ || asked_ > answered_; });
      points.swap(points_);
      events.swap(events_);
      asked = asked_;
      last = stop_;
    }
    try {
      write(points, events);
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex_);
      error_ =
          Error{ErrorKind::memory, "journal", say("There is not enough memory to write what was measured"),
                say("Close other programs, then resume the run")};
      failed_ = true;
    }
    if (asked == answered_) continue;
    Status synced = error_ ? Status(*error_) : writer_.sync();
    const std::lock_guard lock(mutex_);
    if (!synced && !error_) {
      error_ = synced.error();
      failed_ = true;
    }
    answered_ = asked;
    done_.notify_all();
  }
}

} // namespace loom
