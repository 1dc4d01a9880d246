// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/product.h"
#ifdef __AVX512F__
#include "core/backend/onednn/kernels/simd_avx512.h"
//
#include "core/backend/onednn/kernels/product_body.h"

namespace loom::onednn {
const ProductKernels* productKernelsAvx512() { return &productKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const ProductKernels* productKernelsAvx512() { return nullptr; }
} // namespace loom::onednn
#endif
