// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/conv_pool.h"
#ifdef __AVX512F__
#include "core/backend/onednn/kernels/simd_avx512.h"
//
#include "core/backend/onednn/kernels/conv_pool_body.h"

namespace loom::onednn {
const ConvPoolKernels* convPoolKernelsAvx512() { return &kernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const ConvPoolKernels* convPoolKernelsAvx512() { return nullptr; }
} // namespace loom::onednn
#endif
