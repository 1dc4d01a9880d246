// SPDX-License-Identifier: Apache-2.0
// An op is one file in core/plan/ops: its attributes, shape rule, reference in double and float, gradient
// rule and test cases side by side. The table of all ops is core/plan/op_table.cpp. Names are oneDNN's
// notation: src, dst, weights, diff_src. In-place outputs (optimizers, running statistics) stand in dst and
// are read as well.
#pragma once
#include "core/base/params.h"
#include "core/base/result.h"
#include "core/plan/tensor.h"
#include <span>
#include <string_view>

namespace loom {

struct TensorDesc {
  std::vector<std::int64_t> dims;
  DType dtype = DType::f32;
  bool operator==(const TensorDesc&) const = default;
};

// A tensor as the reference sees it: row-major. Exactly one of data and ints is set; an optional src that is
// absent has neither (present() is false).
template<class T> struct View {
  T* data = nullptr;
  std::int32_t* ints = nullptr;
  std::vector<std::int64_t> dims;
  bool present() const { return data != nullptr || ints != nullptr; }
  std::int64_t elements() const {
    std::int64_t count = 1;
    for (auto dim : dims) count *= dim;
    return count;
  }
};

template<class T> struct OpCall {
  std::span<const View<T>> src; // in the order the op documents
  std::span<const View<T>> dst;
  const Params& attrs;
};

// What an op's gradient rule may ask and do; the compiler implements it. Indices count within the forward
// step.
class GradientBuilder {
 public:
  virtual ~GradientBuilder() = default;
  virtual TensorId src(int index) const = 0; // the forward tensors themselves
  virtual TensorId dst(int index) const = 0;
  virtual int srcCount() const = 0;
  virtual const std::vector<std::int64_t>& dims(TensorId tensor) const = 0;
  virtual const Params& attrs() const = 0;
  virtual TensorId diffDst(int index) const = 0; // gradient that arrives; noTensor when none does
  virtual bool wanted(int srcIndex) const = 0;   // does anything need the gradient with respect to this src
  virtual TensorId diffSrc(int srcIndex) = 0; // a tensor to write that gradient into: one contribution a call
  virtual void emit(std::string_view op, std::vector<TensorId> src, std::vector<TensorId> dst,
                    Params attrs) = 0;
};

// One case the checker and every backend must pass. f32 values are random normal from `seed` unless fixed.
struct OpCase {
  std::string name;
  std::vector<TensorDesc> src; // a src that is absent has dims {} and stands in `absent`
  Params attrs;
  std::vector<int> absent;                        // indices of srcs that are not given
  std::vector<std::vector<std::int32_t>> ints;    // contents of the i32 srcs, in order of appearance
  std::vector<std::vector<double>> values;        // contents of f32 srcs by src index; empty entry = random
  std::vector<std::vector<double>> inPlaceValues; // starting contents of in-place dsts, in order of
                                                  // OpSpec::inPlace; empty = random in [0.1, 1.1)
  std::uint64_t seed = 1;
};

struct OpSpec {
  std::string_view name;
  std::string_view summary; // the formula, one line
  std::string_view srcs;    // names in order: "src weights bias?"; "?" optional, "*" one or more
  std::string_view dsts;
  // Descriptions of dst from those of src (an absent src has dims {}); the Error names the src and what it
  // must be.
  Result<std::vector<TensorDesc>> (*shape)(std::span<const TensorDesc> src, const Params& attrs) = nullptr;
  void (*reference64)(const OpCall<double>& call) = nullptr;
  void (*reference32)(const OpCall<float>& call) = nullptr;
  void (*gradient)(GradientBuilder& builder) =
      nullptr; // null: the op stands on the backward or update side, or has none
  std::vector<OpCase> (*cases)() = nullptr;
  std::int64_t (*multiplyAdds)(std::span<const TensorDesc> src,
                               const Params& attrs) = nullptr; // null: none worth counting
  std::vector<int> (*inPlace)(std::span<const TensorDesc> src,
                              const Params& attrs) = nullptr; // dsts that are read before written; null: none
};

const std::vector<const OpSpec*>& opTable();
const OpSpec* findOp(std::string_view name); // null when unknown

/* The ops of this version: name  src… -> dst…; attributes. "?" marks an optional src or dst.

linear                    src[..,I], weights[O,I], bias?[O] -> dst[..,O]
linear_backward_data      diff_dst, weights -> diff_src
linear_backward_weights   src, diff_dst -> diff_weights, diff_bias?
conv2d                    src[N,C,H,W], weights[O,C/g,kh,kw], bias?[O] -> dst; stride, padding, dilation: two
ints each; groups conv2d_backward_data      diff_dst, weights -> diff_src; + input: H,W of src
conv2d_backward_weights   src, diff_dst -> diff_weights, diff_bias?; + kernel: kh,kw
max_pool2d                src -> dst, workspace (i32 flat argmax within H·W, first in scan order);
kernel_size, stride, padding, dilation: two ints each; ceil_mode max_pool2d_backward       diff_dst, workspace
-> diff_src; + input avg_pool2d                src -> dst; kernel_size, stride, padding, ceil_mode,
count_include_pad avg_pool2d_backward       diff_dst -> diff_src; + input adaptive_avg_pool2d       src ->
dst; output_size: two ints adaptive_avg_pool2d_backward  diff_dst -> diff_src; + input batch_norm src[N,C,..],
weight?[C], bias?[C] -> dst, mean[C], inv_std[C], running_mean?[C], running_var?[C] (in place; variance
unbiased), num_batches_tracked?[1] i32 (in place); eps, momentum batch_norm_inference      src, weight?,
bias?, running_mean, running_var -> dst; eps batch_norm_backward       src, diff_dst, weight?, mean, inv_std
-> diff_src?, diff_weight?, diff_bias? dropout                   src, random[4] i32 (seed low, seed high,
epoch, 0), sample[N] i32 -> dst; p, stream (node id); kept values times 1/(1-p); element e of sample s is kept
when randomUniform({seed, stream, epoch}, s, e) >= p dropout_backward          diff_dst, random, sample ->
diff_src; p, stream relu, leaky_relu (negative_slope), gelu (approximate: none|tanh), sigmoid, tanh      src
-> dst <name>_backward           relu, sigmoid, tanh: dst, diff_dst -> diff_src; leaky_relu, gelu: src,
diff_dst -> diff_src softmax                   src -> dst; dim           softmax_backward  dst, diff_dst ->
diff_src; dim add                       src0, src1, … -> dst (same dims); also sums contributions to one
gradient concat                    src0, src1, … -> dst; dim           concat_backward  diff_dst -> diff_src0,
…; dim, sizes reshape                   src -> dst; shape (first entry -1 allowed = N kept); same elements; a
backend may alias cross_entropy             src[N,C], label[N] i32 -> loss[1] (mean), dst[N,C] (softmax),
correct[1] (count of argmax hits, first wins); label_smoothing cross_entropy_backward    dst (softmax), label
-> diff_src = (softmax - target)/N; label_smoothing mse_loss                  src[N,..], target -> loss[1]
(mean over all)               mse_loss_backward  src, target -> diff_src bce_with_logits_loss      src[N,K],
target[N,K] -> loss[1] (mean over all), dst[N,K] (sigmoid), correct[1] (rows right at 0 in every column)
bce_with_logits_loss_backward  dst (sigmoid), target -> diff_src
sgd                       lr[1], step[1] i32, gradients… -> parameters… (in place), moments0… (in place, only
when momentum > 0); momentum, dampening, nesterov, weight_decay; lr_scale (this step's share of lr, 1) adam,
adamw               lr, step, gradients… -> parameters…, moments0…, moments1… (in place); beta1, beta2, eps,
weight_decay, lr_scale (step counts from 1; adamw's decay is decoupled; formulas as in PyTorch)
*/

} // namespace loom
