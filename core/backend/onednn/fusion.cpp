// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/fusion.h"

namespace loom::onednn {
namespace {

bool mayEndInRelu(std::string_view op) {
  return op == "linear" || op == "conv2d" || op == "add" || op == "batch_norm";
}

bool isPair(const Params& attrs, std::string_view name, std::int64_t wanted, std::int64_t fallback) {
  for (const auto value : attrs.getInts(name, {fallback}))
    if (value != wanted) return false;
  return true;
}

// Both numbers of a pair when they are equal, else -1.
std::int64_t square(const Params& attrs, std::string_view name, std::int64_t fallback) {
  const auto values = attrs.getInts(name, {fallback});
  for (const auto value : values)
    if (value != values[0]) return -1;
  return values.empty() ? fallback : values[0];
}

class Finder {
 public:
  Finder(const Plan& plan, const Program& program)
      : fusions(program.steps.size()), plan_(plan), program_(program), readers_(readersOf(plan, program)),
        outside_(readOutside(plan, program)) {}

  void convPools(const ConvPoolKernels& kernels);
  void relus();
  void gradients(const WinogradKernels& kernels);
  std::vector<StepFusion> fusions;

 private:
  const Step& step(int index) const { return program_.steps[static_cast<std::size_t>(index)]; }
  StepFusion& fusion(int index) { return fusions[static_cast<std::size_t>(index)]; }
  bool is(int index, std::string_view op) const { return index >= 0 && step(index).op->name == op; }
  bool outside(TensorId id) const { return outside_[static_cast<std::size_t>(id)]; }
  const std::vector<int>& readers(TensorId id) const { return readers_[static_cast<std::size_t>(id)]; }
  // The one step that reads a tensor; -1: none, several, or somebody after the program.
  int onlyReader(TensorId id) const {
    return outside(id) || readers(id).size() != 1 ? -1 : readers(id).front();
  }
  std::optional<ConvPoolFusion> convPoolAt(int conv) const;
  bool poolFits(const Step& pool, const ConvPoolShape& shape) const;
  bool convGradients(ConvPoolFusion& found, int reluBackward) const;

