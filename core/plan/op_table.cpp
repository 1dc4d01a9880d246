// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"

namespace loom {

const std::vector<const OpSpec*>& opTable() {
  using namespace ops;
  // clang-format off
  static const std::vector<const OpSpec*> table{
      &linear,             &linearBackwardData,        &linearBackwardWeights,
      &conv2d,             &conv2dBackwardData,        &conv2dBackwardWeights,
      &maxPool2d,          &maxPool2dBackward,
      &avgPool2d,          &avgPool2dBackward,
      &adaptiveAvgPool2d,  &adaptiveAvgPool2dBackward,
      &batchNorm,          &batchNormInference,        &batchNormBackward,
      &dropout,            &dropoutBackward,
      &relu,               &reluBackward,
      &leakyRelu,          &leakyReluBackward,
      &gelu,               &geluBackward,
      &sigmoid,            &sigmoidBackward,
      &hyperbolicTangent,  &hyperbolicTangentBackward,
      &softmax,            &softmaxBackward,
      &add,
      &concat,             &concatBackward,
      &reshape,
      &crossEntropy,       &crossEntropyBackward,
      &mseLoss,            &mseLossBackward,
      &bceWithLogitsLoss,  &bceWithLogitsLossBackward,
      &sgd,                &adam,                      &adamw,
  };
  // clang-format on
  return table;
}

const OpSpec* findOp(std::string_view name) {
  for (const OpSpec* op : opTable())
    if (op->name == name) return op;
  return nullptr;
}

} // namespace loom
