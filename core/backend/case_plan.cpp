// SPDX-License-Identifier: Apache-2.0
#include "core/backend/case_plan.h"
#include "core/base/random.h"
#include "core/plan/ops/support.h"
#include <algorithm>

namespace loom {
namespace {

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TensorKind srcKind(std::string_view name) {
  if (isOneOf(name, {"weights", "weight", "bias"})) return TensorKind::parameter;
  if (isOneOf(name, {"running_mean", "running_var"})) return TensorKind::state;
  if (isOneOf(name, {"random", "lr", "step"})) return TensorKind::scalar;
  if (name.starts_with("gradient")) return TensorKind::gradient;
  return TensorKind::input;
}

class Builder {
 public:
  Builder(const OpSpec& op, const OpCase& test) : op_(op), test_(test) {}

  Result<CasePlan> build(bool withGradient);
  TensorId addTensor(std::string name, const TensorDesc& desc, TensorKind kind) {
    Tensor& tensor = result_.plan.tensors.emplace_back();
    tensor.name = std::move(name);
    tensor.dims = desc.dims;
    tensor.dtype = desc.dtype;
    tensor.kind = kind;
    tensor.group = kind == TensorKind::parameter && !isUpdate() ? -1 : 0;
    return static_cast<TensorId>(result_.plan.tensors.size() - 1);
  }
  void addOutput(std::string name, TensorId tensor) { program_.outputs.push_back({std::move(name), tensor}); }
  // Values that every backend is given alike, so they are floats.
  void fill(TensorId tensor, const std::vector<double>& fixed, double from, double width, bool normal);
  CasePlan& result() { return result_; }
  Program& program() { return program_; }
  const OpCase& test() const { return test_; }

 private:
  bool isUpdate() const { return op_.srcs.starts_with("lr "); }
  void addSrcs();
  void addDsts(const std::vector<TensorDesc>& shapes);
  void addGradient();

  const OpSpec& op_;
  const OpCase& test_;
  CasePlan result_;
  Program program_;
};

class CaseGradient : public GradientBuilder {
 public:
  explicit CaseGradient(Builder& builder) : builder_(builder), contributions_(builder.result().src.size()) {}

