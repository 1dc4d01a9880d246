// SPDX-License-Identifier: Apache-2.0
// Where a batch goes: the inputs, targets and sample numbers of one program. Prepared once; filling allocates
// nothing.
#pragma once
#include "core/data/batches.h"
#include "core/train/workplace.h"

namespace loom {

// Borrows executable and material, which outlive it. Each Input node gets the samples; each Output node the
// labels (i32), or the targets (f32: normalised; classes as one-hot, two classes on one value as 0 and 1).
class Binding {
 public:
  Binding(const Plan& plan, int program, Executable& executable, const Material& material);
  std::int64_t batch() const { return batch_; }
  // `samples` are batch() sample numbers; `values` the normalised samples when they are made already, else
  // null.
  void fill(const std::uint32_t* samples, const float* values);

 private:
  struct Slot {
    TensorId tensor = noTensor;
    std::span<std::byte> memory;    // the executable's own, or `staging`
    std::vector<std::byte> staging; // empty when the executable's own is used
    std::int64_t width = 0;         // values a sample
    bool labels = false;            // i32 labels instead of f32 targets
  };
  void fillTargets(Slot& slot, const std::uint32_t* samples) const;
  void handOver(Slot& slot) const;

  Executable& executable_;
  const Material& material_;
  Gatherer gatherer_;
  std::int64_t batch_ = 0;
  std::vector<Slot> inputs_, targets_;
  Slot sample_;
};

// The batches of the training part, in the order of (seed, epoch), from a position on.
class Feed {
 public:
  // Programs of kind train or gradients for each size.
  Feed(const Machine& machine, const Material& material, const TrainSettings& settings, std::int64_t epoch,
       std::int64_t batch);
  ~Feed();
  // Fills the next batch in; the program to run and its samples.
  struct Next {
    int program = 0;
    std::int64_t samples = 0;
  };
  Next next();

 private:
  const Material& material_;
  std::uint64_t seed_;
  std::int64_t batchSize_, perEpoch_, epoch_, index_;
  std::vector<std::uint32_t> order_;
  std::unique_ptr<Batches> ahead_; // null: gathered straight into the executable's memory
  struct Entry {
    int program;
    std::unique_ptr<Binding> binding;
  };
  std::vector<Entry> entries_;
};

} // namespace loom
