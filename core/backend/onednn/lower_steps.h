// SPDX-License-Identifier: Apache-2.0
// Every op that this backend computes itself, by family; lower_table.cpp maps names to them. Each function
// may answer false before it has recorded anything: then the op's own reference computes the step.
#pragma once
#include "core/backend/onednn/lowering.h"

namespace loom::onednn {

// An attribute for height and width: two numbers, or one that counts for both.
Dims pairOf(const Step& step, std::string_view name, const Dims& fallback);

bool lowerLinear(Lowering& lowering, const Step& step);
bool lowerLinearBackwardData(Lowering& lowering, const Step& step);
bool lowerLinearBackwardWeights(Lowering& lowering, const Step& step);
// Small ones by our own kernels; false: too large for them.
bool lowerSmallLinear(Lowering& lowering, const Step& step);
bool lowerSmallLinearBackwardData(Lowering& lowering, const Step& step);
bool lowerSmallLinearBackwardWeights(Lowering& lowering, const Step& step);
bool lowerConv(Lowering& lowering, const Step& step);
bool lowerConvBackwardData(Lowering& lowering, const Step& step);
bool lowerConvBackwardWeights(Lowering& lowering, const Step& step);
// 3×3 ones of stride 1 by our own kernels; false: not a shape for them.
bool lowerWinograd(Lowering& lowering, const Step& step);
bool lowerWinogradBackwardData(Lowering& lowering, const Step& step);
bool lowerWinogradBackwardWeights(Lowering& lowering, const Step& step);

bool lowerMaxPool(Lowering& lowering, const Step& step);
bool lowerMaxPoolBackward(Lowering& lowering, const Step& step);
bool lowerAveragePool(Lowering& lowering, const Step& step);
bool lowerAveragePoolBackward(Lowering& lowering, const Step& step);
bool lowerAdaptivePool(Lowering& lowering, const Step& step);
bool lowerAdaptivePoolBackward(Lowering& lowering, const Step& step);

bool lowerBatchNorm(Lowering& lowering, const Step& step);
bool lowerBatchNormInference(Lowering& lowering, const Step& step);
bool lowerBatchNormBackward(Lowering& lowering, const Step& step);

bool lowerEltwise(Lowering& lowering, const Step& step);
bool lowerEltwiseBackward(Lowering& lowering, const Step& step);
bool lowerAdd(Lowering& lowering, const Step& step);
bool lowerSoftmax(Lowering& lowering, const Step& step);
bool lowerSoftmaxBackward(Lowering& lowering, const Step& step);
bool lowerDropout(Lowering& lowering, const Step& step);
bool lowerDropoutBackward(Lowering& lowering, const Step& step);

bool lowerReshape(Lowering& lowering, const Step& step);
bool lowerConcat(Lowering& lowering, const Step& step);
bool lowerConcatBackward(Lowering& lowering, const Step& step);

bool lowerCrossEntropy(Lowering& lowering, const Step& step);
bool lowerCrossEntropyBackward(Lowering& lowering, const Step& step);
bool lowerMse(Lowering& lowering, const Step& step);
bool lowerMseBackward(Lowering& lowering, const Step& step);

bool lowerSgd(Lowering& lowering, const Step& step);
bool lowerAdam(Lowering& lowering, const Step& step); // adamw too

} // namespace loom::onednn