  TensorId src(int index) const override { return builder_.result().src[at(index)]; }
  TensorId dst(int index) const override { return builder_.result().dst[at(index)]; }
  int srcCount() const override { return static_cast<int>(builder_.result().src.size()); }
  const std::vector<std::int64_t>& dims(TensorId tensor) const override {
    return builder_.result().plan.tensor(tensor).dims;
  }
  const Params& attrs() const override { return builder_.test().attrs; }
  TensorId diffDst(int index) const override { return index == 0 ? builder_.result().diffDst : noTensor; }
  bool wanted(int index) const override {
    const TensorId tensor = src(index);
    return tensor != noTensor && builder_.result().plan.tensor(tensor).dtype == DType::f32 &&
           differentiable(builder_.result().srcNames[at(index)]);
  }
  TensorId diffSrc(int index) override {
    const TensorDesc desc{dims(src(index)), DType::f32};
    contributions_[at(index)].push_back(builder_.addTensor({}, desc, TensorKind::temporary));
    return contributions_[at(index)].back();
  }
  void emit(std::string_view op, std::vector<TensorId> src, std::vector<TensorId> dst,
            Params attrs) override {
    builder_.program().steps.push_back({findOp(op), std::move(src), std::move(dst), std::move(attrs), 1});
  }
  // One tensor for each src, the contributions summed as the compiler does.
  void finish() {
    for (std::size_t i = 0; i < contributions_.size(); ++i) {
      TensorId diff = noTensor;
      if (contributions_[i].size() == 1) diff = contributions_[i][0];
      if (contributions_[i].size() > 1) {
        diff = builder_.addTensor({}, {dims(builder_.result().src[i])}, TensorKind::temporary);
        emit("add", contributions_[i], {diff}, {});
      }
      builder_.result().diffSrc.push_back(diff);
      if (diff != noTensor) builder_.addOutput("diff_" + builder_.result().srcNames[i], diff);
    }
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  Builder& builder_;
  std::vector<std::vector<TensorId>> contributions_;
};

void Builder::fill(TensorId tensor, const std::vector<double>& fixed, double from, double width,
                   bool normal) {
  CaseValues values;
  values.tensor = tensor;
  const auto count = static_cast<std::uint32_t>(result_.plan.tensor(tensor).elements());
  const RandomKey key{test_.seed, static_cast<std::uint32_t>(tensor), 0};
  for (std::uint32_t i = 0; i < count; ++i)
    values.floats.push_back(static_cast<float>(i < fixed.size() ? fixed[i]
                                               : normal         ? randomNormal(key, 0, i)
                                                                : from + width * randomUniform(key, 0, i)));
  result_.values.push_back(std::move(values));
}

void Builder::addSrcs() {
  Plan& plan = result_.plan;
  std::size_t ints = 0;
  for (std::size_t i = 0; i < test_.src.size(); ++i) {
    const std::string name = ops::portName(op_.srcs, i).name;
    result_.srcNames.push_back(name);
    if (test_.src[i].dims.empty()) {
      result_.src.push_back(noTensor);
      continue;
    }
    const TensorKind kind = srcKind(name);
    const TensorId id = addTensor(name, test_.src[i], kind);
    result_.src.push_back(id);
    if (test_.src[i].dtype == DType::i32)
      result_.values.push_back(
          {id, {}, ints < test_.ints.size() ? test_.ints[ints++] : std::vector<std::int32_t>{}});
    else
      fill(id, i < test_.values.size() ? test_.values[i] : std::vector<double>{}, 0, 0, true);

    if (kind == TensorKind::parameter) plan.parameters.push_back(id);
    if (kind == TensorKind::state) plan.states.push_back(id);
    if (name == "lr") plan.learningRate = id;
    if (name == "step") plan.step = id;
    if (name == "random") plan.random = id;
    if (name == "sample") program_.sample = id;
    if (kind == TensorKind::input && name != "sample")
      (isOneOf(name, {"label", "target"}) ? program_.targets : program_.inputs).push_back({name, id});
  }
}

void Builder::addDsts(const std::vector<TensorDesc>& shapes) {
  Plan& plan = result_.plan;
  const std::vector<int> inPlace = op_.inPlace ? op_.inPlace(test_.src, test_.attrs) : std::vector<int>{};
  const std::size_t gradients = isUpdate() ? test_.src.size() - 2 : 0;
  std::size_t started = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string name = ops::portName(op_.dsts, i).name;
    result_.dstNames.push_back(name);
    TensorKind kind = TensorKind::temporary;
    if (isOneOf(name, {"loss", "correct"})) kind = TensorKind::metric;
    const bool readsItself = std::find(inPlace.begin(), inPlace.end(), static_cast<int>(i)) != inPlace.end();
    if (readsItself) kind = TensorKind::state;
    if (gradients > 0) kind = i < gradients ? TensorKind::parameter : TensorKind::moment;

    const TensorId id = addTensor(name, shapes[i], kind);
    result_.dst.push_back(id);
    if (kind == TensorKind::parameter) {
      plan.parameters.push_back(id);
      plan.tensors[static_cast<std::size_t>(result_.src[i + 2])].owner = id;
    } else if (kind == TensorKind::moment) {
      plan.tensors.back().owner = result_.dst[i % gradients];
      plan.tensors.back().plane = static_cast<int>(i / gradients) - 1;
    } else if (kind == TensorKind::state) {
      plan.states.push_back(id);
    } else if (kind == TensorKind::metric) {
      program_.metrics.push_back({name, id});
    } else {
      addOutput(name, id);
    }
    if (!readsItself) continue;
    const std::vector<double> start =
        started < test_.inPlaceValues.size() ? test_.inPlaceValues[started] : std::vector<double>{};
    ++started;
    if (shapes[i].dtype == DType::i32)
      result_.values.push_back({id, {}, {start.empty() ? 0 : static_cast<std::int32_t>(start[0])}});
    else
      fill(id, start, 0.1, 1.0, false);
  }
}

void Builder::addGradient() {
  if (result_.dstNames[0] != "loss") {
    const TensorDesc desc{result_.plan.tensor(result_.dst[0]).dims, DType::f32};
    result_.diffDst = addTensor("diff_dst", desc, TensorKind::input);
    program_.inputs.push_back({"diff_dst", result_.diffDst});
    fill(result_.diffDst, {}, 0, 0, true);
  }
  CaseGradient gradient(*this);
  op_.gradient(gradient);
  gradient.finish();
}

Result<CasePlan> Builder::build(bool withGradient) {
  auto shapes = op_.shape(test_.src, test_.attrs);
  if (!shapes) return shapes.error();
  program_.batch = test_.src.empty() || test_.src[0].dims.empty() ? 1 : test_.src[0].dims[0];
  program_.kind = isUpdate()     ? ProgramKind::update
                  : withGradient ? ProgramKind::gradients
                                 : ProgramKind::evaluate;
  addSrcs();
  addDsts(*shapes);
  program_.steps.push_back({&op_, result_.src, result_.dst, test_.attrs, 1});
  const Program forward = program_;
  if (withGradient) addGradient();
  result_.plan.programs.push_back(program_);
  if (withGradient) {
    result_.plan.programs.push_back(forward);
    result_.plan.programs.back().kind = ProgramKind::evaluate;
  }
  if (const Status status = verify(result_.plan); !status) return status.error();
  return std::move(result_);
}

} // namespace

const CaseValues* CasePlan::valuesOf(TensorId tensor) const {
  for (const CaseValues& entry : values)
    if (entry.tensor == tensor) return &entry;
  return nullptr;
}

bool differentiable(std::string_view srcName) {
  return !isOneOf(srcName, {"target", "running_mean", "running_var", "random", "sample", "label"});
}

Result<CasePlan> casePlan(const OpSpec& op, const OpCase& test, bool withGradient) {
  return Builder(op, test).build(withGradient && op.gradient);
}

} // namespace loom
