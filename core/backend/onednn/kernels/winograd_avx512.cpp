// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/winograd.h"
#ifdef __AVX512F__
#include "core/backend/onednn/kernels/simd_avx512.h"
//
#include "core/backend/onednn/kernels/winograd_body.h"

namespace loom::onednn {
const WinogradKernels* winogradKernelsAvx512() { return &winogradKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const WinogradKernels* winogradKernelsAvx512() { return nullptr; }
} // namespace loom::onednn
#endif
