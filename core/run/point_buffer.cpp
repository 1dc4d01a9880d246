// SPDX-License-Identifier: Apache-2.0
#include "core/run/journal.h"
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr std::size_t columnLength = 256;

} // namespace

void PointBuffer::add(std::string_view key, std::int64_t step, double seconds, double value) {
  auto column =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& each) { return each.key == key; });
  if (column == columns_.end()) {
    column = columns_.insert(columns_.end(), Column{std::string(key), {}, {}, {}});
    // So that a training step allocates nothing later on.
    column->steps.reserve(columnLength);
    column->times.reserve(columnLength);
    column->values.reserve(columnLength);
  }
  column->steps.push_back(step);
  // Microseconds are what the store keeps; more digits would only make the journal longer.
  column->times.push_back(std::round(seconds * 1e6) / 1e6);
  column->values.push_back(value);
}

std::vector<RunEvent> PointBuffer::take() {
  std::vector<RunEvent> events;
  for (Column& column : columns_) {
    for (std::size_t from = 0; from < column.steps.size(); from += columnLength) {
      const std::size_t to = std::min(from + columnLength, column.steps.size());
      Json steps = Json::array(), times = Json::array(), values = Json::array();
      for (std::size_t i = from; i < to; ++i) {
        steps.push_back(column.steps[i]);
        times.push_back(numberOrText(column.times[i]));
        values.push_back(numberOrText(column.values[i]));
      }
      events.push_back({{"event", "points"},
                        {"key", column.key},
                        {"steps", std::move(steps)},
                        {"times", std::move(times)},
                        {"values", std::move(values)}});
    }
    column.steps.clear();
    column.times.clear();
    column.values.clear();
  }
  return events;
}

} // namespace loom
