// SPDX-License-Identifier: Apache-2.0
#include "core/compile/builder.h"
#include <algorithm>
#include <fmt/format.h>

namespace loom {

namespace {

const std::vector<std::int64_t> noDims;

class Lowering : public LoweringBuilder {
 public:
  Lowering(PlanBuilder& plan, bool training, std::int64_t batch)
      : plan_(plan), training_(training), batch_(batch) {
    forward_.program.batch = batch;
  }

  Forward run() {
    std::vector<NodeId> outputs;
    for (const NodeId id : plan_.analysis.order) {
      const NodeInfo& info = plan_.analysis.nodes.at(id);
      if (!info.reachesOutput || plan_.error) continue;
      enter(plan_.network.nodes.at(id));
      if (!layer_->hasOutput) outputs.push_back(id);
      layer_->lower(*this, completeParams(*layer_, node_->params).value());
    }
    if (!plan_.error) addMetrics(outputs);
    return std::move(forward_);
  }

  bool training() const override { return training_; }
  TensorId input(int index) const override { return inputs_.at(static_cast<std::size_t>(index)); }
  int inputs() const override { return static_cast<int>(inputs_.size()); }
  const std::vector<std::int64_t>& dims(TensorId tensor) const override {
    return tensor == noTensor ? noDims : plan_.tensor(tensor).dims;
  }
  TensorId parameter(std::string_view suffix) const override {
    const auto found = plan_.named.find({plan_.owner(node_->id), std::string(suffix)});
    return found == plan_.named.end() ? noTensor : found->second;
  }
  TensorId randomKey() override { return plan_.result.plan.random; }
  TensorId sampleNumbers() override {
    TensorId& sample = forward_.program.sample;
    if (sample == noTensor) sample = plan_.addTensor(TensorKind::input, {batch_}, 0, DType::i32, "sample");
    return sample;
  }
  NodeId node() const override { return node_->id; }

  std::vector<TensorId> emit(std::string_view op, std::vector<TensorId> src, Params attrs,
                             std::vector<std::pair<int, TensorId>> inPlace) override;

  void output(TensorId tensor) override { results_[node_->id] = tensor; }
  TensorId target() override {
    const Params params = completeParams(*layer_, node_->params).value();
    const bool labels = wantsLabels(params);
    const TensorId id =
        plan_.addTensor(TensorKind::input, labels ? std::vector<std::int64_t>{batch_} : dims(input(0)),
                        node_->id, labels ? DType::i32 : DType::f32, node_->name + ".target");
    forward_.program.targets.push_back({node_->name, id});
    return id;
  }
  void loss(TensorId scalar) override {
    forward_.losses.push_back(scalar);
    asMetric(scalar);
  }
  void prediction(TensorId tensor) override { forward_.program.outputs.push_back({node_->name, tensor}); }
  void metric(std::string_view name, TensorId scalar) override {
    metrics_.push_back({node_->id, std::string(name), scalar});
    asMetric(scalar);
  }

 private:
  struct Metric {
    NodeId node;
    std::string name;
    TensorId tensor;
  };

  void enter(const Node& node) {
    node_ = &node;
    layer_ = findLayer(node.type);
    inputs_.clear();
    if (layer_->inputs.empty()) { // samples enter here
      std::vector<std::int64_t> dims{batch_};
      const Shape& shape = *plan_.analysis.nodes.at(node.id).output;
      for (std::size_t i = 1; i < shape.size(); ++i) dims.push_back(shape[i].value);
      const TensorId id = plan_.addTensor(TensorKind::input, dims, node.id, DType::f32, node.name);
      forward_.program.inputs.push_back({node.name, id});
      inputs_ = {id};
    }
    for (const Edge* edge : plan_.network.into(node.id)) inputs_.push_back(results_.at(edge->from));
  }

  void asMetric(TensorId scalar) {
    if (scalar != noTensor)
      plan_.result.plan.tensors[static_cast<std::size_t>(scalar)].kind = TensorKind::metric;
  }

  // "loss" is what training makes small; with several Outputs each also reports under its name.
  void addMetrics(const std::vector<NodeId>& outputs) {
    auto& list = forward_.program.metrics;
    if (outputs.size() == 1) {
      list.push_back({"loss", forward_.losses.at(0)});
      for (const Metric& metric : metrics_) list.push_back({metric.name, metric.tensor});
      return;
    }
    const TensorId total = emit("add", forward_.losses, {}, {}).at(0);
    asMetric(total);
    list.push_back({"loss", total});
    for (std::size_t i = 0; i < outputs.size(); ++i)
      list.push_back({plan_.network.node(outputs[i])->name + "/loss", forward_.losses.at(i)});
    for (const Metric& metric : metrics_)
      list.push_back(
          {fmt::format("{}/{}", plan_.network.node(metric.node)->name, metric.name), metric.tensor});
  }

  PlanBuilder& plan_;
  bool training_;
  std::int64_t batch_;
  Forward forward_;
  const Node* node_ = nullptr;
  const LayerSpec* layer_ = nullptr;
  std::vector<TensorId> inputs_;
  std::map<NodeId, TensorId> results_;
  std::vector<Metric> metrics_;
};

std::vector<TensorId> Lowering::emit(std::string_view name, std::vector<TensorId> src, Params attrs,
                                     std::vector<std::pair<int, TensorId>> inPlace) {
  std::vector<TensorId> nothing(8, noTensor); // what a layer gets to go on with after a failure
  if (plan_.error) return nothing;
  const OpSpec* op = findOp(name);
  if (!op) {
    plan_.fail(node_->id,
               {ErrorKind::other, {}, say("there is no op '{}'", name), say("Report this with the network")});
    return nothing;
  }
  std::vector<TensorDesc> descs;
  for (const TensorId id : src)
    descs.push_back(id == noTensor ? TensorDesc{}
                                   : TensorDesc{plan_.tensor(id).dims, plan_.tensor(id).dtype});
  const auto shapes = op->shape(descs, attrs);
  if (!shapes) {
    Error problem = shapes.error();
    if (name == "batch_norm") {
      problem = {ErrorKind::input,
                 {},
                 say("A batch of {} leaves one value per channel, whose variance is not defined", batch_),
                 say("Choose a batch size that leaves no batch of one sample, or leave the layer out")};
    }
    plan_.fail(node_->id, std::move(problem));
    return nothing;
  }
  const std::vector<int> rewritten = op->inPlace ? op->inPlace(descs, attrs) : std::vector<int>{};
  Step step;
  step.op = op;
  step.src = std::move(src);
  step.attrs = std::move(attrs);
  step.node = node_->id;
  for (std::size_t i = 0; i < shapes->size(); ++i) {
    const int index = static_cast<int>(i);
    const auto given =
        std::find_if(inPlace.begin(), inPlace.end(), [&](const auto& pair) { return pair.first == index; });
    if (given != inPlace.end())
      step.dst.push_back(given->second);
    else if (std::find(rewritten.begin(), rewritten.end(), index) != rewritten.end())
      step.dst.push_back(noTensor);
    else
      step.dst.push_back(
          plan_.addTensor(TensorKind::temporary, (*shapes)[i].dims, node_->id, (*shapes)[i].dtype));
  }
  forward_.program.steps.push_back(step);
  return step.dst;
}

} // namespace

Forward lowerForward(PlanBuilder& plan, bool training, std::int64_t batch) {
  return Lowering(plan, training, batch).run();
}

} // namespace loom
