// SPDX-License-Identifier: Apache-2.0
#include "core/compile/builder.h"
#include <algorithm>

namespace loom {

namespace {

// Walks the forward steps backwards. All readers of a tensor stand behind its writer, so its gradient is
// complete when the walk arrives at the writer.
class Backward : public GradientBuilder {
 public:
  Backward(PlanBuilder& plan, Forward& forward) : plan_(plan), program_(forward.program) {
    losses_.insert(forward.losses.begin(), forward.losses.end());
    steps_ = program_.steps; // the list grows while we read
    for (const Step& step : steps_) {
      bool depends = false;
      for (const TensorId id : step.src) {
        if (id == noTensor) continue;
        depends = depends || wants(id);
        if (plan_.trainable(id)) ++uses_[id];
      }
      if (!depends) continue;
      for (const TensorId id : step.dst)
        if (id != noTensor && plan_.tensor(id).dtype == DType::f32) needed_.insert(id);
    }
  }

  void run() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      if (!step->op->gradient) continue;
      step_ = &*step;
      arriving_.clear();
      bool any = false;
      for (const TensorId id : step->dst) {
        // A sum of losses is for people; each loss begins its own way back.
        const bool root = id != noTensor && losses_.contains(id);
        arriving_.push_back(id == noTensor || root ? noTensor : merged(id));
        any = any || root || arriving_.back() != noTensor;
      }
      const bool wanted = std::any_of(step->src.begin(), step->src.end(),
                                      [&](TensorId id) { return id != noTensor && wants(id); });
      if (any && wanted) step->op->gradient(*this);
    }
    for (const auto& [parameter, gradient] : plan_.gradientOf) {
      const auto& parts = contributions_[parameter];
      if (parts.empty() || parts == std::vector<TensorId>{gradient}) continue;
      append("add", parts, {gradient}, {}, plan_.tensor(parameter).node);
    }
  }

  TensorId src(int index) const override { return step_->src.at(static_cast<std::size_t>(index)); }
  TensorId dst(int index) const override { return step_->dst.at(static_cast<std::size_t>(index)); }
  int srcCount() const override { return static_cast<int>(step_->src.size()); }
  const std::vector<std::int64_t>& dims(TensorId tensor) const override { return plan_.tensor(tensor).dims; }
  const Params& attrs() const override { return step_->attrs; }
  TensorId diffDst(int index) const override { return arriving_.at(static_cast<std::size_t>(index)); }
  bool wanted(int index) const override {
    const TensorId id = src(index);
    return id != noTensor && wants(id);
  }
  TensorId diffSrc(int index) override {
    const TensorId id = src(index);
    const auto gradient = plan_.gradientOf.find(id);
    const bool direct = gradient != plan_.gradientOf.end() && uses_[id] == 1;
    const TensorId part =
        direct ? gradient->second
               : plan_.addTensor(TensorKind::temporary, std::vector<std::int64_t>(dims(id)), step_->node);
    contributions_[id].push_back(part);
    return part;
  }
  void emit(std::string_view op, std::vector<TensorId> from, std::vector<TensorId> to,
            Params attributes) override {
    append(op, std::move(from), std::move(to), std::move(attributes), step_->node);
  }

 private:
  bool wants(TensorId id) const { return needed_.contains(id) || plan_.trainable(id); }

  void append(std::string_view op, std::vector<TensorId> from, std::vector<TensorId> to, Params attributes,
              NodeId node) {
    Step step;
    step.op = findOp(op);
    step.src = std::move(from);
    step.dst = std::move(to);
    step.attrs = std::move(attributes);
    step.node = node;
    program_.steps.push_back(std::move(step));
  }

  // The sum of all that readers of the tensor contributed; noTensor when none did.
  TensorId merged(TensorId id) {
    const auto found = contributions_.find(id);
    if (found == contributions_.end() || found->second.empty()) return noTensor;
    if (found->second.size() > 1) {
      const TensorId sum =
          plan_.addTensor(TensorKind::temporary, std::vector<std::int64_t>(dims(id)), step_->node);
      append("add", found->second, {sum}, {}, step_->node);
      found->second = {sum};
    }
    return found->second[0];
  }

  PlanBuilder& plan_;
  Program& program_;
  std::vector<Step> steps_;
  const Step* step_ = nullptr;
  std::set<TensorId> losses_, needed_;
  std::map<TensorId, int> uses_;
  std::map<TensorId, std::vector<TensorId>> contributions_;
  std::vector<TensorId> arriving_;
};

// Whether the op's dst at this place carries "?" in OpSpec::dsts.
bool optionalResult(const OpSpec& op, std::size_t index) {
  std::string_view rest = op.dsts;
  for (std::size_t i = 0;; ++i) {
    const auto end = rest.find(' ');
    const std::string_view name = rest.substr(0, end);
    if (i == index) return name.ends_with('?');
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
}

} // namespace

void appendGradients(PlanBuilder& plan, Forward& forward) { Backward(plan, forward).run(); }

void dropUnread(const Plan& plan, Program& program) {
  std::set<TensorId> read;
  for (const Step& step : program.steps) read.insert(step.src.begin(), step.src.end());
  for (const auto* list : {&program.outputs, &program.metrics})
    for (const Port& port : *list) read.insert(port.tensor);
  for (Step& step : program.steps)
    for (std::size_t i = 0; i < step.dst.size(); ++i) {
      const TensorId id = step.dst[i];
      if (id != noTensor && plan.tensor(id).kind == TensorKind::temporary && !read.contains(id) &&
          optionalResult(*step.op, i))
        step.dst[i] = noTensor;
    }
}

} // namespace loom
