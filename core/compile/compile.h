// SPDX-License-Identifier: Apache-2.0
// Network -> Plan: binds N, lowers each layer to ops, adds gradients and the update, lists parameters and
// their start values. The same network and options give the same plan, tensor for tensor.
#pragma once
#include "core/network/network.h"
#include "core/network/validate.h"
#include "core/plan/plan.h"

namespace loom {

struct CompileOptions {
  // E.g. {64, 32}: the batch and the smaller last one; empty: no training program.
  std::vector<std::int64_t> trainBatches;
  std::vector<std::int64_t> evaluateBatches; // e.g. {256, 16}
  std::string optimizer = "adamw";           // update op
  Params optimizerParams;                    // attributes of the op, completed by core/run's optimizer table
  bool separateUpdate = false;               // `gradients` and `update` instead of `train`
};

// The start value of one parameter or state.
struct InitialValue {
  TensorId tensor = noTensor;
  LayerParameter::Init init = LayerParameter::Init::zeros;
  std::int64_t fanIn = 0;
  NodeId node = 0;
  int index = 0; // position among the node's parameters: part of the random stream
};

struct Compiled {
  Plan plan;
  std::vector<InitialValue> initial;
};

// Kind input with the first diagnostic when the network has an error.
Result<Compiled> compile(const Network& network, const CompileOptions& options);

// Start values from the seed: a pure function of (seed, node, index, element). Row-major f32.
std::vector<float> initialValues(const InitialValue& value, std::int64_t elements, std::uint64_t seed);

} // namespace loom