  const Plan& plan_;
  const Program& program_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> outside_;
};

void Finder::relus() {
  for (int i = 0; i < static_cast<int>(program_.steps.size()); ++i) {
    const Step& producer = step(i);
    if (!mayEndInRelu(producer.op->name) || fusion(i).convPool) continue;
    const int next = onlyReader(producer.dst[0]);
    if (!is(next, "relu")) continue;
    fusion(i).relu = step(next).dst[0];
    fusion(next).skipped = true;
    if (producer.op->name != "batch_norm") continue;
    // relu_backward(relu's dst, diff_dst) -> d, and d goes to this batch norm's gradient alone
    for (const int reader : readers(fusion(i).relu)) {
      if (!is(reader, "relu_backward") || step(reader).src[0] != fusion(i).relu) continue;
      const int gradient = onlyReader(step(reader).dst[0]);
      if (!is(gradient, "batch_norm_backward")) continue;
      if (step(gradient).src[1] != step(reader).dst[0] || step(gradient).src[3] != producer.dst[1]) continue;
      fusion(gradient).diffDst = step(reader).src[1];
      fusion(reader).skipped = true;
    }
  }
}

// relu_backward's result goes to the convolution's two gradients and nowhere else.
bool Finder::convGradients(ConvPoolFusion& found, int reluBackward) const {
  const TensorId diff = step(reluBackward).dst[0];
  if (outside(diff)) return false;
  for (const int reader : readers(diff)) {
    const Step& conv = step(found.conv);
    if (is(reader, "conv2d_backward_weights") && step(reader).src[0] == conv.src[0] && found.weights < 0)
      found.weights = reader;
    else if (is(reader, "conv2d_backward_data") && step(reader).src[1] == conv.src[1] && found.data < 0)
      found.data = reader;
    else
      return false;
  }
  return found.weights >= 0 && step(found.weights).dst[0] != noTensor;
}

bool Finder::poolFits(const Step& pool, const ConvPoolShape& shape) const {
  const auto& pooled = plan_.tensor(pool.dst[0]).dims;
  return isPair(pool.attrs, "kernel_size", 2, 1) && isPair(pool.attrs, "stride", 2, 2) &&
         isPair(pool.attrs, "padding", 0, 0) && isPair(pool.attrs, "dilation", 1, 1) &&
         pooled[2] == shape.pooledHeight() && pooled[3] == shape.pooledWidth();
}

std::optional<ConvPoolFusion> Finder::convPoolAt(int conv) const {
  const Step& c = step(conv);
  const auto& src = plan_.tensor(c.src[0]).dims;
  const auto& weights = plan_.tensor(c.src[1]).dims;
  if (!isPair(c.attrs, "stride", 1, 1) || !isPair(c.attrs, "dilation", 1, 1) ||
      c.attrs.getInt("groups", 1) != 1 || weights[2] != weights[3] ||
      plan_.tensor(c.src[1]).kind != TensorKind::parameter)
    return std::nullopt;
  const int relu = onlyReader(c.dst[0]);
  if (!is(relu, "relu") || outside(step(relu).dst[0])) return std::nullopt;

  ConvPoolFusion found;
  found.shape = {src[1], weights[0], weights[2], square(c.attrs, "padding", 0), src[2], src[3]};
  found.conv = conv;
  int reluBackward = -1;
  for (const int reader : readers(step(relu).dst[0])) {
    if (is(reader, "max_pool2d") && found.pool < 0)
      found.pool = reader;
    else if (is(reader, "relu_backward") && reluBackward < 0)
      reluBackward = reader;
    else
      return std::nullopt;
  }
  if (found.pool < 0 || !poolFits(step(found.pool), found.shape)) return std::nullopt;
  const Step& pool = step(found.pool);
  const TensorId workspace = pool.dst.size() > 1 ? pool.dst[1] : noTensor;
  if (workspace != noTensor && !readers(workspace).empty()) {
    found.poolBackward = onlyReader(workspace);
    if (!is(found.poolBackward, "max_pool2d_backward")) return std::nullopt;
  }
  if ((found.poolBackward < 0) != (reluBackward < 0)) return std::nullopt;
  if (reluBackward < 0) return found;
  if (onlyReader(step(found.poolBackward).dst[0]) != reluBackward || !convGradients(found, reluBackward))
    return std::nullopt;
  return found;
}

void Finder::convPools(const ConvPoolKernels& kernels) {
  for (int i = 0; i < static_cast<int>(program_.steps.size()); ++i) {
    if (!is(i, "conv2d")) continue;
    const auto found = convPoolAt(i);
    if (!found || !kernels.supports(found->shape)) continue;
    fusion(i).convPool = found;
    fusion(onlyReader(step(i).dst[0])).skipped = true;
    fusion(found->pool).skipped = true;
    if (found->poolBackward < 0) continue;
    fusion(found->poolBackward).convPool = found;
    fusion(onlyReader(step(found->poolBackward).dst[0])).skipped = true;
    fusion(found->weights).skipped = true;
    if (found->data >= 0) fusion(found->data).skipped = true;
  }
}

// A shortcut's gradient is there before the convolution's, or the sum stays a step of its own.
void Finder::gradients(const WinogradKernels& kernels) {
  std::vector<int> writer(plan_.tensors.size(), -1);
  for (int i = 0; i < static_cast<int>(program_.steps.size()); ++i)
    for (const TensorId id : step(i).dst)
      if (id != noTensor) writer[static_cast<std::size_t>(id)] = i;
  const auto isThere = [&](TensorId id, int at) { return writer[static_cast<std::size_t>(id)] < at; };
  for (int i = 0; i < static_cast<int>(program_.steps.size()); ++i) {
    if (!is(i, "conv2d_backward_data") || fusion(i).skipped || !winogradShape(plan_, step(i), &kernels))
      continue;
    GradientFusion found;
    TensorId last = step(i).dst[0];
    int next = onlyReader(last);
    if (is(next, "add") && !fusion(next).skipped && step(next).src.size() == 2) {
      const TensorId other = step(next).src[step(next).src[0] == last ? 1 : 0];
      if (!isThere(other, i)) continue;
      found.plus = other;
      last = step(next).dst[0];
      fusion(next).skipped = true;
      next = onlyReader(last);
    }
    if (is(next, "relu_backward") && !fusion(next).skipped && step(next).src[1] == last &&
        isThere(step(next).src[0], i)) {
      found.mask = step(next).src[0];
      last = step(next).dst[0];
      fusion(next).skipped = true;
    }
    found.dst = last;
    if (found.plus != noTensor || found.mask != noTensor) fusion(i).gradient = found;
  }
}

} // namespace

std::vector<std::vector<int>> readersOf(const Plan& plan, const Program& program) {
  std::vector<std::vector<int>> readers(plan.tensors.size());
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    for (const TensorId id : program.steps[i].src)
      if (id != noTensor) readers[static_cast<std::size_t>(id)].push_back(static_cast<int>(i));
  return readers;
}

std::vector<bool> readOutside(const Plan& plan, const Program& program) {
  std::vector<bool> outside(plan.tensors.size());
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    outside[i] = plan.tensors[i].kind != TensorKind::temporary;
  for (const auto& ports : {program.outputs, program.metrics})
    for (const auto& port : ports) outside[static_cast<std::size_t>(port.tensor)] = true;
  return outside;
}

std::vector<StepFusion> findFusions(const Plan& plan, const Program& program, const KernelSet& kernels) {
  Finder finder(plan, program);
  if (kernels.convPool != nullptr) finder.convPools(*kernels.convPool);
  finder.relus();
  if (kernels.winograd != nullptr) finder.gradients(*kernels.winograd);
  return std::move(finder.fusions);
}

} // namespace loom::onednn
