// SPDX-License-Identifier: Apache-2.0
#include "core/run/optimizers.h"

namespace loom {
namespace {

// PyTorch's rule; without it the two options have no effect.
Status checkNesterov(const Params& params) {
  if (!params.getBool("nesterov") || (params.getDouble("momentum") > 0 && params.getDouble("dampening") == 0))
    return {};
  return Error{ErrorKind::usage, "nesterov", say("Nesterov needs a momentum above 0 and a dampening of 0"),
               say("Set momentum to 0.9, or switch nesterov off")};
}

} // namespace

OptimizerRow sgdOptimizer() {
  return {"SGD",
          "sgd",
          0.05,
          {numberField("momentum", "Momentum", 0, 0, 0.999999999,
                       "Share of the last update that is kept at each step."),
           numberField("dampening", "Dampening", 0, 0, 1,
                       "Share of the gradient that is not added to the momentum."),
           flagField("nesterov", "Nesterov", false,
                     "Looks one step of the momentum ahead. Needs a momentum and no dampening."),
           numberField("weight_decay", "Weight decay", 0, 0, 10,
                       "Adds this share of each weight to its gradient.")},
          checkNesterov};
}

} // namespace loom
