// SPDX-License-Identifier: Apache-2.0
// The fast CPU backend: oneDNN's primitives prepared once, our own vector kernels for what lies between them.
// Bit-reproducible for the same plan, thread count and instruction set.
#pragma once
#include "core/backend/backend.h"

namespace loom {

const Backend& onednnBackend();

} // namespace loom
