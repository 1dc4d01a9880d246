// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/kernels.h"
#ifdef __AVX512F__
#include "core/backend/onednn/kernels/simd_avx512.h"
//
#include "core/backend/onednn/kernels/optim_body.h"

namespace loom::onednn {
const OptimKernels* optimKernelsAvx512() { return &optimKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const OptimKernels* optimKernelsAvx512() { return nullptr; }
} // namespace loom::onednn
#endif
