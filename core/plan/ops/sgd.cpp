// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/optimizers.h"

namespace loom::ops {
namespace {

std::size_t copies(const Params& attrs) { return attrs.getDouble("momentum", 0) > 0 ? 2 : 1; }

Shapes shape(Descs src, const Params& attrs) {
  SrcCheck check("sgd", optimizerSrcs, src, {1});
  const double momentum = attrs.getDouble("momentum", 0), dampening = attrs.getDouble("dampening", 0);
  check.attribute(momentum >= 0, "momentum", say("momentum must not be negative"))
      .attribute(attrs.getDouble("weight_decay", 0) >= 0, "weight_decay",
                 say("weight_decay must not be negative"))
      .attribute(!attrs.getBool("nesterov") || (momentum > 0 && dampening == 0), "nesterov",
                 say("nesterov must go with a momentum above 0 and no dampening"));
  return optimizerShape(check, src, copies(attrs));
}

// g ← gradient + weight_decay·p;  b ← g at step 1, else momentum·b + (1 - dampening)·g;
// p ← p - lr·(nesterov: g + momentum·b, else b);  without momentum p ← p - lr·g
template<class T> void reference(const OpCall<T>& call) {
  const double rate = scaledRate(call), decay = call.attrs.getDouble("weight_decay", 0);
  const double momentum = call.attrs.getDouble("momentum", 0),
               dampening = call.attrs.getDouble("dampening", 0);
  const bool nesterov = call.attrs.getBool("nesterov"), first = call.src[1].ints[0] <= 1;
  eachParameter(call, [&](double gradient, T& parameter, T* moment, T*) {
    double change = gradient + decay * parameter;
    if (momentum > 0) {
      const double buffer = first ? change : momentum * *moment + (1 - dampening) * change;
      *moment = static_cast<T>(buffer);
      change = nesterov ? change + momentum * buffer : buffer;
    }
    parameter = static_cast<T>(parameter - rate * change);
  });
}

std::vector<OpCase> cases() {
  return {updateCase("plain", 0.1, 1, {{5, 7}, {5}}, {}),
          updateCase("weight_decay", 0.05, 3, {{33}}, {{"weight_decay", 0.01}}),
          updateCase("lr_scale", 0.05, 3, {{21}}, {{"lr_scale", 3.0}, {"momentum", 0.9}}),
          updateCase("momentum, first step", 0.1, 1, {{5, 7}, {5}}, {{"momentum", 0.9}, {"dampening", 0.5}}),
          updateCase("momentum", 0.1, 2, {{5, 7}, {5}, {1}}, {{"momentum", 0.9}}),
          updateCase("dampening", 0.1, 5, {{3, 2, 3, 3}},
                     {{"momentum", 0.8}, {"dampening", 0.3}, {"weight_decay", 0.1}}),
          updateCase("nesterov", 0.1, 2, {{17}, {2, 3}},
                     {{"momentum", 0.9}, {"nesterov", true}, {"weight_decay", 0.01}})};
}

} // namespace

constinit const OpSpec sgd{
    .name = "sgd",
    .summary = "p ← p - lr·b, b ← momentum·b + (1 - dampening)·(gradient + weight_decay·p)",
    .srcs = optimizerSrcs,
    .dsts = "parameter*",
    .shape = shape,
    .reference64 = reference<double>,
    .reference32 = reference<float>,
    .cases = cases,
    .inPlace = [](Descs src, const Params& attrs) { return allInPlace(src, copies(attrs)); },
};

} // namespace loom::ops
