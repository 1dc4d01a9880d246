// SPDX-License-Identifier: Apache-2.0
// Both databases' transactions, begun by the first write and committed when they have grown enough. Bytes,
// not time, decide, so that a long read is not cut into small commits. All are borrowed.
#pragma once
#include "core/store/catalogue.h"
#include "core/store/series_writer.h"
#include <optional>

namespace loom {

class Batch {
 public:
  Batch(const Database& catalogueFile, CatalogueWriter& catalogue, const Database& metricsFile,
        SeriesWriter& series)
      : catalogueFile_(catalogueFile), metricsFile_(metricsFile), catalogueWriter_(catalogue),
        series_(series) {}
  void begin() {
    if (catalogue_) return;
    catalogue_.emplace(catalogueFile_, true);
    metrics_.emplace(metricsFile_, true);
  }
  void grow(std::size_t bytes) {
    constexpr std::size_t most = 8u << 20;
    bytes_ += bytes;
    if (bytes_ >= most) commit();
  }
  void commit() {
    if (!catalogue_) return;
    catalogueWriter_.flush();
    series_.flush();
    catalogue_->commit();
    catalogue_.reset();
    metrics_->commit();
    metrics_.reset();
    bytes_ = 0;
  }

 private:
  const Database& catalogueFile_;
  const Database& metricsFile_;
  CatalogueWriter& catalogueWriter_;
  SeriesWriter& series_;
  std::optional<Transaction> catalogue_, metrics_;
  std::size_t bytes_ = 0;
};

} // namespace loom
