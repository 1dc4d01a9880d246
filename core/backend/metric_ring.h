// SPDX-License-Identifier: Apache-2.0
// The rows of metrics that runs leave behind until somebody drains them: 1,024 of them, the oldest lost
// first.
#pragma once
#include "core/backend/backend.h"
#include <algorithm>

namespace loom {

// All memory is taken in the constructor. Values of a row: as many as its program has metrics. One thread.
class MetricRing {
 public:
  static constexpr std::size_t capacity = 1024;

  explicit MetricRing(const Plan& plan) : rows_(capacity) {
    for (const Program& program : plan.programs) widest_ = std::max(widest_, program.metrics.size());
    values_.resize(capacity * widest_);
  }

  // The row of the run that just ended, with room for `count` values, which the caller fills.
  std::span<float> next(int program, std::size_t count) {
    const std::size_t at = runs_ % capacity;
    const std::span<float> values(values_.data() + at * widest_, count);
    rows_[at] = {program, runs_++, values};
    return values;
  }

  void drain(std::vector<MetricRow>& rows) {
    const std::uint64_t oldest = runs_ > capacity ? runs_ - capacity : 0;
    for (std::uint64_t run = std::max(drained_, oldest); run < runs_; ++run)
      rows.push_back(rows_[run % capacity]);
    drained_ = runs_;
  }

 private:
  std::vector<MetricRow> rows_;
  std::vector<float> values_;
  std::size_t widest_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t drained_ = 0;
};

} // namespace loom
