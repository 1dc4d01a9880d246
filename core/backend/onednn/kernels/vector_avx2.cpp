// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/kernels.h"
#ifdef __AVX2__
#include "core/backend/onednn/kernels/simd_avx2.h"
//
#include "core/backend/onednn/kernels/vector_body.h"

namespace loom::onednn {
const VectorKernels* vectorKernelsAvx2() { return &vectorKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const VectorKernels* vectorKernelsAvx2() { return nullptr; }
} // namespace loom::onednn
#endif
