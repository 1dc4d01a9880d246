// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/kernels/conv_pool.h"
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/kernels/product.h"
#include "core/backend/onednn/kernels/winograd.h"

namespace loom::onednn {
namespace {

bool hasAvx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

bool hasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

} // namespace

KernelSet chooseKernels() {
  if (vectorKernelsAvx512() != nullptr && hasAvx512())
    return {"AVX-512",
            vectorKernelsAvx512(),
            optimKernelsAvx512(),
            convPoolKernelsAvx512(),
            productKernelsAvx512(),
            winogradKernelsAvx512()};
  if (vectorKernelsAvx2() != nullptr && hasAvx2())
    return {"AVX2",  vectorKernelsAvx2(),  optimKernelsAvx2(),
            nullptr, productKernelsAvx2(), winogradKernelsAvx2()};
  return {"plain", vectorKernelsPlain(), optimKernelsPlain(), nullptr, nullptr, nullptr};
}

} // namespace loom::onednn
