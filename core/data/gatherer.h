// SPDX-License-Identifier: Apache-2.0
// Stored samples to normalised floats, prepared once: this stands in the hot path of the training. The bits
// that come out depend on the data set and the normalisation alone, so every caller gets the same.
#pragma once
#include "core/data/dataset.h"

namespace loom {

// Borrows the data set, which outlives it. gather() is const and thread safe.
class Gatherer {
 public:
  Gatherer(const Dataset& data, const Normalisation& normalisation);
  // count × sampleElements floats.
  void gather(const std::uint32_t* samples, std::int64_t count, float* out) const;

 private:
  void gatherBytes(const std::uint8_t* sample, float* out) const;
  void gatherValues(const float* sample, float* out) const;

  const Dataset& data_;
  std::int64_t channels_ = 1, plane_ = 1; // elements of one channel; 1 for a row of features
  std::vector<float> scale_, centre_;     // one a channel: (value - centre) * scale
  std::vector<float> tables_;             // bytes of an image: 256 a channel
};

} // namespace loom
