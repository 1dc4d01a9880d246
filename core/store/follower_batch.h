// SPDX-License-Identifier: Apache-2.0
// The part of Follower that commits; for its own files alone.
#pragma once
#include "core/store/follower.h"

namespace loom {

// Both databases' transactions, begun by the first write and committed when they have grown enough. Bytes,
// not time, decide, so that a long read is not cut into small commits.
class Follower::Batch {
 public:
  explicit Batch(Follower& follower) : follower_(follower) {}
  void begin() {
    if (catalogue_) return;
    catalogue_.emplace(follower_.catalogueFile_, true);
    metrics_.emplace(follower_.metricsFile_, true);
  }
  void grow(std::size_t bytes) {
    constexpr std::size_t most = 8u << 20;
    bytes_ += bytes;
    if (bytes_ >= most) commit();
  }
  void commit() {
    if (!catalogue_) return;
    follower_.catalogue_.flush();
    follower_.series_.flush();
    catalogue_->commit();
    catalogue_.reset();
    metrics_->commit();
    metrics_.reset();
    bytes_ = 0;
  }

 private:
  Follower& follower_;
  std::optional<Transaction> catalogue_, metrics_;
  std::size_t bytes_ = 0;
};

} // namespace loom
