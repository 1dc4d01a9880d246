// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/simd_plain.h"
//
#include "core/backend/onednn/kernels/vector_body.h"

namespace loom::onednn {
const VectorKernels* vectorKernelsPlain() { return &vectorKernels; }
} // namespace loom::onednn
