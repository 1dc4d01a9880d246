// SPDX-License-Identifier: Apache-2.0
// The order of samples and the preparing of batches ahead of the trainer. The order is a pure function of
// (seed, epoch), so a resumed run goes on with the very sample it would have taken; a worker only prepares
// sooner.
#pragma once
#include "core/data/dataset.h"
#include <memory>
#include <vector>

namespace loom {

// A permutation of part for this epoch.
std::vector<std::uint32_t> epochOrder(const std::vector<std::uint32_t>& part, std::uint64_t seed,
                                      std::uint32_t epoch);

struct Batch {
  std::int64_t size = 0;
  std::uint32_t epoch = 0;
  std::int64_t index = 0;            // within the epoch, from 0
  std::vector<float> values;         // size × sampleElements
  std::vector<std::int32_t> samples; // sample numbers; who needs labels or targets looks them up by these
};

// Endless batches of the training part from (epoch, batch) on; the last of an epoch is smaller. `workers` 0:
// made in next() itself, in the same order. next() lends the batch until it is called again. Not thread safe.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual const Batch& next() = 0;
};
std::unique_ptr<Batches> makeBatches(const Dataset& data, const Normalisation& normalisation,
                                     const std::vector<std::uint32_t>& part, std::int64_t batch,
                                     std::uint64_t seed, std::uint32_t firstEpoch, std::int64_t firstBatch,
                                     int workers);

} // namespace loom
