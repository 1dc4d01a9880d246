// SPDX-License-Identifier: Apache-2.0
#include "core/compile/builder.h"
#include <algorithm>
#include <fmt/format.h>

namespace loom {

TensorId PlanBuilder::addTensor(TensorKind kind, std::vector<std::int64_t> dims, NodeId node, DType dtype,
                                std::string name) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.dims = std::move(dims);
  tensor.dtype = dtype;
  tensor.kind = kind;
  tensor.node = node;
  result.plan.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(result.plan.tensors.size() - 1);
}

NodeId PlanBuilder::owner(NodeId node) const {
  const Node* found = network.node(node);
  return found && found->shares ? found->shares : node;
}

void PlanBuilder::fail(NodeId node, Error problem) {
  if (error) return;
  if (const Node* found = network.node(node))
    problem.place = say("Network {}, {} ({})", network.name, found->name, found->type);
  error = std::move(problem);
}

void PlanBuilder::addParameters(bool gradients) {
  std::vector<NodeId> owners; // in order of first use
  for (const NodeId id : analysis.order) {
    if (!analysis.nodes.at(id).reachesOutput) continue;
    const NodeId own = owner(id);
    if (std::find(owners.begin(), owners.end(), own) == owners.end()) owners.push_back(own);
  }
  // Groups by the share of the learning rate, the plain one first; frozen ones lie behind all others.
  std::set<double> scales;
  for (const NodeId own : owners) scales.insert(network.node(own)->lrScale);
  std::vector<double> groups(scales.begin(), scales.end());
  std::stable_partition(groups.begin(), groups.end(), [](double scale) { return scale == 1; });
  const auto groupOf = [&](NodeId own) {
    const Node& node = *network.node(own);
    if (node.frozen) return static_cast<int>(groups.size());
    return static_cast<int>(std::find(groups.begin(), groups.end(), node.lrScale) - groups.begin());
  };
  std::stable_sort(owners.begin(), owners.end(), [&](NodeId a, NodeId b) { return groupOf(a) < groupOf(b); });
  Plan& plan = result.plan;
  for (const NodeId own : owners) {
    const Node& node = *network.node(own);
    int index = 0;
    for (const LayerParameter& parameter : analysis.nodes.at(own).parameters) {
      const TensorId id = addTensor(parameter.state ? TensorKind::state : TensorKind::parameter,
                                    parameter.dims, own, parameter.dtype, node.name + "." + parameter.suffix);
      (parameter.state ? plan.states : plan.parameters).push_back(id);
      if (!parameter.state) plan.tensors.back().group = node.frozen ? -1 : groupOf(own);
      named[{own, parameter.suffix}] = id;
      result.initial.push_back({id, parameter.init, parameter.fanIn, own, index++});
    }
  }
  if (!gradients) return;
  for (const TensorId id : plan.parameters) {
    if (!trainable(id)) continue;
    const Tensor parameter = tensor(id);
    const TensorId gradient =
        addTensor(TensorKind::gradient, parameter.dims, parameter.node, DType::f32, parameter.name + ".grad");
    plan.tensors.back().owner = id;
    plan.tensors.back().group = parameter.group;
    gradientOf[id] = gradient;
  }
}

void PlanBuilder::addScalars() {
  result.plan.learningRate = addTensor(TensorKind::scalar, {1}, 0, DType::f32, "learning_rate");
  result.plan.step = addTensor(TensorKind::scalar, {1}, 0, DType::i32, "step");
  result.plan.random = addTensor(TensorKind::scalar, {4}, 0, DType::i32, "random");
}

void PlanBuilder::addMoments(int planes) {
  while (static_cast<int>(moments_.size()) < planes) {
    const int plane = static_cast<int>(moments_.size());
    auto& list = moments_.emplace_back();
    for (const auto& [parameter, gradient] : gradientOf) {
      const Tensor of = tensor(parameter);
      list.push_back(addTensor(TensorKind::moment, of.dims, of.node, DType::f32,
                               fmt::format("{}.moment{}", of.name, plane)));
      Tensor& moment = result.plan.tensors.back();
      moment.owner = parameter;
      moment.plane = plane;
      moment.group = of.group;
    }
  }
}

void PlanBuilder::addUpdate(Program& program, std::string_view optimizer, const Params& params) {
  const OpSpec* op = findOp(optimizer);
  if (!op || !op->srcs.starts_with("lr ")) {
    fail(0, {ErrorKind::usage, std::string(optimizer), say("There is no optimizer of this name"),
             say("Use sgd, adam or adamw")});
    return;
  }
  std::map<int, std::vector<TensorId>> groups;
  for (const auto& [parameter, gradient] : gradientOf) groups[tensor(parameter).group].push_back(parameter);
  for (const auto& [group, members] : groups) {
    Step step;
    step.op = op;
    step.attrs = params;
    if (const double scale = network.node(tensor(members[0]).node)->lrScale; scale != 1)
      step.attrs.set("lr_scale", scale);
    step.src = {result.plan.learningRate, result.plan.step};
    std::vector<TensorDesc> src{{{1}}, {{1}, DType::i32}};
    for (const TensorId parameter : members) {
      step.src.push_back(gradientOf.at(parameter));
      src.push_back({tensor(parameter).dims});
    }
    const auto shapes = op->shape(src, step.attrs);
    if (!shapes) {
      fail(0, shapes.error());
      return;
    }
    // As many copies of the parameters as the op writes: themselves and its moments.
    const int planes = static_cast<int>(shapes->size() / members.size()) - 1;
    addMoments(planes);
    step.dst = members;
    for (int plane = 0; plane < planes; ++plane) {
      std::size_t position = 0;
      for (const auto& [parameter, gradient] : gradientOf) {
        const TensorId moment = moments_[static_cast<std::size_t>(plane)][position++];
        if (tensor(parameter).group == group) step.dst.push_back(moment);
      }
    }
    program.steps.push_back(std::move(step));
  }
}

} // namespace loom
