// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/executable.h"
#include "core/backend/onednn/flush.h"
#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>
#include <omp.h>

namespace loom::onednn {
namespace {

int rankOf(const Program& program) {
  switch (program.kind) {
  case ProgramKind::train:
  case ProgramKind::gradients:
    return 0;
  case ProgramKind::evaluate:
    return 1;
  case ProgramKind::update:
    return 2;
  }
  return 2;
}

MemoryPlan planArena(const Lowered& program) {
  std::vector<Lifetime> lifetimes(program.slots.size());
  const int end = static_cast<int>(program.actions.size());
  for (int i = 0; i < end; ++i)
    for (const Slot slot : program.actions[static_cast<std::size_t>(i)].touches) {
      auto& lifetime = lifetimes[static_cast<std::size_t>(slot)];
      if (lifetime.last < lifetime.first) lifetime.first = i;
      lifetime.last = i;
    }
  for (std::size_t s = 0; s < program.slots.size(); ++s) {
    const auto& slot = program.slots[s];
    auto& lifetime = lifetimes[s];
    lifetime.bytes = slot.bytes;
    if (slot.toEnd) lifetime.last = end;
    if (slot.kept != noTensor) lifetime = {};
  }
  return planMemory(lifetimes);
}

} // namespace

Layout layOut(const Machine& machine, const Plan& plan, Storage& storage, const KernelSet& kernels,
              int threads) {
  std::vector<std::size_t> order(plan.programs.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto &first = plan.programs[a], &second = plan.programs[b];
    return std::pair(rankOf(first), -first.batch) < std::pair(rankOf(second), -second.batch);
  });
  Layout layout;
  layout.programs.resize(plan.programs.size());
  layout.arenas.resize(plan.programs.size());
  for (const std::size_t i : order)
    layout.programs[i] = Lowering(machine, plan, plan.programs[i], storage, kernels, threads).lower();
  for (std::size_t i = 0; i < layout.programs.size(); ++i) {
    layout.arenas[i] = planArena(layout.programs[i]);
    layout.arenaBytes = std::max(layout.arenaBytes, layout.arenas[i].bytes);
    layout.scratchBytes = std::max(layout.scratchBytes, layout.programs[i].scratchBytes);
  }
  storage.place();
  return layout;
}

CpuExecutable::CpuExecutable(std::shared_ptr<const Plan> plan, int threads)
    : plan_(std::move(plan)), kernels_(chooseKernels()), threads_(threads), storage_(*plan_), ring_(*plan_) {}

Result<std::unique_ptr<Executable>> CpuExecutable::create(std::shared_ptr<const Plan> plan, int threads) {
  std::unique_ptr<CpuExecutable> executable(new CpuExecutable(std::move(plan), threads));
  auto& e = *executable;
  omp_set_num_threads(threads);
  flushTinyInTeam(threads);
  auto layout = layOut(e.machine_, *e.plan_, e.storage_, e.kernels_, threads);
  if (auto status = e.storage_.allocate(); !status) return status.error();
  if (auto status = e.arena_.allocate(layout.arenaBytes); !status) return status.error();
  if (auto status = e.scratch_.allocate(layout.scratchBytes); !status) return status.error();
  e.bind(std::move(layout));
  return std::unique_ptr<Executable>(std::move(executable));
}

void CpuExecutable::bind(Layout layout) {
  for (std::size_t p = 0; p < layout.programs.size(); ++p) {
    const auto& lowered = layout.programs[p];
    Binder binder{.machine = &machine_, .slots = {}, .scratch = scratch_.data(), .failed = &failed_};
    for (std::size_t s = 0; s < lowered.slots.size(); ++s) {
      const auto kept = lowered.slots[s].kept;
      const auto offset = layout.arenas[p].offsets[s];
      binder.slots.push_back(kept != noTensor ? storage_.at(kept)
                                              : arena_.data() + std::max<std::int64_t>(offset, 0));
    }
    Bound bound;
    for (const auto& action : lowered.actions) bound.actions.push_back(action.bind(binder));
    for (const auto& metric : lowered.metrics) bound.metrics.push_back(binder.at<float>(metric));
    for (const auto& [tensor, value] : lowered.outputs)
      bound.outputs.emplace(tensor,
                            std::pair<const std::byte*, Desc>(binder.at<std::byte>(value), value.desc));
    programs_.push_back(std::move(bound));
  }
}

Status CpuExecutable::run(int program) {
  // oneDNN and our own regions take the calling thread's count, which another executable may have set.
  if (omp_get_max_threads() != threads_) omp_set_num_threads(threads_);
  last_ = static_cast<std::size_t>(program);
  const FlushTiny flush;
  for (const auto& action : programs_[last_].actions) action();
  if (failed_) {
    failed_ = false;
    return Error{ErrorKind::other, "cpu", say("oneDNN could not run a prepared primitive"),
                 say("Run loom doctor")};
  }
  const auto& metrics = programs_[last_].metrics;
  const auto row = ring_.next(program, metrics.size());
  for (std::size_t i = 0; i < metrics.size(); ++i) row[i] = *metrics[i];
  return {};
}

void CpuExecutable::drain(std::vector<MetricRow>& rows) { ring_.drain(rows); }

void CpuExecutable::write(TensorId tensor, std::span<const std::byte> values) {
  const Tensor& t = plan_->tensor(tensor);
  assert(values.size() == static_cast<std::size_t>(t.elements()) * 4);
  assert(storage_.keeps(tensor));
  if (storage_.plain(tensor)) {
    std::memcpy(storage_.at(tensor), values.data(), values.size());
    return;
  }
  const Desc& desc = storage_.layout(tensor);
  convertNow(machine_, plainDesc(dimsOf(desc)), values.data(), desc, storage_.at(tensor));
}

void CpuExecutable::read(TensorId tensor, std::span<std::byte> values) const {
  assert(values.size() == static_cast<std::size_t>(plan_->tensor(tensor).elements()) * 4);
  const std::byte* from = nullptr;
  Desc desc;
  if (storage_.keeps(tensor)) {
    from = storage_.at(tensor);
    desc = storage_.layout(tensor);
  } else {
    const auto& outputs = programs_[last_].outputs;
    if (const auto found = outputs.find(tensor); found != outputs.end()) std::tie(from, desc) = found->second;
  }
  assert(from != nullptr); // temporaries other than outputs do not outlive the run
  if (from == nullptr) return;
  if (isPlain(desc))
    std::memcpy(values.data(), from, values.size());
  else
    convertNow(machine_, desc, from, plainDesc(dimsOf(desc)), values.data());
}

std::span<std::byte> CpuExecutable::inPlace(TensorId input) {
  if (plan_->tensor(input).kind != TensorKind::input || !storage_.plain(input)) return {};
  return {storage_.at(input), static_cast<std::size_t>(plan_->tensor(input).elements()) * 4};
}

std::int64_t CpuExecutable::memoryBytes() const {
  return storage_.bytes() + arena_.bytes() + scratch_.bytes();
}

} // namespace loom::onednn
