// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/winograd.h"
#ifdef __AVX2__
#include "core/backend/onednn/kernels/simd_avx2.h"
//
#include "core/backend/onednn/kernels/winograd_body.h"

namespace loom::onednn {
const WinogradKernels* winogradKernelsAvx2() { return &winogradKernels; }
} // namespace loom::onednn
#else
namespace loom::onednn {
const WinogradKernels* winogradKernelsAvx2() { return nullptr; }
} // namespace loom::onednn
#endif
