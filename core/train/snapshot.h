// SPDX-License-Identifier: Apache-2.0
// Between an executable's planes and a checkpoint's tensors: PyTorch's names, shapes and types.
#pragma once
#include "core/backend/backend.h"
#include "core/train/checkpoint.h"

namespace loom {

// Parameters and states under their state_dict keys; moments as "<key>.exp_avg", ".exp_avg_sq" or
// ".momentum_buffer".
void takeSnapshot(const Plan& plan, const Executable& executable, Checkpoint& into);
// The reverse. Kind input, naming tensor and shape, when something is missing or has another shape.
Status restoreModel(const Plan& plan, Executable& executable, const Safetensors& model,
                    const std::string& place);
Status restoreMoments(const Plan& plan, Executable& executable, const Safetensors& optimizer,
                      const std::string& place);

} // namespace loom
