// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/threads.h"
#include "core/base/parallel.h"
#include <algorithm>

namespace loom::onednn {
namespace {

constexpr double worthATeam = 15e6;

double elements(const Plan& plan, TensorId id) { return static_cast<double>(plan.tensor(id).elements()); }

// Multiply-adds of one step: each output element of a product (or each element of the map whose gradient it
// is) meets the weights of one output channel.
double multiplyAdds(const Plan& plan, const Step& step) {
  const auto perOutput = [&](TensorId weights) {
    return elements(plan, weights) / static_cast<double>(plan.tensor(weights).dims[0]);
  };
  const auto op = step.op->name;
  if (op == "linear" || op == "conv2d") return elements(plan, step.dst[0]) * perOutput(step.src[1]);
  if (op == "linear_backward_data" || op == "conv2d_backward_data")
    return elements(plan, step.src[0]) * perOutput(step.src[1]);
  if ((op == "linear_backward_weights" || op == "conv2d_backward_weights") && step.dst[0] != noTensor)
    return elements(plan, step.src[1]) * perOutput(step.dst[0]);
  return 0;
}

} // namespace

double operations(const Plan& plan, const Program& program) {
  double sum = 0;
  for (const auto& step : program.steps) sum += 2 * multiplyAdds(plan, step);
  return sum;
}

int chooseThreads(const Plan& plan, int asked) {
  const int all = usableCores();
  if (asked > 0) return asked;
  bool trains = false;
  double most = 0;
  for (const auto& program : plan.programs) trains = trains || program.kind != ProgramKind::evaluate;
  for (const auto& program : plan.programs)
    if ((program.kind != ProgramKind::evaluate) == trains) most = std::max(most, operations(plan, program));
  return most < worthATeam ? 1 : all;
}

} // namespace loom::onednn
