// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/product.h"
#ifdef __AVX2__
#include "core/backend/onednn/kernels/simd_avx2.h"
//
#include "core/backend/onednn/kernels/product_body.h"

namespace loom::onednn {
const ProductKernels* productKernelsAvx2() { return &productKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const ProductKernels* productKernelsAvx2() { return nullptr; }
} // namespace loom::onednn
#endif
