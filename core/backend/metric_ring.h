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
    std::size_t widest = 0;
    for (const Program& program : plan.programs) widest = std::max(widest, program.metrics.size());
    for (MetricRow& row : rows_) row.values.reserve(widest);
  }

  // The row of the run that just ended, with room for `count` values, which the caller fills.
  std::span<float> next(int program, std::size_t count) {
    MetricRow& row = rows_[runs_ % capacity];
    row.program = program;
    row.run = runs_++;
    row.values.resize(count);
    return row.values;
  }

  void drain(std::vector<MetricRow>& rows) {
    const std::uint64_t oldest = runs_ > capacity ? runs_ - capacity : 0;
    for (std::uint64_t run = std::max(drained_, oldest); run < runs_; ++run)
      rows.push_back(rows_[run % capacity]);
    drained_ = runs_;
  }

 private:
  std::vector<MetricRow> rows_;
  std::uint64_t runs_ = 0;
  std::uint64_t drained_ = 0;
};

} // namespace loom
