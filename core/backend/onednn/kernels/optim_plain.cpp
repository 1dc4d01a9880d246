// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/simd_plain.h"
//
#include "core/backend/onednn/kernels/optim_body.h"

namespace loom::onednn {
const OptimKernels* optimKernelsPlain() { return &optimKernels; }
} // namespace loom::onednn
