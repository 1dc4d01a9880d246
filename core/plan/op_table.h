// SPDX-License-Identifier: Apache-2.0
// The ops by name, so that the table is a list a person can read. Each is defined in its file of
// core/plan/ops; all are constants made at compile time, so that no order of initialisation matters.
#pragma once
#include "core/plan/op.h"

namespace loom::ops {

extern const OpSpec linear, linearBackwardData, linearBackwardWeights;
extern const OpSpec conv2d, conv2dBackwardData, conv2dBackwardWeights;
extern const OpSpec maxPool2d, maxPool2dBackward;
extern const OpSpec avgPool2d, avgPool2dBackward;
extern const OpSpec adaptiveAvgPool2d, adaptiveAvgPool2dBackward;
extern const OpSpec batchNorm, batchNormInference, batchNormBackward;
extern const OpSpec dropout, dropoutBackward;
extern const OpSpec relu, reluBackward;
extern const OpSpec leakyRelu, leakyReluBackward;
extern const OpSpec gelu, geluBackward;
extern const OpSpec sigmoid, sigmoidBackward;
extern const OpSpec hyperbolicTangent, hyperbolicTangentBackward;
extern const OpSpec softmax, softmaxBackward;
extern const OpSpec add, concat, concatBackward, reshape;
extern const OpSpec crossEntropy, crossEntropyBackward;
extern const OpSpec mseLoss, mseLossBackward;
extern const OpSpec bceWithLogitsLoss, bceWithLogitsLossBackward;
extern const OpSpec sgd, adam, adamw;

} // namespace loom::ops
