// SPDX-License-Identifier: Apache-2.0
#include "core/plan/memory.h"
#include <algorithm>
#include <numeric>

namespace loom {

namespace {

constexpr std::int64_t bytesPerElement = 4; // f32 and i32 alike

std::int64_t roundUp(std::int64_t bytes, std::int64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

bool isParameterLike(TensorKind kind) {
  return kind == TensorKind::parameter || kind == TensorKind::gradient || kind == TensorKind::moment ||
         kind == TensorKind::state;
}

} // namespace

MemoryPlan planMemory(const std::vector<Lifetime>& lifetimes, std::int64_t alignment) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  MemoryPlan plan;
  plan.offsets.assign(lifetimes.size(), -1);
  std::vector<std::size_t> placed; // by offset
  for (const std::size_t index : order) {
    const Lifetime& life = lifetimes[index];
    if (life.last < life.first || life.bytes <= 0) continue;
    const std::int64_t bytes = roundUp(life.bytes, alignment);
    std::int64_t offset = 0;
    for (const std::size_t other : placed) {
      const Lifetime& with = lifetimes[other];
      if (with.last < life.first || life.last < with.first) continue;
      if (plan.offsets[other] >= offset + bytes) break; // the gap before it is large enough
      offset = std::max(offset, plan.offsets[other] + roundUp(with.bytes, alignment));
    }
    plan.offsets[index] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), index,
                                     [&](auto a, auto b) { return plan.offsets[a] < plan.offsets[b]; });
    placed.insert(at, index);
  }
  return plan;
}

std::vector<Lifetime> lifetimes(const Plan& plan, const Program& program, bool includeInputs) {
  std::vector<Lifetime> lives(plan.tensors.size());
  const int end = std::max(static_cast<int>(program.steps.size()) - 1, 0);
  const auto at = [&](TensorId id) -> Lifetime& { return lives[static_cast<std::size_t>(id)]; };
  const auto touch = [&](TensorId id, int step) {
    if (id == noTensor) return;
    const Tensor& tensor = plan.tensor(id);
    if (tensor.kind != TensorKind::temporary && tensor.kind != TensorKind::metric) return;
    Lifetime& life = at(id);
    if (life.last < life.first) life = {tensor.elements() * bytesPerElement, step, step};
    life.last = step;
  };
  for (int step = 0; step < static_cast<int>(program.steps.size()); ++step) {
    for (const TensorId id : program.steps[static_cast<std::size_t>(step)].src) touch(id, step);
    for (const TensorId id : program.steps[static_cast<std::size_t>(step)].dst) touch(id, step);
  }
  for (const auto* list : {&program.outputs, &program.metrics})
    for (const Port& port : *list)
      if (at(port.tensor).last >= at(port.tensor).first) at(port.tensor).last = end;
  if (includeInputs) {
    const auto whole = [&](TensorId id) {
      if (id != noTensor) at(id) = {plan.tensor(id).elements() * bytesPerElement, 0, end};
    };
    for (const auto* list : {&program.inputs, &program.targets})
      for (const Port& port : *list) whole(port.tensor);
    whole(program.sample);
  }
  return lives;
}

std::int64_t multiplyAdds(const Plan& plan, const Step& step) {
  if (!step.op->multiplyAdds || step.dst.empty() || step.dst[0] == noTensor) return 0;
  std::vector<TensorDesc> src;
  for (const TensorId id : step.src)
    src.push_back(id == noTensor ? TensorDesc{} : TensorDesc{plan.tensor(id).dims, plan.tensor(id).dtype});
  return step.op->multiplyAdds(src, step.attrs);
}

PlanCost cost(const Plan& plan) {
  PlanCost cost;
  for (const Tensor& tensor : plan.tensors) {
    if (tensor.kind == TensorKind::parameter) cost.parameters += tensor.elements();
    if (isParameterLike(tensor.kind)) cost.parameterBytes += tensor.elements() * bytesPerElement;
  }
  const Program* forward = nullptr; // every program but `update` holds the forward pass once
  for (const Program& program : plan.programs) {
    if (program.kind != ProgramKind::update && !forward) forward = &program;
    cost.activationBytes = std::max(cost.activationBytes, planMemory(lifetimes(plan, program, false)).bytes);
  }
  if (!forward) return cost;
  for (const Step& step : forward->steps)
    if (step.op->gradient) cost.multiplyAdds += multiplyAdds(plan, step); // others are on the backward side
  cost.multiplyAdds /= std::max<std::int64_t>(forward->batch, 1);
  return cost;
}

} // namespace loom
