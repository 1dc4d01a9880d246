// SPDX-License-Identifier: Apache-2.0
// The plan while it is made: parameters once, then program by program the forward pass (Forward) and the way
// back (appendGradients). For core/compile alone. The first failure is kept; what is emitted after it does
// nothing.
#pragma once
#include "core/compile/compile.h"
#include <optional>
#include <set>

namespace loom {

class PlanBuilder {
 public:
  PlanBuilder(const Network& network, const Analysis& analysis) : network(network), analysis(analysis) {}

  TensorId addTensor(TensorKind kind, std::vector<std::int64_t> dims, NodeId node, DType dtype = DType::f32,
                     std::string name = {});
  // Parameters and states of all nodes that reach an Output, in plane order, with gradients for the trainable
  // ones when asked for.
  void addParameters(bool gradients);
  void addScalars();
  // Appends one optimizer step for each parameter group; adds the moments it wants.
  void addUpdate(Program& program, std::string_view optimizer, const Params& params);
  void fail(NodeId node, Error error);
  NodeId owner(NodeId node) const; // whose weights a node uses
  const Tensor& tensor(TensorId id) const { return result.plan.tensor(id); }
  bool trainable(TensorId id) const {
    return tensor(id).kind == TensorKind::parameter && tensor(id).group >= 0;
  }

  const Network& network;
  const Analysis& analysis;
  Compiled result;
  std::map<std::pair<NodeId, std::string>, TensorId> named; // (owner, suffix)
  std::map<TensorId, TensorId> gradientOf;                  // of trainable parameters
  std::optional<Error> error;

 private:
  void addMoments(int planes);
  std::vector<std::vector<TensorId>> moments_; // by plane, in order of the trainable parameters
};

// One program's forward pass.
struct Forward {
  Program program;
  std::vector<TensorId> losses; // one for each Output
};
Forward lowerForward(PlanBuilder& plan, bool training, std::int64_t batch);
// Appends the steps that fill the gradients of all trainable parameters.
void appendGradients(PlanBuilder& plan, Forward& forward);
// Optional results that nothing reads are not asked for.
void dropUnread(const Plan& plan, Program& program);

} // namespace loom
