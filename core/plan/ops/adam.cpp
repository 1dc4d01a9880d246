// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/optimizers.h"

namespace loom::ops {
namespace {

Shapes shape(std::string_view op, Descs src, const Params& attrs) {
  SrcCheck check(op, optimizerSrcs, src, {1});
  for (const char* name : {"beta1", "beta2"}) {
    const double beta = attrs.getDouble(name, 0.9);
    check.attribute(beta >= 0 && beta < 1, name,
                    say("{} must be at least 0 and below 1", std::string_view(name)));
  }
  check.attribute(attrs.getDouble("eps", 1e-8) >= 0, "eps", say("eps must not be negative"))
      .attribute(attrs.getDouble("weight_decay", 0) >= 0, "weight_decay",
                 say("weight_decay must not be negative"));
  return optimizerShape(check, src, 3);
}

// adam: g ← gradient + weight_decay·p;  adamw: p ← p·(1 - lr·weight_decay), g = gradient. Then, t counting
// from 1: m ← m + (1 - β1)(g - m);  v ← β2·v + (1 - β2)·g²;  p ← p - lr/(1 - β1ᵗ) · m / (√v/√(1 - β2ᵗ) + eps)
template<class T> void reference(const OpCall<T>& call, bool decoupled) {
  const double rate = scaledRate(call), step = call.src[1].ints[0];
  const double beta1 = call.attrs.getDouble("beta1", 0.9), beta2 = call.attrs.getDouble("beta2", 0.999);
  const double eps = call.attrs.getDouble("eps", 1e-8);
  const double decay = call.attrs.getDouble("weight_decay", decoupled ? 0.01 : 0);
  const double stepSize = rate / (1 - std::pow(beta1, step)), root = std::sqrt(1 - std::pow(beta2, step));
  eachParameter(call, [&](double gradient, T& parameter, T* moment0, T* moment1) {
    const double g = decoupled ? gradient : gradient + decay * parameter;
    const double p = decoupled ? parameter * (1 - rate * decay) : double(parameter);
    const double m = *moment0 + (1 - beta1) * (g - *moment0);
    const double v = beta2 * *moment1 + (1 - beta2) * g * g;
    *moment0 = static_cast<T>(m);
    *moment1 = static_cast<T>(v);
    parameter = static_cast<T>(p - stepSize * m / (std::sqrt(v) / root + eps));
  });
}

std::vector<int> inPlace(Descs src, const Params&) { return allInPlace(src, 3); }

std::vector<OpCase> cases() {
  return {updateCase("first step", 0.01, 1, {{5, 7}, {5}}, {{"weight_decay", 0.0}}),
          updateCase("later", 0.001, 1000, {{33}, {1}}, {}),
          updateCase("weight_decay", 0.1, 7, {{3, 2, 3, 3}, {3}}, {{"weight_decay", 0.1}}),
          updateCase("lr_scale", 0.02, 4, {{2, 9}, {5}}, {{"lr_scale", 0.1}, {"weight_decay", 0.05}}),
          updateCase("other betas", 0.02, 3, {{2, 19}},
                     {{"beta1", 0.5}, {"beta2", 0.9}, {"eps", 1e-3}, {"weight_decay", 0.05}})};
}

} // namespace

constinit const OpSpec adam{
    .name = "adam",
    .summary = "p ← p - lr·m̂/(√v̂ + eps), gradient + weight_decay·p",
    .srcs = optimizerSrcs,
    .dsts = "parameter*",
    .shape = [](Descs src, const Params& attrs) { return shape("adam", src, attrs); },
    .reference64 = [](const OpCall<double>& call) { reference(call, false); },
    .reference32 = [](const OpCall<float>& call) { reference(call, false); },
    .cases = cases,
    .inPlace = inPlace,
};
constinit const OpSpec adamw{
    .name = "adamw",
    .summary = "p ← p·(1 - lr·weight_decay) - lr·m̂/(√v̂ + eps)",
    .srcs = optimizerSrcs,
    .dsts = "parameter*",
    .shape = [](Descs src, const Params& attrs) { return shape("adamw", src, attrs); },
    .reference64 = [](const OpCall<double>& call) { reference(call, true); },
    .reference32 = [](const OpCall<float>& call) { reference(call, true); },
    .cases = cases,
    .inPlace = inPlace,
};

} // namespace loom::ops
