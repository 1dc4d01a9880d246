// SPDX-License-Identifier: Apache-2.0
// A plan made ready for this processor: every program a flat list of actions with their addresses inside. A
// run walks the list; it allocates nothing and looks nothing up.
#pragma once
#include "core/backend/metric_ring.h"
#include "core/backend/onednn/lowering.h"

namespace loom::onednn {

// All programs of a plan lowered, with their places in memory, before any memory is taken.
struct Layout {
  std::vector<Lowered> programs; // as Plan::programs
  std::vector<MemoryPlan> arenas;
  std::int64_t arenaBytes = 0; // the programs share one arena: they run one after the other
  std::int64_t scratchBytes = 0;
};
// Training programs come first, the largest batch first of all: they decide in which layout parameters lie.
Layout layOut(const Machine& machine, const Plan& plan, Storage& storage, const KernelSet& kernels,
              int threads);

class CpuExecutable : public Executable {
 public:
  static Result<std::unique_ptr<Executable>> create(std::shared_ptr<const Plan> plan, int threads);

  Status run(int program) override;
  void write(TensorId tensor, std::span<const std::byte> values) override;
  void read(TensorId tensor, std::span<std::byte> values) const override;
  std::span<std::byte> inPlace(TensorId input) override;
  void drain(std::vector<MetricRow>& rows) override;
  std::int64_t memoryBytes() const override;
  int threads() const override { return threads_; }

 private:
  struct Bound {
    std::vector<Action> actions;
    std::vector<const float*> metrics;
    std::map<TensorId, std::pair<const std::byte*, Desc>> outputs;
  };
  CpuExecutable(std::shared_ptr<const Plan> plan, int threads);
  void bind(Layout layout);

  std::shared_ptr<const Plan> plan_;
  Machine machine_;
  KernelSet kernels_;
  int threads_;
  Storage storage_;
  Buffer arena_, scratch_;
  std::vector<Bound> programs_;
  bool failed_ = false;
  std::size_t last_ = 0; // the program that ran last: its outputs can be read
  MetricRing ring_;
};

} // namespace loom::onednn
