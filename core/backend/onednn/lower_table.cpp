// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/lower_steps.h"
#include "core/plan/window.h"

namespace loom::onednn {
namespace {

struct Row {
  std::string_view op;
  LowerStep lower;
};

constexpr Row rows[] = {
    {"linear", lowerLinear},
    {"linear_backward_data", lowerLinearBackwardData},
    {"linear_backward_weights", lowerLinearBackwardWeights},
    {"conv2d", lowerConv},
    {"conv2d_backward_data", lowerConvBackwardData},
    {"conv2d_backward_weights", lowerConvBackwardWeights},
    {"max_pool2d", lowerMaxPool},
    {"max_pool2d_backward", lowerMaxPoolBackward},
    {"avg_pool2d", lowerAveragePool},
    {"avg_pool2d_backward", lowerAveragePoolBackward},
    {"adaptive_avg_pool2d", lowerAdaptivePool},
    {"adaptive_avg_pool2d_backward", lowerAdaptivePoolBackward},
    {"batch_norm", lowerBatchNorm},
    {"batch_norm_inference", lowerBatchNormInference},
    {"batch_norm_backward", lowerBatchNormBackward},
    {"dropout", lowerDropout},
    {"dropout_backward", lowerDropoutBackward},
    {"relu", lowerEltwise},
    {"leaky_relu", lowerEltwise},
    {"gelu", lowerEltwise},
    {"sigmoid", lowerEltwise},
    {"tanh", lowerEltwise},
    {"relu_backward", lowerEltwiseBackward},
    {"leaky_relu_backward", lowerEltwiseBackward},
    {"gelu_backward", lowerEltwiseBackward},
    {"sigmoid_backward", lowerEltwiseBackward},
    {"tanh_backward", lowerEltwiseBackward},
    {"softmax", lowerSoftmax},
    {"softmax_backward", lowerSoftmaxBackward},
    {"add", lowerAdd},
    {"concat", lowerConcat},
    {"concat_backward", lowerConcatBackward},
    {"reshape", lowerReshape},
    {"cross_entropy", lowerCrossEntropy},
    {"cross_entropy_backward", lowerCrossEntropyBackward},
    {"mse_loss", lowerMse},
    {"mse_loss_backward", lowerMseBackward},
    {"sgd", lowerSgd},
    {"adam", lowerAdam},
    {"adamw", lowerAdam},
};

} // namespace

Dims pairOf(const Step& step, std::string_view name, const Dims& fallback) {
  const auto [height, width] = loom::pairOf(step.attrs, name, {fallback[0], fallback[1]});
  return {height, width};
}

LowerStep findLowering(std::string_view op) {
  for (const auto& row : rows)
    if (row.op == op) return row.lower;
  return nullptr;
}

} // namespace loom::onednn
