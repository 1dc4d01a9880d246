// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/fusion.h"

namespace loom::onednn {
namespace {

bool mayEndInRelu(std::string_view op) {
  return op == "linear" || op == "conv2d" || op == "add" || op == "batch_norm";
}

} // namespace

std::vector<std::vector<int>> readersOf(const Plan& plan, const Program& program) {
  std::vector<std::vector<int>> readers(plan.tensors.size());
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    for (const TensorId id : program.steps[i].src)
      if (id != noTensor) readers[static_cast<std::size_t>(id)].push_back(static_cast<int>(i));
  return readers;
}

std::vector<bool> readOutside(const Plan& plan, const Program& program) {
  std::vector<bool> outside(plan.tensors.size());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    outside[i] = plan.tensors[i].kind != TensorKind::temporary;
  for (const auto& ports : {program.outputs, program.metrics})
    for (const auto& port : ports) outside[static_cast<std::size_t>(port.tensor)] = true;
  return outside;
}

std::vector<StepFusion> findFusions(const Plan& plan, const Program& program) {
  std::vector<StepFusion> fusions(program.steps.size());
  const auto readers = readersOf(plan, program);
  const auto outside = readOutside(plan, program);
  const auto onlyReader = [&](TensorId id) {
    const auto index = static_cast<std::size_t>(id);
    return outside[index] || readers[index].size() != 1 ? -1 : readers[index].front();
  };
  const auto step = [&](int index) -> const Step& { return program.steps[static_cast<std::size_t>(index)]; };
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& producer = program.steps[i];
    if (!mayEndInRelu(producer.op->name)) continue;
    const int next = onlyReader(producer.dst[0]);
    if (next < 0 || step(next).op->name != "relu") continue;
    fusions[i].relu = step(next).dst[0];
    fusions[static_cast<std::size_t>(next)].skipped = true;
    if (producer.op->name != "batch_norm") continue;
    // relu_backward(relu's dst, diff_dst) -> d, and d goes to this batch norm's gradient alone
    for (const int reader : readers[static_cast<std::size_t>(fusions[i].relu)]) {
      if (step(reader).op->name != "relu_backward" || step(reader).src[0] != fusions[i].relu) continue;
      const int gradient = onlyReader(step(reader).dst[0]);
      if (gradient < 0 || step(gradient).op->name != "batch_norm_backward") continue;
      if (step(gradient).src[1] != step(reader).dst[0] || step(gradient).src[3] != producer.dst[1]) continue;
      fusions[static_cast<std::size_t>(gradient)].diffDst = step(reader).src[1];
      fusions[static_cast<std::size_t>(reader)].skipped = true;
    }
  }
  return fusions;
}

} // namespace loom::onednn
