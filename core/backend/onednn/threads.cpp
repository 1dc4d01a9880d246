// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/threads.h"
#include "core/base/parallel.h"
#include "core/plan/memory.h"
#include <algorithm>

namespace loom::onednn {
namespace {

constexpr double worthATeam = 15e6;

} // namespace

double operations(const Plan& plan, const Program& program) {
  double sum = 0;
  for (const auto& step : program.steps) sum += 2 * static_cast<double>(multiplyAdds(plan, step));
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
