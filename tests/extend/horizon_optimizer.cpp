// SPDX-License-Identifier: Apache-2.0
// SGD whose momentum is said as a number of steps: an integer and a choice, computed by the op that is there.
#include "extended_rows.h"

namespace loom {

OptimizerRow horizonOptimizer() {
  OptimizerRow row;
  row.name = "Horizon";
  row.op = "sgd";
  row.learningRate = 0.02;
  row.fields = {integerField("horizon", "Horizon", 10, 1, 1000, "Steps over which gradients are averaged."),
                choiceField("look", "Look", "here", {"here", "ahead"}, "Where the gradient is looked up.")};
  row.check = [](const Params& params) -> Status {
    if (params.getString("look") != "ahead" || params.getInt("horizon") > 1) return {};
    return Error{ErrorKind::usage, "look", say("Looking ahead needs a horizon above 1"),
                 say("Set horizon to 10")};
  };
  row.attributes = [](const Params& params) {
    return Params{{"momentum", 1 - 1 / params.getDouble("horizon")},
                  {"dampening", 0.0},
                  {"nesterov", params.getString("look") == "ahead"},
                  {"weight_decay", 0.0}};
  };
  return row;
}

} // namespace loom
